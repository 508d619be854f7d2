"""Figures as a table, as a list and as JSON."""

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
    with writing(path):
        path.write_text(text, encoding="utf-8", errors="replace")


@contextmanager
def writing(path: Path) -> Iterator[None]:
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
