import hashlib
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.question_sets import write_user_set
from tests.training_parts import HELD_OUT, TOWNS, training_data, write_data
from training.data.examples import SourceParagraph, TrainingExample, read_user_paragraphs
from training.data.sampling import Group, SamplingRates, TrainingData, load_training_data, sample_epoch
from web.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
TOKENS, SINGLES = 1024, 20
NOTHING = SamplingRates(1, *[0] * (len(fields(SamplingRates)) - 1))
OWN_WORDS = SamplingRates(synonyms=0, question_words=0, keywords=0, preambles=0)


@pytest.fixture(autouse=True, scope="module")
def by_words() -> Iterator[None]:
    """Embed by words, since the real model takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.data.sampling.load_embedder", lambda model, cache: WordEmbedder())
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def towns(data: Path) -> TrainingData:
    return training_data(data)


@pytest.fixture(scope="module")
def wiki(towns: TrainingData) -> TrainingData:
    """The questions with titles alone."""
    return TrainingData(towns.wiki, [], [], towns.hard_negatives[: len(towns.wiki)])


def groups_of(
    data: TrainingData, epochs: int = 10, rates: SamplingRates = OWN_WORDS, singles: int = SINGLES
) -> list[Group]:
    return [
        group
        for number in range(epochs)
        for batch in sample_epoch(data, 0, number, TOKENS, singles, rates)
        for group in batch
    ]


def test_held_out_titles_are_for_validation_alone(data: Path, tmp_path: Path) -> None:
    training, examples = load_training_data(data, tmp_path, Settings(), ignore)
    assert {*TOWNS} == {paragraph.title for paragraph in training.wiki}
    texts = [one.text for one in (*training.wiki, *training.forum, *training.single_sentences)]
    texts += [f"{title} {text}" for negatives in training.hard_negatives for title, text in negatives]
    assert not any(town in text for text in texts for town in HELD_OUT)
    assert set(HELD_OUT) == {example.title for example in examples}
    assert len(examples) // 2 == sum(bool(example.spans) for example in examples)


def test_validation_examples_are_the_same_for_every_run(data: Path, tmp_path: Path) -> None:
    for work in ("one", "two"):
        (tmp_path / work).mkdir()
    random.seed(5)
    one, two = (load_training_data(data, tmp_path / work, Settings(), ignore) for work in ("one", "two"))
    assert one == two


def test_seed_and_number_decide_an_epoch(towns: TrainingData) -> None:
    drawn = {(seed, number): sample_epoch(towns, seed, number, TOKENS, SINGLES) for seed in (0, 1) for number in (0, 1)}
    assert drawn == {key: sample_epoch(towns, *key, TOKENS, SINGLES) for key in drawn}
    assert 4 == len({repr(one) for one in drawn.values()})


def test_an_epoch_is_the_same_in_every_process(towns: TrainingData, data: Path) -> None:
    program = """if True:
        import hashlib, sys
        from pathlib import Path
        from tests.training_parts import training_data
        from training.data.sampling import sample_epoch
        drawn = sample_epoch(training_data(Path(sys.argv[1])), 0, 0, 1024, 20)
        print(hashlib.sha256(repr(drawn).encode()).hexdigest())
    """
    environment = os.environ | {"PYTHONHASHSEED": "12345"}
    command = [sys.executable, "-c", program, str(data)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert hashlib.sha256(repr(sample_epoch(towns, 0, 0, TOKENS, SINGLES)).encode()).hexdigest() == ran.stdout.strip()


def test_an_epoch_asks_all_wiki_questions_and_some_forum_ones(towns: TrainingData, wiki: TrainingData) -> None:
    def answers(examples: Iterable[SourceParagraph | TrainingExample]) -> Counter[str]:
        return Counter(one.text[slice(*one.spans[0])] for one in examples)

    assert answers(towns.wiki) == answers(group[0] for group in groups_of(wiki, 1))
    only = TrainingData([], towns.forum, [], [[]] * 16)
    forum = [
        answers(group[0] for batch in sample_epoch(only, 0, number, TOKENS, 0) for group in batch)
        for number in range(40)
    ]
    assert all(one <= answers(towns.forum) for one in forum)
    assert 0.2 < sum(one.total() for one in forum) / len(towns.forum) / len(forum) < 0.4
    assert len({frozenset(one) for one in forum}) > 30  # not the same ones each time


def test_only_the_first_example_of_a_group_answers(towns: TrainingData) -> None:
    asked = {one.question.rstrip("?") for one in (*towns.wiki, *towns.forum, *towns.single_sentences)}
    groups = groups_of(towns)
    repeated = 0
    for first, *others in groups:
        assert first.spans
        assert all(first.text[start:end] == first.text[start:end].strip() != "" for start, end in first.spans)
        assert not any(one.spans for one in others)
        answers = [first.text[start:end].casefold() for start, end in first.spans]
        for one in others:
            if any(words in one.text.casefold() for words in answers):  # the passage again: its question is perturbed
                assert one.text == first.text or one.question.startswith("What b")
                assert one.question.rstrip("?") not in asked
                repeated += 1
    assert 0.3 < repeated / len(groups) < 0.65


def test_wiki_questions_have_a_hard_negative_and_forum_questions_at_times(
    towns: TrainingData, wiki: TrainingData
) -> None:
    assert all(len(group) > 1 for group in groups_of(wiki))
    forum = groups_of(TrainingData([], towns.forum, [], [[("", "It rains.")]] * len(towns.forum)))
    assert 0.2 < sum(any(one.text == "It rains." for one in group) for group in forum) / len(forum) < 0.5


def test_rates_decide_how_often_a_group_has_what(towns: TrainingData) -> None:
    towns = replace(towns, squad=(), hard_negatives=towns.hard_negatives[: len(towns.wiki) + len(towns.forum)])

    def sizes(rates: SamplingRates, singles: int = 0) -> set[int]:
        return {len(group) for group in groups_of(towns, 1, rates, singles)}

    assert {1} == sizes(NOTHING, singles=5)
    assert {2} == sizes(replace(NOTHING, wiki_negatives=1))
    drawn = [len(groups_of(towns, 1, replace(NOTHING, forum=rate), 0)) for rate in (0, 1)]
    assert [len(towns.wiki), len(towns.wiki) + len(towns.forum)] == drawn
    assert 2 in sizes(replace(NOTHING, unanswerable=1))
    assert 2 in sizes(replace(NOTHING, unanswerable_single=1), singles=5)


def test_squad_questions_are_drawn_with_unanswerable_ones(towns: TrainingData) -> None:
    squad = TrainingData([], [], [], [[("", "It rains.")]] * len(towns.squad), towns.squad)
    groups = groups_of(squad, 5, NOTHING, 0)
    assert 5 * len(towns.squad) == len(groups)
    for asked, other in groups:
        assert asked.spans
        assert other.question.startswith(("What b", "Waht b", "Wht b"))  # bread, at times misspelled
        assert not other.spans
    negatives = groups_of(squad, 1, replace(NOTHING, squad_negatives=1), 0)
    assert all("It rains." == group[1].text for group in negatives)
    plain = TrainingData([], [], [], squad.hard_negatives, [replace(one, unanswerable=()) for one in towns.squad])
    drawn = [len(groups_of(plain, 1, replace(NOTHING, squad=rate), 0)) for rate in (0, 1)]
    assert [0, len(towns.squad)] == drawn


def test_titles_and_question_marks_are_left_out_at_times(towns: TrainingData, wiki: TrainingData) -> None:
    drawn = [group[0] for group in groups_of(towns) if len(group) > 1]
    assert 0.1 < sum(not one.question.endswith("?") for one in drawn) / len(drawn) < 0.25
    titled = [group[0] for group in groups_of(wiki)]
    assert 0.1 < sum(one.title == "" for one in titled) / len(titled) < 0.25


def test_noise_in_the_question_keeps_text_and_spans(towns: TrainingData) -> None:
    only = TrainingData([], [], towns.single_sentences[:1], [])
    seen = {sample_epoch(only, 0, number, TOKENS, 1)[0][0][0] for number in range(40)}
    assert 1 == len({(one.text, one.spans) for one in seen})
    assert len(seen) > 1


def test_questions_are_asked_in_other_words_at_their_rates(wiki: TrainingData) -> None:

    def begins(rates: SamplingRates) -> set[str]:
        return {group[0].question.partition(" ")[0] for group in groups_of(wiki, 20, rates, 0)}

    assert {"What", "When", "Who"} == begins(NOTHING)
    assert {"Which", "In", "At", "On"} <= begins(replace(NOTHING, question_words=1))
    assert {"I", "Hi!", "Sorry"} <= begins(replace(NOTHING, preambles=1))
    assert not {"What", "When", "Who"} & begins(replace(NOTHING, keywords=1))


@pytest.mark.parametrize(("singles", "expected"), [(0, 0), (5, 5), (1000, 32)])
def test_so_many_single_sentences_are_drawn(towns: TrainingData, singles: int, expected: int) -> None:
    assert expected == len(groups_of(TrainingData([], [], towns.single_sentences, []), 1, singles=singles))


def size(group: Group) -> int:
    return sum(len(one.question) + len(one.title) + len(one.text) for one in group)


@pytest.mark.parametrize("tokens", [512, 2048])
def test_batches_have_about_the_given_tokens(towns: TrainingData, tokens: int) -> None:
    batches = sample_epoch(towns, 0, 0, tokens, SINGLES)
    assert all(sum(map(size, batch)) <= tokens * 4.3 for batch in batches if len(batch) > 1)
    sizes = sorted(sum(map(size, batch)) for batch in batches)
    assert sizes[len(sizes) // 2] > tokens * 4.3 * 0.5


def test_groups_of_a_batch_have_similar_lengths(towns: TrainingData) -> None:
    def spread(batch: list[Group]) -> int:
        lengths = [max(len(one.question) + len(one.text) for one in group) for group in batch]
        return max(lengths) - min(lengths)

    batches = sample_epoch(towns, 0, 0, 512, 1000)
    spreads = [spread(batch) for batch in batches if len(batch) > 1]
    assert sum(spreads) / len(spreads) < 0.5 * spread([group for batch in batches for group in batch])


def test_a_group_larger_than_a_batch_is_a_batch(towns: TrainingData) -> None:
    assert {1} == {len(batch) for batch in sample_epoch(towns, 0, 0, 1, SINGLES)}


def test_without_data_there_are_no_batches() -> None:
    assert [] == sample_epoch(TrainingData([], [], [], []), 0, 0, TOKENS, SINGLES)


def test_the_rate_of_word_dropout_decides_how_many_words_are_left(towns: TrainingData) -> None:
    def words(rate: float) -> float:
        lengths = [
            len(group[0].question.split()) for group in groups_of(towns, 6, replace(OWN_WORDS, word_dropout=rate), 0)
        ]
        return sum(lengths) / len(lengths)

    assert words(1) < words(0.5) - 0.2 < words(0) - 0.4


def test_word_dropout_is_alike_in_a_group_and_keeps_perturbations(towns: TrainingData, wiki: TrainingData) -> None:
    whole = {one.question for one in towns.wiki}
    shortened = perturbed = 0
    for first, *others in groups_of(wiki, 20, replace(OWN_WORDS, word_dropout=1, unanswerable=1), 0):
        words = first.question.rstrip("?").casefold().split()
        shortened += first.question not in whole
        for other in others:
            theirs = other.question.rstrip("?").casefold().split()
            if other.text != first.text:
                # Each may have one word misspelled.
                assert sum(one != two for one, two in zip(words, theirs, strict=True)) <= 2
            elif sorted(theirs) != sorted(words):
                perturbed += 1
                assert set(theirs) - set(words), "word dropout undid the perturbation"
    assert shortened > 100
    assert perturbed > 50


def test_wiki_passages_get_distractors_at_their_rate(towns: TrainingData, wiki: TrainingData) -> None:
    paragraphs = {one.text for one in (*towns.wiki, *towns.forum)}

    def mixed(data: TrainingData, rate: float) -> float:
        texts = [group[0].text for group in groups_of(data, 6, replace(OWN_WORDS, distractors=rate), 0)]
        return sum(not any(text in paragraph for paragraph in paragraphs) for text in texts) / len(texts)

    assert 0 == mixed(wiki, 0)
    assert 0.15 < mixed(wiki, 0.5) < mixed(wiki, 1)
    assert 0 == mixed(TrainingData([], towns.forum, [], [[("", "It rains. It pours.")]] * len(towns.forum)), 1)


def test_a_rate_that_applies_to_nothing_draws_no_random_numbers(towns: TrainingData) -> None:
    forum = TrainingData([], towns.forum, [], [[]] * len(towns.forum))
    assert groups_of(forum, 6, replace(OWN_WORDS, distractors=1), 0) == groups_of(forum, 6, OWN_WORDS, 0)


def test_users_questions_are_asked_as_often_as_told(towns: TrainingData, tmp_path: Path) -> None:
    users = read_user_paragraphs(write_user_set(tmp_path))
    data = replace(towns, user_set=users, user_set_hard_negatives=[[("", "It rains.")]] * len(users))
    for rates, expected in (
        (SamplingRates(user_set_repeats=0), 0),
        (SamplingRates(), 1),
        (SamplingRates(user_set_repeats=3), 3),
    ):
        drawn = groups_of(data, 1, replace(rates, synonyms=0, question_words=0, keywords=0, preambles=0))
        asked = [group for group in drawn if any("opens at nine" in one.text for one in group)]
        assert expected * len(users) == len(asked)
    assert all(any(not one.spans and one.text != "It rains." for one in group) for group in asked)
    assert 0 < sum(any(one.text == "It rains." for one in group) for group in asked) < len(asked)


def test_a_fraction_of_the_other_sets_is_drawn(towns: TrainingData) -> None:
    whole, part = (len(groups_of(towns, 1, replace(OWN_WORDS, fraction=one))) for one in (1, 0.25))
    assert 0.15 < part / whole < 0.35
    assert [] == groups_of(towns, 1, replace(OWN_WORDS, fraction=0))


def test_users_titles_are_held_out_as_well(data: Path, tmp_path: Path) -> None:
    folder = write_user_set(tmp_path / "users")
    training, examples = load_training_data(data, tmp_path, Settings(), ignore, user_set=folder)
    titles = {one.title for one in training.user_set}
    validated = {one.title for one in examples} - set(HELD_OUT)
    assert titles
    assert validated
    assert titles.isdisjoint(validated)
    assert len(training.user_set) == len(training.user_set_hard_negatives)
