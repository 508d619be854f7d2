"""Figures as a table, as JSON and as a plot."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corpus.errors import StorageProblem

Rows = Mapping[str, Mapping[str, float]]


def table(rows: Rows) -> str:
    """Return rows of figures as a table: counts as they are, shares with three decimals."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    cells = [["", *columns], *([name, *(_cell(row.get(column)) for column in columns)] for name, row in rows.items())]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns) + 1)]
    lines = [
        "  ".join(cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(line, widths, strict=True)) for line in cells)
    ]
    return "\n".join(lines)


def listing(figures: Mapping[str, float], meanings: Mapping[str, str]) -> str:
    """Return figures one a line, each with what it means."""
    cells = [(name, _cell(value), meanings.get(name, "")) for name, value in figures.items()]
    name_width, value_width = (max((len(row[place]) for row in cells), default=0) for place in (0, 1))
    return "\n".join(f"{n.ljust(name_width)}  {v.rjust(value_width)}  {m}".rstrip() for n, v, m in cells)


def write_json(figures: Mapping[str, Any], path: Path) -> None:
    """Write figures into a file, making its folder; raises StorageProblem."""
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    with _writing(path):
        path.write_text(text, encoding="utf-8", errors="replace")


def plot(rows: Rows, title: str, path: Path) -> bool:
    """Draw the rows' shares as bars into a PNG; return False where matplotlib is not installed.

    Raises StorageProblem.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - a development requirement
    except ModuleNotFoundError:
        return False
    names = [name for name in next(iter(rows.values())) if name != "questions"]
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(rows)
    for place, (label, row) in enumerate(rows.items()):
        at = [column + (place - (len(rows) - 1) / 2) * width for column in range(len(names))]
        bars = axes.bar(at, [row[name] for name in names], width * 0.92, label=label)
        axes.bar_label(bars, fmt="%.3f", fontsize=8, padding=2)
    axes.set_xticks(range(len(names)), names)
    axes.set(ylim=(0, 1), title=title)
    axes.legend(loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    with _writing(path):
        figure.savefig(path, dpi=150)
    return True


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Make a file's folder, and say which file can't be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise StorageProblem(f"{path} can't be written: {error.strerror or error}.") from error


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
