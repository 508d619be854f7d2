import hashlib
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training_parts import APART, TOWNS, material, write_data
from training.data.batches import Group, Material, Mix, epoch, misspelt, worn
from training.data.examples import Example, Source

ROOT = Path(__file__).resolve().parents[3]
TOKENS, SINGLES = 1024, 20


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return material(write_data(tmp_path_factory.mktemp("data")))


def groups(towns: Material, epochs: int = 10) -> list[Group]:
    return [group for number in range(epochs) for batch in epoch(towns, 0, number, TOKENS, SINGLES) for group in batch]


def test_an_epoch_is_the_same_for_the_same_seed_and_number_alone(towns: Material) -> None:
    drawn = {(seed, number): epoch(towns, seed, number, TOKENS, SINGLES) for seed in (0, 1) for number in (0, 1)}
    assert drawn == {key: epoch(towns, *key, TOKENS, SINGLES) for key in drawn}
    assert 4 == len({repr(one) for one in drawn.values()})


def test_an_epoch_is_the_same_in_every_process(towns: Material, tmp_path: Path) -> None:
    program = """if True:
        import hashlib, sys
        from pathlib import Path
        from tests.training_parts import material
        from training.data.batches import epoch
        print(hashlib.sha256(repr(epoch(material(Path(sys.argv[1])), 0, 0, 1024, 20)).encode()).hexdigest())
    """
    command = [sys.executable, "-c", program, str(write_data(tmp_path))]
    environment = os.environ | {"PYTHONHASHSEED": "12345"}
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert hashlib.sha256(repr(epoch(towns, 0, 0, TOKENS, SINGLES)).encode()).hexdigest() == ran.stdout.strip()


def test_every_question_about_articles_and_most_of_forums_are_asked_of_a_passage_that_answers_once_an_epoch(
    towns: Material,
) -> None:
    def said(sources: Iterable[Source | Example]) -> Counter[str]:
        return Counter(one.text[slice(*one.spans[0])] for one in sources)

    wiki = [group[0] for group in groups(Material(towns.wiki, [], [], towns.near[: len(towns.wiki)]), 1)]
    assert said(towns.wiki) == said(wiki)
    forum = [
        [group[0] for batch in epoch(Material([], towns.forum, [], [[]] * 16), 0, number, TOKENS, 0) for group in batch]
        for number in range(40)
    ]
    assert all(said(one) <= said(towns.forum) for one in forum)
    assert 0.65 < sum(map(len, forum)) / len(towns.forum) / len(forum) < 0.85
    assert len({frozenset(said(one)) for one in forum}) > 30  # not the same ones each time


def test_a_group_is_a_passage_that_answers_others_that_do_not_and_it_again_with_a_changed_question(
    towns: Material,
) -> None:
    asked = {one.question.rstrip("?") for one in (*towns.wiki, *towns.forum, *towns.single)}
    shares: Counter[str] = Counter()
    drawn = groups(towns)
    for first, *others in drawn:
        assert first.spans
        assert all(first.text[start:end] == first.text[start:end].strip() != "" for start, end in first.spans)
        assert not any(one.spans for one in others)
        said = [first.text[start:end].casefold() for start, end in first.spans]
        for one in others:
            if any(words in one.text.casefold() for words in said):
                assert one.text == first.text
                shares["changed"] += 1
                shares["another question"] += one.question.rstrip("?") not in asked
    assert shares["another question"] == shares["changed"]
    assert 0.3 < shares["changed"] / len(drawn) < 0.65


def test_questions_of_an_encyclopedia_have_a_near_passage_and_others_at_times(towns: Material) -> None:
    wiki = [group for group in groups(Material(towns.wiki, [], [], towns.near[: len(towns.wiki)])) if group[0].spans]
    assert {False} == {len(group) == 1 for group in wiki}
    nears = [[("", "It rains.")]] * len(towns.forum)
    forum = [group for group in groups(Material([], towns.forum, [], nears)) if group[0].spans]
    share = sum(any(one.text == "It rains." for one in group) for group in forum) / len(forum)
    assert 0.2 < share < 0.5


