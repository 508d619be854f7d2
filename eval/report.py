"""Show figures as a table, a list or a plot, and write them as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from corpus.errors import StorageProblem
from eval.metrics import Bin
from qa.confidence import PRECISION

Rows = Mapping[str, Mapping[str, float]]


def table(rows: Rows) -> str:
    """Return rows of figures as a table; shares get three decimals."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    cells = [["", *columns], *([name, *(_cell(row.get(column)) for column in columns)] for name, row in rows.items())]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns) + 1)]
    lines = [
        "  ".join(cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(line, widths, strict=True)) for line in cells)
    ]
    return "\n".join(lines)


def listing(figures: Mapping[str, float], meanings: Mapping[str, str]) -> str:
    """Return figures one per line, each with its meaning."""
    cells = [(name, _cell(value), meanings.get(name, "")) for name, value in figures.items()]
    name_width, value_width = (max((len(row[place]) for row in cells), default=0) for place in (0, 1))
    return "\n".join(f"{n.ljust(name_width)}  {v.rjust(value_width)}  {m}".rstrip() for n, v, m in cells)


def write_json(figures: Mapping[str, Any], path: Path) -> None:
    """Write figures into a file and make its folder; raises StorageProblem."""
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    with writing(path):
        path.write_text(text, encoding="utf-8", errors="replace")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Make a file's folder; turn an OSError into a StorageProblem that names the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise StorageProblem(f"{path} can't be written: {error.strerror or error}.") from error


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def can_plot() -> bool:
    """Return whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def bars(rows: Rows, title: str, path: Path) -> None:
    """Draw the shares of rows as bars into a PNG; raises StorageProblem."""
    names = [name for name in next(iter(rows.values())) if name != "questions"]
    width = 0.8 / len(rows)
    with _axes(path, title, (8, 4.5)) as axes:
        for place, (label, row) in enumerate(rows.items()):
            at = [column + (place - (len(rows) - 1) / 2) * width for column in range(len(names))]
            drawn = axes.bar(at, [row[name] for name in names], width * 0.92, label=label)
            axes.bar_label(drawn, fmt="%.3f", fontsize=8, padding=2)
        axes.set_xticks(range(len(names)), names)
        axes.set_ylim(0, 1)
        axes.legend(loc="lower right")


def risk_against_coverage(curve: Sequence[tuple[float, float]], title: str, path: Path) -> None:
    """Draw the share of wrong answers against the share of answered questions; raises StorageProblem.

    `curve` is (coverage, risk) for every threshold, highest first.
    """
    with _axes(path, title, (6, 4.5)) as axes:
        axes.plot([coverage for coverage, _ in curve], [risk for _, risk in curve])
        axes.axhline(1 - PRECISION, color="grey", linestyle=":", label=f"{PRECISION:.0%} right")
        axes.set(xlim=(0, 1), ylim=(0, None), xlabel="questions answered", ylabel="answers that are wrong")
        axes.legend(loc="upper left")


def reliability(bins: Sequence[Bin], title: str, path: Path) -> None:
    """Draw a reliability diagram, with the number of answers of each bin; raises StorageProblem."""
    confidences, right = [one.probability for one in bins], [one.right for one in bins]
    with _axes(path, title, (6, 4.5)) as axes:
        axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="calibrated")
        axes.plot(confidences, right, marker="o", label="measured")
        for one in bins:
            axes.annotate(f"{one.count:,}", (one.probability, one.right), (6, 4), textcoords="offset points", size=7)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share of answers that are right")
        axes.legend(loc="upper left")


@contextmanager
def _axes(path: Path, title: str, size: tuple[float, float]) -> Iterator[Any]:
    """Yield the axes of a figure, which is written at the end."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - a development requirement

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    yield axes
    with writing(path):
        figure.savefig(path, dpi=150)
