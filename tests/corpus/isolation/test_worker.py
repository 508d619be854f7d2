from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore

import pytest

from corpus.errors import WorkerBusy
from corpus.isolation.worker import InlineWorker, LimitedWorker, Worker
from tests.waiting import PATIENCE, comes
from tests.worker_contract import WorkerContract


class TestInlineWorker(WorkerContract):
    @pytest.fixture
    def worker(self) -> Worker:
        return InlineWorker()


class TestLimitedWorker(WorkerContract):
    @pytest.fixture
    def worker(self) -> Worker:
        return LimitedWorker(InlineWorker(), Semaphore(1), Semaphore(1), max_wait=0.1)


class CountingSemaphore(Semaphore):
    """Counts how often it was asked."""

    asked = 0

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        self.asked += 1
        return super().acquire(blocking, timeout)


def test_what_waits_too_long_or_behind_too_many_is_refused() -> None:
    running, admitted = CountingSemaphore(1), Semaphore(2)
    worker = LimitedWorker(InlineWorker(), running, admitted, max_wait=PATIENCE)
    impatient = LimitedWorker(InlineWorker(), running, max_wait=0.05)
    background = LimitedWorker(InlineWorker(), running)
    ended = Event()

    def read(_: bytes) -> bool:
        return ended.wait(PATIENCE)

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(worker.run, read, b"", "a.txt")
        assert comes(lambda: running.asked == 1)
        others = [pool.submit(each.run, read, b"", "b.txt") for each in (worker, background)]
        assert comes(lambda: running.asked == 3)
        for refusing, name in ((worker, "c.txt"), (impatient, "d.txt")):
            with pytest.raises(WorkerBusy, match=rf"^{name} can't be read now, since too many other documents are\."):
                refusing.run(read, b"", name)
        assert (4, False) == (running.asked, first.done())
        ended.set()
        assert [True, True, True] == [each.result() for each in (first, *others)]
    assert worker.run(read, b"", "e.txt")