def test_a_mix_says_how_often_there_is_what(towns: Material) -> None:
    def sizes(mix: Mix, singles: int = 0) -> set[int]:
        return {len(group) for batch in epoch(towns, 0, 0, TOKENS, singles, mix) for group in batch}

    nothing = Mix(forum=0, near_wiki=0, near_forum=0, cut_out=0, changed=0, changed_single=0)
    assert {1} == sizes(nothing, singles=5)
    assert {2} == sizes(replace(nothing, near_wiki=1))
    drawn = [
        sum(1 for b in epoch(towns, 0, 0, TOKENS, 0, replace(nothing, forum=share)) for _ in b) for share in (0, 1)
    ]
    assert [len(towns.wiki), len(towns.wiki) + len(towns.forum)] == drawn
    assert 2 in sizes(replace(nothing, changed=1))
    assert 2 in sizes(replace(nothing, changed_single=1), singles=5)


def test_titles_kept_apart_never_come_up(towns: Material) -> None:
    drawn = [one for group in groups(towns) for one in group]
    assert not any(town in f"{one.title} {one.text} {one.question}" for one in drawn for town in APART)
    assert {*TOWNS, ""} == {one.title for one in drawn}


def test_titles_and_question_marks_are_left_out_at_times(towns: Material) -> None:
    drawn = [group[0] for group in groups(towns) if len(group) > 1]
    assert 0.1 < sum(not one.question.endswith("?") for one in drawn) / len(drawn) < 0.25
    titled = [group[0] for group in groups(Material(towns.wiki, [], [], towns.near[: len(towns.wiki)]))]
    assert 0.1 < sum(one.title == "" for one in titled) / len(titled) < 0.25


def test_as_many_single_sentences_are_drawn_as_told(towns: Material) -> None:
    for singles, expected in ((0, 0), (5, 5), (1000, len(towns.single))):
        only = Material([], [], towns.single, [])
        assert expected == len([group for batch in epoch(only, 0, 0, TOKENS, singles) for group in batch])


def size(group: Group) -> int:
    return sum(len(one.question) + len(one.title) + len(one.text) for one in group)


