import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import ModelProblem
from eval.datasets import FORUMS, WIKI
from index.generations.builder import Progress
from qa.retriever import PASSAGE_LENGTH
from tests.fakes import WordEmbedder
from tests.indexing import ignore
from tests.training_parts import paragraph, write_data
from training.data.examples import MIN_LENGTH, SourceParagraph, TrainingExample, read_paragraphs
from training.data.hard_negatives import add_distractors, mine_hard_negatives, negative_example

LONG = " ".join(f"Lot {n} of the sale was a lamp that had been made before the war." for n in range(40))


def paragraphs(folder: Path) -> list[SourceParagraph]:
    return read_paragraphs(write_data(folder), WIKI, titled=True) + read_paragraphs(folder, FORUMS[0])


def answers(one: SourceParagraph) -> list[str]:
    return [one.text[start:end].casefold() for start, end in one.spans]


def test_hard_negatives_are_of_other_paragraphs_and_contain_no_answer(tmp_path: Path) -> None:
    asked = paragraphs(tmp_path)
    found = mine_hard_negatives(asked, WordEmbedder, tmp_path / "work", ignore)
    assert len(asked) == len(found)
    assert {1, 2, 3, 4} >= {len(one) for one in found}
    for one, passages in zip(asked, found, strict=True):
        for _, text in passages:
            assert not any(words in text.casefold() for words in answers(one))
            assert text[:40] not in one.text


def test_hard_negatives_are_what_retrieval_finds(tmp_path: Path) -> None:
    asked = [
        paragraph("The ferry to Aldmoor leaves at noon.", "noon", question="When does the ferry leave?"),
        paragraph("The ferry to Brindle leaves at dusk.", "dusk", question="Which soup is known?"),
        paragraph("A soup of kale is known here.", "kale", question="Which soup is known?"),
    ]
    one_article_each = [replace(one, article=f"{number}", title="") for number, one in enumerate(asked)]
    found = mine_hard_negatives(one_article_each, WordEmbedder, tmp_path, ignore)
    assert ("", asked[1].text) == found[0][0]
    assert ("", asked[2].text) == found[1][0]


def test_spelling_is_corrected_before_the_search(tmp_path: Path) -> None:
    asked = paragraphs(tmp_path)
    mined = []
    for word in ("ferry", "frery"):
        first = replace(asked[0], question=f"When does the {word} leave?")
        mined.append(mine_hard_negatives([first, *asked[1:]], WordEmbedder, tmp_path / word, ignore)[0])
    assert mined[0] == mined[1]


def test_only_real_titles_are_kept(tmp_path: Path) -> None:
    asked = paragraphs(tmp_path)
    found = mine_hard_negatives([one for one in asked if not one.title], WordEmbedder, tmp_path / "forum", ignore)
    assert {""} == {title for one in found for title, _ in one}
    found = mine_hard_negatives(asked, WordEmbedder, tmp_path / "all", ignore)
    towns = {one.title for one in asked if one.title}
    assert towns == {title for one in found for title, _ in one}
    assert all(title in text for one in found for title, text in one if text.startswith("The ferry"))


def test_answers_are_found_in_any_case_and_with_odd_characters(tmp_path: Path) -> None:
    asked = [
        paragraph("It takes ten\x0bminutes\x80now.", "ten\x0bminutes\x80now", question="How long does it take?"),
        paragraph("The walk takes TEN\x0bminutes\x80now. So they say.", "they", question="Who says it?"),
    ]
    one_article_each = [replace(one, article=f"{number}", title="") for number, one in enumerate(asked)]
    found = mine_hard_negatives(one_article_each, WordEmbedder, tmp_path, ignore)
    assert [0, 1] == [len(one) for one in found]


def unloadable() -> WordEmbedder:
    raise ModelProblem("There is no embedder here.")


def test_mining_needs_the_embedder(tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match="no embedder here"):
        mine_hard_negatives(paragraphs(tmp_path), unloadable, tmp_path / "work", ignore)


def test_hard_negatives_are_cached_for_the_same_questions(tmp_path: Path) -> None:
    asked = paragraphs(tmp_path)
    heard: list[Progress] = []
    first = mine_hard_negatives(asked, WordEmbedder, tmp_path / "work", heard.append)
    assert "hard negatives" in {one.stage for one in heard}
    heard.clear()
    assert first == mine_hard_negatives(asked, WordEmbedder, tmp_path / "work", heard.append)
    assert [] == heard
    first_only = mine_hard_negatives(asked, unloadable, tmp_path / "work", heard.append)  # the cache needs no embedder
    assert first == first_only
    others = mine_hard_negatives(asked[1:], WordEmbedder, tmp_path / "work", heard.append)
    assert len(asked) - 1 == len(others)
    assert [] != heard


