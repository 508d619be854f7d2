"""Figures as plots; without matplotlib, a development requirement, there are none."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from eval.metrics import Bin
from eval.report import Rows, writing
from qa.confidence import PRECISION


def can_plot() -> bool:
    """Return whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def bars(rows: Rows, title: str, path: Path) -> None:
    """Draw the rows' shares as bars into a PNG; raises StorageProblem."""
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
    """Draw the share of answers that is wrong against the share of questions that is answered; raises StorageProblem.

    `curve` is (coverage, risk) for every threshold, highest first.
    """
    with _axes(path, title, (6, 4.5)) as axes:
        axes.plot([coverage for coverage, _ in curve], [risk for _, risk in curve])
        axes.axhline(1 - PRECISION, color="grey", linestyle=":", label=f"{PRECISION:.0%} right")
        axes.set(xlim=(0, 1), ylim=(0, None), xlabel="questions answered", ylabel="answers that are wrong")
        axes.legend(loc="upper left")


def reliability(bins: Sequence[Bin], title: str, path: Path) -> None:
    """Draw the share that is right against the confidence, and how many answers each bin has; raises StorageProblem."""
    sure, right = [one.probability for one in bins], [one.right for one in bins]
    with _axes(path, title, (6, 4.5)) as axes:
        axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="as sure as right")
        axes.plot(sure, right, marker="o", label="measured")
        for one in bins:
            axes.annotate(f"{one.count:,}", (one.probability, one.right), (6, 4), textcoords="offset points", size=7)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share of answers that are right")
        axes.legend(loc="upper left")


@contextmanager
def _axes(path: Path, title: str, size: tuple[float, float]) -> Iterator[Any]:
    """Yield the axes of a figure, which is written when all is drawn."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - a development requirement

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    yield axes
    with writing(path):
        figure.savefig(path, dpi=150)