def test_batches_have_about_the_tokens_told(towns: Material) -> None:
    for tokens in (512, 2048):
        batches = epoch(towns, 0, 0, tokens, SINGLES)
        assert all(sum(map(size, batch)) <= tokens * 4.3 for batch in batches if len(batch) > 1)
        full = sorted(sum(map(size, batch)) for batch in batches)
        assert full[len(full) // 2] > tokens * 4.3 * 0.5


def test_groups_of_a_batch_are_of_like_lengths(towns: Material) -> None:
    def spread(batch: list[Group]) -> int:
        lengths = [max(len(one.question) + len(one.text) for one in group) for group in batch]
        return max(lengths) - min(lengths)

    batches = epoch(towns, 0, 0, 512, 1000)
    apart = [spread(batch) for batch in batches if len(batch) > 1]
    everything = [group for batch in batches for group in batch]
    assert sum(apart) / len(apart) < 0.5 * spread(everything)


def test_a_group_larger_than_a_batch_is_one_of_its_own(towns: Material) -> None:
    assert {1} == {len(batch) for batch in epoch(towns, 0, 0, 1, SINGLES)}


def test_without_anything_there_are_no_batches() -> None:
    assert [] == epoch(Material([], [], [], []), 0, 0, TOKENS, SINGLES)


def test_a_misspelt_question_has_one_long_word_with_letters_swapped_dropped_or_doubled() -> None:
    found = {misspelt("who may leave", random.Random(seed)) for seed in range(300)}
    swapped = {"who may laeve", "who may levae", "who may leaev"}
    dropped = {"who may lave", "who may leve", "who may leae"}
    doubled = {"who may leeave", "who may leaave", "who may leavve"}
    assert swapped | dropped | doubled == found


def test_short_words_and_those_with_marks_are_spelt_right() -> None:
    assert "Who ate it in 1999, O'Brien-Smith?" == misspelt("Who ate it in 1999, O'Brien-Smith?", random.Random(0))
    assert "" == misspelt("", random.Random(0))


@given(st.text(), st.integers(0, 99))
def test_misspelling_touches_one_word_of_any_text(text: str, seed: int) -> None:
    before, after = text.split(" "), misspelt(text, random.Random(seed)).split(" ")
    assert len(before) == len(after)
    assert sum(one != two for one, two in zip(before, after, strict=True)) <= 1


def test_examples_keep_their_text_and_spans_when_the_question_varies(towns: Material) -> None:
    only = Material([], [], towns.single[:1], [])
    seen: set[Example] = {epoch(only, 0, n, TOKENS, 1)[0][0][0] for n in range(40)}
    assert 1 == len({(one.text, one.spans) for one in seen})
    assert len(seen) > 1


def test_a_worn_question_lacks_some_of_its_words_and_keeps_the_order_of_others() -> None:
    words = ["when", "did", "the", "old", "ferry", "leave", "the", "northern", "harbour"]
    seen = {worn(" ".join(words), random.Random(seed)) for seed in range(400)}
    lengths = {len(one.split()) for one in seen}
    assert {len(words) - 1, len(words) - 2, len(words) - 3} == lengths
    for one in seen:
        left = iter(words)
        assert all(word in left for word in one.split())  # each is found after the one before
    assert len(seen) > 50


def test_a_short_question_keeps_three_words() -> None:
    assert "Who left?" == worn("Who left?", random.Random(0))
    assert "Who left first?" == worn("Who left first?", random.Random(0))
    assert {3} == {len(worn("Who left it first?", random.Random(seed)).split()) for seed in range(20)}


def drawn(towns: Material, mix: Mix, epochs: int = 6) -> list[Group]:
    return [group for number in range(epochs) for batch in epoch(towns, 0, number, TOKENS, 0, mix) for group in batch]


def test_a_mix_says_how_often_questions_are_worn(towns: Material) -> None:
    def words(mix: Mix) -> float:
        asked = [len(group[0].question.split()) for group in drawn(towns, mix)]
        return sum(asked) / len(asked)

    assert words(Mix(worn=1)) < words(Mix(worn=0.5)) - 0.2 < words(Mix()) - 0.4


def test_a_worn_question_is_the_same_for_all_passages_and_keeps_what_was_changed(towns: Material) -> None:
    wiki = Material(towns.wiki, [], [], towns.near[: len(towns.wiki)])
    whole = {one.question for one in towns.wiki}
    worn_ones = changed_ones = 0
    for first, *others in drawn(wiki, Mix(worn=1, changed=1), 20):
        words = first.question.rstrip("?").casefold().split()
        worn_ones += first.question not in whole
        for other in others:
            theirs = other.question.rstrip("?").casefold().split()
            if other.text != first.text:
                # Each may have one word misspelt.
                assert sum(one != two for one, two in zip(words, theirs, strict=True)) <= 2
            elif other.text == first.text and sorted(theirs) != sorted(words):
                changed_ones += 1
                assert set(theirs) - set(words), "what was changed would be lost"
    assert worn_ones > 100
    assert changed_ones > 50


def test_a_mix_says_how_often_passages_about_articles_are_crowded(towns: Material) -> None:
    def crowds(mix: Mix, sources: Material) -> float:
        whole = {one.text for one in (*towns.wiki, *towns.forum)}
        first = [group[0].text for group in drawn(sources, mix)]
        return sum(not any(text in paragraph for paragraph in whole) for text in first) / len(first)

    wiki = Material(towns.wiki, [], [], towns.near[: len(towns.wiki)])
    assert 0 == crowds(Mix(), wiki)
    assert 0.15 < crowds(Mix(crowded=0.5), wiki) < crowds(Mix(crowded=1), wiki)
    forum = Material([], towns.forum, [], [[("", "It rains. It pours.")]] * len(towns.forum))
    assert 0 == crowds(Mix(crowded=1), forum)


def test_what_a_mix_does_without_draws_nothing(towns: Material) -> None:
    def told(group: Group) -> list[tuple[str, str]]:
        return [(one.question, one.text) for one in group]

    nothing = Material([], towns.forum, [], [[]] * len(towns.forum))
    assert [told(one) for one in drawn(nothing, Mix(crowded=1))] == [told(one) for one in drawn(nothing, Mix())]
