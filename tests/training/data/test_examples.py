import json
import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import UnreadableDocument
from corpus.text.sentences import split
from eval.datasets import FORUMS, SINGLE_SENTENCES, WIKI, Span, held_out
from qa.retriever import PASSAGE_LENGTH
from tests.question_sets import FACTS, SUBJECTS, Row, write, write_user_set
from tests.training_parts import HELD_OUT, TOWNS, paragraph, write_data
from training.data.examples import (
    SourceParagraph,
    UnanswerableQuestion,
    join_sentences,
    read_paragraphs,
    read_squad,
    read_user_paragraphs,
)

LONG = " ".join(f"Lot {n} of the sale was a lamp that had been made before the war." for n in range(40))


@st.composite
def sources(draw: st.DrawFn) -> SourceParagraph:
    """Questions about paragraphs of short and very long sentences, with an answer in one of them or more."""
    word = st.sampled_from(["a", "ab", "lamp", "Straße", "İzmir", "42", "lampshade " * 30, "mill " * 160])
    lines = draw(st.lists(st.lists(word, min_size=1, max_size=12), min_size=1, max_size=10))
    parts = [" ".join(line).strip() + "." for line in lines]
    starts = [sum(len(part) + 1 for part in parts[:at]) for at in range(len(parts))]
    sentences = tuple((start, start + len(part)) for start, part in zip(starts, parts, strict=True))
    spans = draw(st.sets(st.integers(0, len(parts) - 1).flatmap(lambda at: _inside(sentences[at])), min_size=1))
    return SourceParagraph("An article", "What?", "", " ".join(parts), tuple(sorted(spans)), sentences)


def _inside(sentence: Span) -> st.SearchStrategy[Span]:
    """Spans of a sentence, most of them of some length: a single letter is in every text."""
    start, end = sentence
    return st.integers(start, max(start, end - 8)).flatmap(
        lambda first: st.integers(min(end, first + 8), end).map(lambda last: (first, last))
    )


@given(sources(), st.randoms())
@settings(max_examples=60)
def test_a_window_is_a_run_of_whole_sentences_that_fits(asked: SourceParagraph, rng: random.Random) -> None:
    window = asked.window(rng)
    runs = [(start, end) for start, _ in asked.sentences for _, end in asked.sentences if start < end]
    assert window.text in {asked.text[start:end] for start, end in runs}
    assert len(window.text) <= PASSAGE_LENGTH or window.text in {asked.text[a:b] for a, b in asked.sentences}


@given(sources(), st.randoms())
@settings(max_examples=60)
def test_the_spans_of_a_window_are_answers(asked: SourceParagraph, rng: random.Random) -> None:
    window = asked.window(rng)
    assert window.spans
    answers = {asked.text[start:end] for start, end in asked.spans}
    assert {window.text[start:end] for start, end in window.spans} <= answers


@given(sources(), st.randoms())
@settings(max_examples=60)
def test_the_rest_without_the_answer_does_not_contain_it(asked: SourceParagraph, rng: random.Random) -> None:
    left = asked.without_answer(rng)
    if left is None:  # too little: below, there is enough
        return
    assert () == left.spans
    answers = "|".join(re.escape(asked.text[start:end]) for start, end in asked.spans)
    assert re.search(rf"(?<!\w)(?:{answers})(?!\w)", left.text, re.IGNORECASE) is None
    assert len(left.text) <= PASSAGE_LENGTH


def test_the_rest_is_the_sentences_without_the_answer() -> None:
    asked = paragraph(LONG.replace("Lot 20 of", "LOT 2 of"), "Lot 2 of")
    for seed in range(50):
        left = asked.without_answer(random.Random(seed))
        assert left is not None
        assert ("What is it?", "A title", ()) == (left.question, left.title, left.spans)
        assert "lot 2 of" not in left.text.casefold()
        assert {sentence + "." for sentence in left.text.rstrip(".").split(". ")} <= {
            asked.text[start:end] for start, end in asked.sentences
        }


def test_a_window_has_the_spans_of_all_its_answers() -> None:
    asked = paragraph("It was blue. Some said green. " + "The door is old. " * 30, "blue", "green")
    found = {tuple(w.text[a:b] for a, b in w.spans) for seed in range(60) if (w := asked.window(random.Random(seed)))}
    assert ("blue", "green") in found
    assert found <= {("blue", "green"), ("green",)}


def test_windows_differ_in_length_and_position() -> None:
    asked = paragraph(LONG, "Lot 20")
    windows = [asked.window(random.Random(seed)) for seed in range(100)]
    assert len({len(one.text) for one in windows}) > 4
    assert len({one.spans for one in windows}) > 4


