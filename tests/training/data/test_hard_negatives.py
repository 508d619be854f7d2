import random
from pathlib import Path

import pytest

from corpus.errors import ModelProblem
from eval.datasets import FORUMS, WIKI
from index.generations.builder import Progress
from qa.retriever import PASSAGE_LENGTH
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.training_parts import source, write_data
from training.data.examples import SHORTEST, Example, Source, read_sources
from training.data.hard_negatives import crowded, near_example, near_passages

LONG = " ".join(f"Lot {n} of the sale was a lamp that had been made before the war." for n in range(40))


def sources(folder: Path) -> list[Source]:
    return read_sources(write_data(folder), WIKI, titled=True) + read_sources(folder, FORUMS[0])


def answers(one: Source) -> list[str]:
    return [one.text[start:end].casefold() for start, end in one.spans]


def test_near_passages_are_of_other_paragraphs_and_hold_no_answer(tmp_path: Path) -> None:
    asked = sources(tmp_path)
    found = near_passages(asked, WordEmbedder, tmp_path / "work", ignore)
    assert len(asked) == len(found)
    assert {1, 2, 3, 4} >= {len(one) for one in found}
    for one, passages in zip(asked, found, strict=True):
        for _, text in passages:
            assert not any(words in text.casefold() for words in answers(one))
            assert text[:40] not in one.text


def test_near_passages_are_what_retrieval_finds_for_the_question(tmp_path: Path) -> None:
    asked = [
        source("The ferry to Aldmoor leaves at noon.", "noon", question="When does the ferry leave?"),
        source("The ferry to Brindle leaves at dusk.", "dusk", question="Which soup is known?"),
        source("A soup of kale is known here.", "kale", question="Which soup is known?"),
    ]
    one_article_each = [Source(f"{n}", s.question, "", s.text, s.spans, s.sentences) for n, s in enumerate(asked)]
    found = near_passages(one_article_each, WordEmbedder, tmp_path, ignore)
    assert ("", asked[1].text) == found[0][0]
    assert ("", asked[2].text) == found[1][0]


def test_only_a_title_that_says_something_is_kept(tmp_path: Path) -> None:
    asked = sources(tmp_path)
    found = near_passages([one for one in asked if not one.title], WordEmbedder, tmp_path / "forum", ignore)
    assert {""} == {title for one in found for title, _ in one}
    found = near_passages(asked, WordEmbedder, tmp_path / "all", ignore)
    towns = {one.title for one in asked if one.title}
    assert towns == {title for one in found for title, _ in one}
    assert all(title in text for one in found for title, text in one if text.startswith("The ferry"))


def test_an_answer_is_found_in_whichever_case_and_with_characters_that_articles_do_not_hold(tmp_path: Path) -> None:
    asked = [
        source("It takes ten\x0bminutes\x80now.", "ten\x0bminutes\x80now", question="How long does it take?"),
        source("The walk takes TEN\x0bminutes\x80now. So they say.", "they", question="Who says it?"),
    ]
    one_article_each = [Source(f"{n}", s.question, "", s.text, s.spans, s.sentences) for n, s in enumerate(asked)]
    found = near_passages(one_article_each, WordEmbedder, tmp_path, ignore)
    assert [0, 1] == [len(one) for one in found]


def unloadable() -> WordEmbedder:
    raise ModelProblem("There is no embedder here.")


def test_without_an_embedder_nothing_new_is_found(tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match="no embedder here"):
        near_passages(sources(tmp_path), unloadable, tmp_path / "work", ignore)


def test_what_was_found_is_kept_for_the_same_questions(tmp_path: Path) -> None:
    asked = sources(tmp_path)
    heard: list[Progress] = []
    first = near_passages(asked, WordEmbedder, tmp_path / "work", heard.append)
    assert "near passages" in {one.stage for one in heard}
    heard.clear()
    assert first == near_passages(asked, WordEmbedder, tmp_path / "work", heard.append)
    assert [] == heard
    first_only = near_passages(asked, unloadable, tmp_path / "work", heard.append)  # what is known needs no embedder
    assert first == first_only
    others = near_passages(asked[1:], WordEmbedder, tmp_path / "work", heard.append)
    assert len(asked) - 1 == len(others)
    assert [] != heard