@pytest.mark.parametrize(
    "change", [{"spans": ((0, 3),)}, {"names": ((0, 3),)}, {"title": "Aldmoor (town)"}, {"article": "another"}]
)
def test_hard_negatives_are_mined_anew_for_other_answers_or_titles(tmp_path: Path, change: dict[str, Any]) -> None:
    first, *others = paragraphs(tmp_path)
    mine_hard_negatives([first, *others], WordEmbedder, tmp_path / "work", ignore)
    with pytest.raises(ModelProblem, match="no embedder here"):
        mine_hard_negatives([replace(first, **change), *others], unloadable, tmp_path / "work", ignore)


def test_a_negative_example_is_whole_sentences_of_a_passage() -> None:
    asked = paragraph("It leaves at noon.", "noon", question="When does it leave?")
    texts = [LONG[:690].rpartition(" ")[0], "A single sentence."]
    sentences = {one.rstrip(".") for text in texts for one in text.split(". ")}
    for seed in range(60):
        found = negative_example(asked, [("Sales", text) for text in texts], random.Random(seed))
        assert found is not None
        assert ("When does it leave?", "Sales", ()) == (found.question, found.title, found.spans)
        assert any(found.text in text for text in texts)
        assert {one.rstrip(".") for one in found.text.split(". ")} <= sentences


def test_better_ranked_negatives_are_drawn_more_often() -> None:
    asked = paragraph("It leaves at noon.", "noon")
    found = [negative_example(asked, [("", "First."), ("", "Second.")], random.Random(seed)) for seed in range(400)]
    assert 0.7 < sum(one is not None and one.text == "First." for one in found) / 400 < 0.8


def test_negative_examples_are_about_as_long_as_windows() -> None:
    asked = paragraph(LONG, "Lot 20")
    choice = random.Random(0)
    windows = [len(asked.window(choice).text) for _ in range(300)]
    passage = ("", LONG[:690].rpartition(". ")[0] + ".")
    lengths = [len(one.text) for _ in range(300) if (one := negative_example(asked, [passage], choice)) is not None]
    assert pytest.approx(sum(windows) / 300, abs=25) == sum(lengths) / len(lengths)


def test_without_hard_negatives_there_is_no_example() -> None:
    assert negative_example(paragraph("It leaves at noon.", "noon"), [], random.Random(0)) is None


def drawn(
    answering: TrainingExample, negatives: list[tuple[str, str]], times: int = 300
) -> list[TrainingExample | None]:
    return [add_distractors(answering, negatives, random.Random(seed)) for seed in range(times)]


def distractors(text: str, answering: TrainingExample) -> str:
    return text.replace(answering.text, "").replace("  ", " ").strip()


def test_distractors_are_sentences_of_one_negative_around_the_answer() -> None:
    answering = TrainingExample("When?", "Trains", "The train leaves at noon.", ((20, 24),))
    negatives = [
        ("Ships", "A ship sails at dusk. It is slow. It is old."),
        ("Buses", "A bus comes at dawn. It is red."),
    ]
    seen = {one for one in drawn(answering, negatives) if one is not None}
    assert {("When?", "Trains")} == {(one.question, one.title) for one in seen}
    assert {"noon"} == {one.text[slice(*span)] for one in seen for span in one.spans}
    assert {text for _, text in negatives} == {distractors(one.text, answering) for one in seen}  # there is room
    assert any(one.text.startswith(answering.text) for one in seen)
    assert any(one.text.endswith(answering.text) for one in seen)
    assert any(not one.text.startswith(answering.text) and not one.text.endswith(answering.text) for one in seen)


def test_a_passage_with_distractors_has_a_drawn_length() -> None:
    answering = TrainingExample("What?", "", f"It was a lamp. {LONG[:250]}", ((9, 13),))
    lengths = [len(one.text) for one in drawn(answering, [("", LONG)]) if one is not None]
    assert max(lengths) <= PASSAGE_LENGTH
    assert max(lengths) > PASSAGE_LENGTH - 80  # a sentence has about 65
    assert min(lengths) > MIN_LENGTH - 80
    assert len(set(lengths)) > 3
    assert len({one for one in drawn(answering, [("", LONG)]) if one is not None}) > 50, "any of its sentences"


def test_a_distractor_that_is_too_long_is_skipped() -> None:
    answering = TrainingExample("When?", "", "The train leaves at noon.", ((20, 24),))
    negatives = [("", f"A bus comes at dawn. {'It is red and ' * 60}blue. It is old.")]
    seen = {one.text for one in drawn(answering, negatives) if one is not None}
    assert {"A bus comes at dawn. It is old."} == {distractors(text, answering) for text in seen}


def test_without_a_fitting_distractor_there_is_no_example() -> None:
    answering = TrainingExample("When?", "", "The train leaves at noon.", ((20, 24),))
    assert {None} == {*drawn(answering, []), *drawn(answering, [("", "")])}
    full = TrainingExample("What?", "", LONG[:PASSAGE_LENGTH], ((0, 3),))
    assert {None} == set(drawn(full, [("", LONG)]))
