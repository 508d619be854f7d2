"""Progress bars on standard error, shown after half a second, and only where it is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from index.generations.builder import Progress


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Yield a function that shows the progress of work in stages, such as a build, with speed and time left."""
    bar: tqdm[Any] | None = None

    def show(progress: Progress) -> None:
        nonlocal bar
        if bar is None or bar.desc != progress.stage:
            if bar is not None:
                bar.close()
            # disable=None: disabled where standard error is not a terminal
            bar = tqdm(total=progress.total, desc=progress.stage, delay=0.5, leave=False, disable=None)
            bar.desc = progress.stage  # tqdm does not set it on a disabled bar
        bar.total = progress.total
        bar.update(progress.done - bar.n)

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()


@contextmanager
def counter(stage: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Yield a function that shows the number of bytes (`unit` "B") or items done; `total` is None where unknown."""
    divisor = 1024 if unit == "B" else 1000
    bar: tqdm[Any] = tqdm(
        total=total, desc=stage, unit=unit, unit_scale=True, unit_divisor=divisor, delay=0.5, leave=False, disable=None
    )

    def show(done: int) -> None:
        bar.update(done - bar.n)

    with bar:
        yield show


def print_above_bar(line: str) -> None:
    """Print a line on standard error without breaking a progress bar there."""
    tqdm.write(line, file=sys.stderr)
