import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from corpus.errors import WorkerBusy
from corpus.isolation.worker import InlineWorker, LimitedWorker, Worker
from tests.worker_contract import WorkerContract


class TestInlineWorker(WorkerContract):
    @pytest.fixture
    def worker(self) -> Worker:
        return InlineWorker()


class TestLimitedWorker(WorkerContract):
    @pytest.fixture
    def worker(self) -> Worker:
        return LimitedWorker(InlineWorker(), max_running=1, max_waiting=0, max_wait=0.1)


def test_what_waits_too_long_or_behind_too_many_is_refused() -> None:
    worker = LimitedWorker(InlineWorker(), max_running=1, max_waiting=1, max_wait=0.5)
    started, ended = Event(), Event()

    def read(_: bytes) -> bool:
        started.set()
        return ended.wait(60)

    def wait(name: str) -> float:
        begun = time.monotonic()
        with pytest.raises(WorkerBusy, match=rf"^{name} can't be read now, since too many other documents are\."):
            worker.run(read, b"", name)
        return time.monotonic() - begun

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(worker.run, read, b"", "a.txt")
        assert started.wait(60)
        second = pool.submit(wait, "b.txt")
        while worker._admitted.acquire(blocking=False):  # until the second one waits
            worker._admitted.release()
        assert wait("c.txt") < 0.4
        assert second.result() >= 0.5
        ended.set()
        assert first.result()
    assert worker.run(read, b"", "d.txt")
