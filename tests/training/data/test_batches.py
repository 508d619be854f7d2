import os
import random
import signal
from collections.abc import Sequence

import numpy as np
import pytest

from corpus.errors import ModelProblem
from qa.reader.tokenization import NOT_TEXT, ReaderInput, Tokens
from tests.training_parts import town_rows, training_data, untrained, write_data
from training.data.batches import NO_ANSWER, PAD, StepSource, collate, gold_tokens
from training.data.sampling import Group, TrainingData, sample_epoch


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return training_data(write_data(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> ReaderInput:
    return untrained(tmp_path_factory.mktemp("base"))[1]


def tokens_of(words: int, question: int = 2) -> Tokens:
    """A question, then a text of words of three letters with a space between."""
    starts = [NOT_TEXT] * (question + 2) + [4 * at for at in range(words)] + [NOT_TEXT]
    ends = [NOT_TEXT] * (question + 2) + [4 * at + 3 for at in range(words)] + [NOT_TEXT]
    ids, types = list(range(1, len(starts) + 1)), [0] * (question + 2) + [1] * (words + 1)
    return Tokens(ids, types, np.array(starts, np.int64), np.array(ends, np.int64))


def test_batches_are_padded_and_masked() -> None:
    rows = [tokens_of(3), tokens_of(6), tokens_of(4, question=4)]
    [batch] = collate(rows, [[(0, 3)], [], [(4, 11)]], [7, 7, 8], 1000)
    order = [2, 1, 0] if len(rows[2].ids) > len(rows[1].ids) else [1, 2, 0]
    assert (3, 16) == tuple(batch.ids.shape)
    for row, number in enumerate(order):
        tokens = rows[number]
        length = len(tokens.ids)
        assert tokens.ids + [PAD] * (16 - length) == batch.ids[row].tolist()
        assert tokens.types + [0] * (16 - length) == batch.types[row].tolist()
        assert [1] * length + [0] * (16 - length) == batch.mask[row].tolist()
        text = [at for at in range(length) if tokens.starts[at] != NOT_TEXT]
        assert [0, *text] == batch.allowed[row].nonzero().flatten().tolist()
    golds = [[(4, 4)], [NO_ANSWER], [(7, 8)]]
    assert [golds[number] for number in order] == batch.gold
    assert [[7, 7, 8][number] for number in order] == batch.groups


def test_every_row_is_in_one_batch_of_about_the_given_size() -> None:
    rng = random.Random(0)
    rows = [tokens_of(rng.randint(1, 60)) for _ in range(50)]
    batches = collate(rows, [[]] * 50, list(range(50)), 128)
    assert list(range(50)) == sorted(number for batch in batches for number in batch.groups)
    for batch in batches:
        assert batch.ids.numel() <= 128 or 1 == len(batch.ids)
        assert 0 == batch.ids.shape[1] % 8
        longest = int(batch.mask.sum(dim=1).max())
        assert longest <= batch.ids.shape[1] < longest + 8
    assert max(batch.ids.shape[1] for batch in batches) == batches[0].ids.shape[1]


def test_a_gold_span_is_the_tokens_that_contain_it() -> None:
    tokens = tokens_of(5)  # the text's tokens are 4 to 8, of the code points 0-3, 4-7, 8-11, 12-15, 16-19
    assert [(4, 4)] == gold_tokens(tokens, [(0, 3)])
    assert [(5, 6)] == gold_tokens(tokens, [(5, 10)])  # parts of words: whole tokens
    assert [(5, 5), (8, 8)] == gold_tokens(tokens, [(4, 7), (16, 19)])
    assert [NO_ANSWER] == gold_tokens(tokens, [])


def test_a_truncated_span_is_not_gold() -> None:
    assert [NO_ANSWER] == gold_tokens(tokens_of(5), [(16, 23)])
    assert [(4, 4)] == gold_tokens(tokens_of(5), [(40, 43), (0, 3)])


def test_gold_tokens_of_real_texts_contain_the_answers_words(tokenizer: ReaderInput) -> None:
    for row in town_rows():
        [answer] = row["answers"]  # type: ignore[misc]
        text, start, end = str(row["context"]), answer["start"], answer["start"] + len(answer["text"])
        [tokens] = tokenizer.tokens(str(row["question"]), [(str(row["title"]), text)])
        [(first, last)] = gold_tokens(tokens, [(start, end)])
        assert answer["text"] == text[int(tokens.starts[first]) : int(tokens.ends[last])]


@pytest.fixture
def source(towns: TrainingData, tokenizer: ReaderInput) -> StepSource:
    return StepSource(lambda number: sample_epoch(towns, 0, number, 60, 4), tokenizer, 512)


def steps_of(source: StepSource, epochs: range, done: int = 0, workers: int = 0) -> list[tuple[int, int, object]]:
    """The steps with the tensors of their batches as lists."""
    return [
        (
            epoch,
            total,
            [([one.tolist() for one in (b.ids, b.mask, b.types, b.allowed)], b.gold, b.groups) for b in step],
        )
        for epoch, total, step in source.steps(epochs, done, workers)
    ]


def test_every_epoch_is_whole_and_in_order(source: StepSource) -> None:
    lengths = [len(source.sample(number)) for number in range(3)]
    steps = steps_of(source, range(3))
    assert [(number, lengths[number]) for number in range(3) for _ in range(lengths[number])] == [
        (epoch, total) for epoch, total, _ in steps
    ]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("done", [0, 5])
def test_worker_processes_make_the_same_steps(source: StepSource, workers: int, done: int) -> None:
    assert steps_of(source, range(1, 4), done) == steps_of(source, range(1, 4), done, workers)


def test_done_steps_are_skipped_in_the_first_epoch_only(source: StepSource) -> None:
    assert steps_of(source, range(2))[7:] == steps_of(source, range(2), 7)


def test_a_killed_worker_is_reported(towns: TrainingData, tokenizer: ReaderInput) -> None:
    here = os.getpid()

    def sample(number: int) -> Sequence[Sequence[Group]]:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return sample_epoch(towns, 0, number, 60, 4)

    with pytest.raises(ModelProblem, match="may lack memory"):
        list(StepSource(sample, tokenizer, 512).steps(range(1), 0, 2))
