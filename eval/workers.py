"""Work shared out to a few threads: models and searches run outside of Python's lock."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from index.builder import Progress
from index.onnx_session import usable_cores

WORKERS = min(4, usable_cores())
T = TypeVar("T")
R = TypeVar("R")


def mapped(work: Callable[[T], R], items: Sequence[T], stage: str, report: Callable[[Progress], None]) -> list[R]:
    """Return what `work`, which several threads call, makes of every item, in their order.

    The first error ends it. `report` hears how far it is, from the calling thread.
    """
    found = []
    pool = ThreadPoolExecutor(WORKERS)
    try:
        for done, result in enumerate(pool.map(work, items)):
            if done % 20 == 0:
                report(Progress(stage, done, len(items)))
            found.append(result)
    finally:
        pool.shutdown(cancel_futures=True)
    return found