def test_a_sentence_too_long_for_a_passage_is_a_window() -> None:
    long = "The mill, " + "which ground corn, " * 45 + "was sold in May."
    asked = paragraph(f"It rained. {long} It snowed.", "sold in May")
    assert PASSAGE_LENGTH < len(long)
    assert long == asked.window(random.Random(0)).text


def test_sentences_that_form_an_answer_together_are_separated() -> None:
    sentences = ["The park lies in old Washington D.C.", "Area maps show it."]
    filling = [f"Bench {n} was given by a friend of the park and its birds." for n in range(7)]
    parts = [*sentences, *filling, "Is it in the Washington D.C. Area?"]
    starts = [sum(len(part) + 1 for part in parts[:at]) for at in range(len(parts))]
    text, spans = " ".join(parts), [(start, start + len(part)) for start, part in zip(starts, parts, strict=True)]
    answer = "Washington D.C. Area"
    place = text.rindex(answer)
    asked = SourceParagraph("A", "Where?", "", text, ((place, place + len(answer)),), tuple(spans))
    left = [asked.without_answer(random.Random(seed)) for seed in range(50)]
    assert not any(answer in one.text for one in left if one is not None)
    assert any(sentences[0] in one.text for one in left if one is not None)


def test_too_little_without_the_answer_is_nothing() -> None:
    assert paragraph("The ferry leaves at noon. It is blue.", "noon").without_answer(random.Random(0)) is None
    assert paragraph("The ferry leaves at noon.", "noon").without_answer(random.Random(0)) is None


def test_passages_with_and_without_an_answer_are_about_as_long() -> None:
    asked = paragraph(LONG, "Lot 20")
    rng = random.Random(0)
    windows = [len(asked.window(rng).text) for _ in range(300)]
    left = [len(one.text) for _ in range(300) if (one := asked.without_answer(rng)) is not None]
    assert 300 == len(left)
    assert abs(sum(windows) - sum(left)) / 300 < 20


def row(context: str, *answers: tuple[int, str], title: str = "The_ferry") -> Row:
    spans = [{"start": start, "text": text} for start, text in answers]
    return {"id": "1", "title": title, "question": "When?", "context": context, "answers": spans}


def read(folder: Path, *rows: Row, titled: bool = False) -> list[SourceParagraph]:
    write(folder / f"train/{WIKI}.jsonl.gz", rows)
    return read_paragraphs(folder, WIKI, titled)


def answers(one: SourceParagraph) -> list[str]:
    return [one.text[start:end] for start, end in one.spans]


def test_an_answer_is_trimmed_of_space_and_punctuation(tmp_path: Path) -> None:
    text = "It leaves at noon . It returns at dusk; then it rests."
    assert ["at noon", "dusk"] == answers(read(tmp_path, row(text, (10, "at noon ."), (33, " dusk;")))[0])


def test_equal_answers_of_annotators_are_one(tmp_path: Path) -> None:
    text = "It leaves at noon. So they say."
    assert ["at noon", "noon"] == answers(read(tmp_path, row(text, (13, "noon"), (10, "at noon"), (13, "noon.")))[0])


def test_answers_across_sentences_are_dropped(tmp_path: Path) -> None:
    text = "It leaves at noon. So they say."
    crossing = (13, "noon. So they")
    [paragraph_left] = read(
        tmp_path, row(text, crossing), row(text, crossing, (0, "It")), row(text, (17, ".")), row(text)
    )
    assert ["It"] == answers(paragraph_left)


def test_a_title_is_read_only_where_titles_are_real(tmp_path: Path) -> None:
    asked = row("It leaves at noon.", (13, "noon"))
    [titled] = read(tmp_path, asked, titled=True)
    [untitled] = read(tmp_path, asked)
    assert ("The ferry", "The ferry") == (titled.title, titled.article)
    assert ("", "The ferry") == (untitled.title, untitled.article)


def test_a_missing_set_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match=r"There is no file .*qamr\.jsonl\.gz"):
        read_paragraphs(tmp_path, SINGLE_SENTENCES)


