from collections.abc import Iterator
from contextlib import closing

import pytest

from benchmarks import bombs, hostile
from benchmarks.bombs import Bomb
from corpus.errors import InvalidInput
from corpus.isolation.process import ProcessWorker
from tests.corpus.isolation.test_process import pid_of

SOME = [bomb for kind in bombs.KINDS for bomb in kind()[:3]]
SECONDS = 2.0


@pytest.fixture(scope="module")
def worker() -> Iterator[ProcessWorker]:
    with closing(ProcessWorker()) as made:
        yield made


@pytest.mark.parametrize("bomb", SOME, ids=lambda bomb: bomb.name)
def test_a_hostile_document_is_read_or_refused_and_the_next_one_is_read(worker: ProcessWorker, bomb: Bomb) -> None:
    try:
        worker.run(bomb.parse, bomb.make(), bomb.name, SECONDS)
    except InvalidInput as error:
        assert "crashes" not in str(error)
    assert pid_of(worker)


def test_the_benchmark_tells_what_became_of_a_document_and_what_it_cost() -> None:
    (bomb,) = (bomb for bomb in bombs.bombs() if bomb.name == "OPML: attributes")
    outcome, seconds, peak = hostile.read_bomb(bomb)
    assert "refused: bomb.opml has a tag with more than 1,000 attributes." == outcome
    assert 0 < seconds < 60
    assert 0 < peak.worker < hostile.MAX_MIB
