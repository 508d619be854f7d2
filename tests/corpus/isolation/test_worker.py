import pytest

from corpus.isolation.worker import InlineWorker, Worker
from tests.worker_contract import WorkerContract


class TestInlineWorker(WorkerContract):
    @pytest.fixture
    def worker(self) -> Worker:
        return InlineWorker()
