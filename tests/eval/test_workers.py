import threading
import time

import pytest

from eval.benchmark_corpus import WORKERS, mapped
from index.generations.builder import Progress
from tests.indexing import ignore


def test_results_are_in_the_order_of_the_items() -> None:
    def work(item: int) -> int:
        time.sleep(0.002 * (5 - item % 5))
        return item * 2

    assert [item * 2 for item in range(20)] == mapped(work, range(20), "work", ignore)


def test_it_tells_how_far_it_is() -> None:
    heard: list[Progress] = []
    mapped(str, range(45), "work", heard.append)
    assert [Progress("work", done, 45) for done in (0, 20, 40)] == heard


def test_nothing_to_do_is_done() -> None:
    assert [] == mapped(str, [], "work", ignore)


def test_the_first_error_ends_it() -> None:
    asked: list[int] = []
    started = threading.Event()

    def work(item: int) -> None:
        asked.append(item)
        if item == 3:
            started.set()
            raise ValueError("broken")
        if item > 3:
            started.wait(5)
            time.sleep(0.01)

    with pytest.raises(ValueError, match="broken"):
        mapped(work, range(1000), "work", ignore)
    assert len(asked) <= 100 * WORKERS