def test_every_set_of_a_data_folder_is_read(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    assert [40, 8, 8, 32] == [len(read_paragraphs(data, name)) for name in (WIKI, *FORUMS, SINGLE_SENTENCES)]


def test_half_of_the_single_sentences_are_joined_with_others(tmp_path: Path) -> None:
    single = read_paragraphs(write_data(tmp_path), SINGLE_SENTENCES)
    joined = [one for seed in range(10) for one in join_sentences(single, random.Random(seed))]
    assert 0.4 < sum(a.text != b.text for a, b in zip(joined, single * 10, strict=True)) / len(joined) < 0.6
    for one, before in zip(joined, single * 10, strict=True):
        assert answers(before) == answers(one)
        assert before.text in one.text
        parts = {one.text[start:end] for start, end in one.sentences}
        town = before.article.split(":")[2]
        assert parts <= {other.text for other in single if f":{town}:" in other.article}
        assert " ".join(one.text[start:end] for start, end in one.sentences) == one.text


def test_one_title_in_six_is_held_out_by_its_name() -> None:
    assert {*HELD_OUT} == {title for title in (*HELD_OUT, *TOWNS) if held_out(title)}
    counted = Counter(held_out(f"Title {n}") for n in range(6000))
    assert 900 < counted[True] < 1100


def test_sentences_are_joined_within_their_article(tmp_path: Path) -> None:
    texts = {"made:news:7:1:0": "One is red.", "made:news:7:2:5": "One is blue.", "made:news:71:0:0": "One is green."}
    rows = [row(text, (0, "One"), title=name) for name, text in texts.items()]
    joined = join_sentences(read(tmp_path, *rows) * 20, random.Random(1))
    found = {frozenset(re.findall("red|blue|green", one.text)) for one in joined}
    assert found == {frozenset(["red"]), frozenset(["blue"]), frozenset(["green"]), frozenset(["red", "blue"])}


def test_squad_has_the_unanswerable_questions_of_its_paragraphs(tmp_path: Path) -> None:
    found = {(one.title, one.question): one for one in read_squad(write_data(tmp_path))}
    town = TOWNS[4]
    soup = next(one for (title, question), one in found.items() if title == town and "soup" in question)
    ferry = next(one for (title, question), one in found.items() if title == town and "ferry" in question)
    expected = UnanswerableQuestion(soup.question.replace("soup", "bread"), soup.spans[0][0])
    assert (expected,) == soup.unanswerable, "that of its twin"
    assert (expected,) == ferry.unanswerable, "all of the paragraph, as it has no twin"


@given(st.randoms(), st.booleans())
def test_an_unanswerable_question_has_the_sentence_that_misleads(rng: random.Random, marked: bool) -> None:
    asked = UnanswerableQuestion("Who sold the hat?", LONG.index("Lot 7 ") if marked else None)
    source = replace(paragraph(LONG, "Lot 3 of the sale"), unanswerable=(asked,))
    example = source.unanswerable_window(rng)
    assert ("Who sold the hat?", ()) == (example.question, example.spans)
    assert example.text in LONG
    assert len(example.text) <= PASSAGE_LENGTH
    assert not marked or "Lot 7 of" in example.text


def test_a_window_has_the_names_of_a_pronoun_beside_it() -> None:
    text = "Anna Berg came. She left. " + "It rained. " * 60 + "Anna Berg is old."
    sentences = tuple(split(text, None))
    asked = SourceParagraph(
        "a", "Who left?", "", text, ((16, 19),), sentences, names=((0, 9), (len(text) - 17, len(text) - 8))
    )
    rng = random.Random(1)
    found = [asked.window(rng) for _ in range(20)]
    assert {"She", "Anna Berg"} == {one.text[start:end] for one in found for start, end in one.spans}
    assert all(any("She" == one.text[start:end] for start, end in one.spans) for one in found)
    assert {1, 2} >= {len(one.spans) for one in found}


def test_users_questions_are_about_whole_articles(tmp_path: Path) -> None:
    found = read_user_paragraphs(write_user_set(tmp_path))
    assert len(SUBJECTS) * len(FACTS) == len(found)
    assert {f"The {subject}" for subject in SUBJECTS} == {one.title for one in found}
    first = found[0]
    assert [FACTS[0][2]] == answers(first)
    (asked,) = first.unanswerable
    assert ("in 1990?", first.text.index("at nine")) == (asked.question[-8:], asked.plausible)


def test_a_name_beside_its_pronoun_is_no_answer_to_center_on(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.md").write_text("# Mill\n\nAnna came. She left. Anna slept.\n", encoding="utf-8")
    row = {
        "question": "Who left?",
        "article": "Mill",
        "expected": ["Anna"],
        "evidence": "She left.",
        "reference": "She",
    }
    (tmp_path / "questions.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (asked,) = read_user_paragraphs(tmp_path)
    assert ["She"] == answers(asked)
    assert ["Anna"] == [asked.text[start:end] for start, end in asked.names]
    assert asked.text.index("Anna") == asked.names[0][0]
    assert asked.answered_by("Anna slept.")
    assert not asked.answered_by("She left, they say.")