def test_a_part_of_a_near_passage_is_whole_sentences_of_it() -> None:
    asked = source("It leaves at noon.", "noon", question="When does it leave?")
    texts = [LONG[:690].rpartition(" ")[0], "A single sentence."]
    sentences = {one.rstrip(".") for text in texts for one in text.split(". ")}
    for seed in range(60):
        found = near_example(asked, [("Sales", text) for text in texts], random.Random(seed))
        assert found is not None
        assert ("When does it leave?", "Sales", ()) == (found.question, found.title, found.spans)
        assert any(found.text in text for text in texts)
        assert {one.rstrip(".") for one in found.text.split(". ")} <= sentences


def test_nearer_passages_are_drawn_more_often() -> None:
    asked = source("It leaves at noon.", "noon")
    found = [near_example(asked, [("", "First."), ("", "Second.")], random.Random(seed)) for seed in range(400)]
    assert 0.7 < sum(one is not None and one.text == "First." for one in found) / 400 < 0.8


def test_near_passages_are_about_as_long_as_windows() -> None:
    asked = source(LONG, "Lot 20")
    choice = random.Random(0)
    windows = [len(asked.window(choice).text) for _ in range(300)]
    passage = ("", LONG[:690].rpartition(". ")[0] + ".")
    near = [len(one.text) for _ in range(300) if (one := near_example(asked, [passage], choice)) is not None]
    assert pytest.approx(sum(windows) / 300, abs=25) == sum(near) / len(near)


def test_without_near_passages_there_is_no_example() -> None:
    assert near_example(source("It leaves at noon.", "noon"), [], random.Random(0)) is None


def drawn(own: Example, near: list[tuple[str, str]], times: int = 300) -> list[Example | None]:
    return [crowded(own, near, random.Random(seed)) for seed in range(times)]


def test_a_crowded_passage_holds_the_answer_among_sentences_of_one_near_passage() -> None:
    own = Example("When?", "Trains", "The train leaves at noon.", ((20, 24),))
    near = [("Ships", "A ship sails at dusk. It is slow. It is old."), ("Buses", "A bus comes at dawn. It is red.")]
    seen = {one for one in drawn(own, near) if one is not None}
    assert {("When?", "Trains")} == {(one.question, one.title) for one in seen}
    assert {"noon"} == {one.text[slice(*span)] for one in seen for span in one.spans}
    crowds = {one.text.replace(own.text, "").replace("  ", " ").strip() for one in seen}
    assert {text for _, text in near} == crowds  # there is room for all
    assert any(one.text.startswith(own.text) for one in seen)
    assert any(one.text.endswith(own.text) for one in seen)
    assert any(not one.text.startswith(own.text) and not one.text.endswith(own.text) for one in seen)


def test_a_crowded_passage_is_as_long_as_passages_are() -> None:
    own = Example("What?", "", f"It was a lamp. {LONG[:250]}", ((9, 13),))
    lengths = [len(one.text) for one in drawn(own, [("", LONG)]) if one is not None]
    assert max(lengths) <= PASSAGE_LENGTH
    assert max(lengths) > PASSAGE_LENGTH - 80  # a sentence has about 65
    assert min(lengths) > SHORTEST - 80
    assert len(set(lengths)) > 3
    assert len({one for one in drawn(own, [("", LONG)]) if one is not None}) > 50, "any of its sentences"


def test_a_sentence_that_is_too_long_is_left_out_and_the_next_taken() -> None:
    own = Example("When?", "", "The train leaves at noon.", ((20, 24),))
    near = [("", f"A bus comes at dawn. {'It is red and ' * 60}blue. It is old.")]
    seen = {one.text.replace(own.text, "").replace("  ", " ").strip() for one in drawn(own, near) if one is not None}
    assert {"A bus comes at dawn. It is old."} == seen


def test_where_nothing_is_near_or_fits_no_passage_is_crowded() -> None:
    own = Example("When?", "", "The train leaves at noon.", ((20, 24),))
    assert {None} == {*drawn(own, []), *drawn(own, [("", "")])}
    full = Example("What?", "", LONG[:PASSAGE_LENGTH], ((0, 3),))
    assert {None} == set(drawn(full, [("", LONG)]))
