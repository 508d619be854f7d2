"""Figures as a table, as JSON and as a plot."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


def write_json(figures: Mapping[str, Any], path: Path) -> None:
    """Write figures into a file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=2, ensure_ascii=False), encoding="utf-8")


def plot(rows: Rows, title: str, path: Path) -> bool:
    """Draw the rows' shares as bars into a PNG; return False where matplotlib is not installed."""
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
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    return True


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
