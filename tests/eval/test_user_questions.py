import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from corpus.article import Article, Draft
from corpus.errors import UnreadableDocument
from eval.datasets import read_rows
from eval.user_questions import MEANINGS, UserQuestion, measure_user_questions, read_user_questions
from index.generations.builder import Progress
from qa.service import QAService
from qa.types import Anaphor, Answer, FoundSentence, Place, Quote, Reply, SearchResult, Understood
from tests.indexing import ignore, split_lines

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
ARTICLE = Article.from_draft(
    Draft(
        "The ferry leaves at noon.\nIt returns on January 19.\n“Dogs travel free,” said 117 sailors.",
        "Harbour",
        "https://example.org/f",
    )
)
LINES = [Quote(ARTICLE, *span) for span in split_lines(ARTICLE.text)]
FERRY, RETURN, DOGS = LINES
TRAM = Quote(Article.from_draft(Draft("電車は一月十九日に戻ります。")), 0, 14)


@dataclass
class FakeService:
    """Finds known sentences for known questions; the first one answers if the question is in `sure`."""

    found: dict[str, Sequence[Quote]]
    sure: set[str] = field(default_factory=set)
    spans: dict[str, Quote] = field(default_factory=dict)

    def search(self, question: str, k: int) -> SearchResult:
        found = [*self.found.get(question, ())][:k]
        return SearchResult(question, tuple(FoundSentence(one, 1.0, one, None) for one in found), 1, 0.1)

    def ask(self, question: str, top_k: int = 3) -> Reply:
        best = [*self.found.get(question, ())][:1] if question in self.sure else []
        answers = tuple(Answer(self.spans.get(question, one), one, one, 0.9) for one in best)
        return Reply(question, answers, (), 1, 0.1, Understood(question))


def measured(qa: FakeService, *questions: UserQuestion) -> dict[str, Any]:
    return measure_user_questions(cast(QAService, qa), questions, ignore)


def read(folder: Path, text: str | bytes, name: str = "own.jsonl") -> list[UserQuestion]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_user_questions(path)


def test_all_figures_of_a_small_set() -> None:
    qa = FakeService(
        found={"first": [FERRY, RETURN], "second": [FERRY, RETURN], "exact": [RETURN], "shy": [FERRY], "bold": [DOGS]},
        sure={"first", "second", "exact", "bold"},
        spans={"exact": Quote(ARTICLE, RETURN.start + 14, RETURN.end - 1)},
    )
    questions = [
        UserQuestion("first", ("at noon",), kind="when"),
        UserQuestion("second", ("January 19",), kind="when"),
        UserQuestion("exact", ("january  19",)),
        UserQuestion("shy", ("noon",)),
        UserQuestion("lost", ("noon",)),
        UserQuestion("bold", (), kind="when"),
        UserQuestion("quiet", ()),
    ]
    assert {
        "questions": 7,
        "answerable": 5,
        "found first": 3,
        "P@1": 3 / 5,
        "R@5": 4 / 5,
        "R@10": 4 / 5,
        "MRR": (1 + 0.5 + 1 + 1 + 0) / 5,
        "answered": 3,
        "answered right": 2,
        "exact words": 1,
        "words and place": 2,
        "unanswerable": 2,
        "refused": 1,
        "kinds": {"when": {"questions": 2, "right": 1}, "when, no answer": {"questions": 1, "right": 0}},
        "confidence": {"sure": {"answers": 4, "confidence": 0.9, "right": 0.5}},
        "misses": [
            {"question": "second", "expected": ["January 19"], "answered": FERRY.text, "rank": 2},
            {"question": "shy", "expected": ["noon"], "answered": None, "rank": 1},
            {"question": "lost", "expected": ["noon"], "answered": None, "rank": None},
            {"question": "bold", "expected": [], "answered": DOGS.text, "rank": None},
        ],
        "elsewhere": [],
        "other words": [{"question": "first", "expected": ["at noon"], "answered": FERRY.text}],
    } == measured(qa, *questions)


@pytest.mark.parametrize(
    ("expected", "exact"),
    [
        ("january 19", 1),
        ("the January\u00a019.", 1),  # as SQuAD compares: but for case, punctuation and articles
        ("“January 19”", 1),
        ("on January 19", 0),
        ("19", 0),
    ],
)
def test_exact_words_are_those_and_no_more(expected: str, exact: int) -> None:
    qa = FakeService({"q": [RETURN]}, {"q"}, {"q": Quote(ARTICLE, RETURN.start + 14, RETURN.end - 1)})
    figures = measured(qa, UserQuestion("q", ("It returns", expected)))
    assert (1, exact, 1 - exact) == (figures["answered right"], figures["exact words"], len(figures["other words"]))


@pytest.mark.parametrize(("expected", "right"), [("noon", 1), ("January 19", 1), ("Tuesday", 0)])
def test_the_sentence_of_the_name_or_that_of_its_pronoun_is_right(expected: str, right: int) -> None:
    class NamingService(FakeService):
        def ask(self, question: str, top_k: int = 3) -> Reply:
            via = Anaphor(Quote(ARTICLE, RETURN.start, RETURN.start + 2), RETURN)
            return Reply(
                question, (Answer(Quote(ARTICLE, 4, 9), FERRY, FERRY, 0.9, via=via),), (), 1, 0.1, Understood(question)
            )

    assert right == measured(NamingService({}), UserQuestion("q", (expected,)))["answered right"]


@pytest.mark.parametrize(
    ("expected", "file", "page", "heading", "right"),
    [
        ("noon", "ferry.pdf", 2, "Times", 1),
        ("noon", "ferry.pdf", None, "", 1),
        ("noon", None, 2, "", 1),
        ("noon", None, 3, "", 0),
        ("noon", None, None, "Fares", 0),
        ("ferry leaves", "ferry.pdf", 2, "Times", 0),  # in the sentence, but not in the answer
        ("noon", "fares.pdf", 2, "Times", 0),
        ("noon", "ferry.pdf", 3, "Times", 0),
        ("noon", "ferry.pdf", 2, "Fares", 0),
    ],
)
def test_the_words_and_the_place_of_an_answer_are_compared(
    expected: str, file: str | None, page: int | None, heading: str, right: int
) -> None:
    class PlacedService(FakeService):
        def ask(self, question: str, top_k: int = 3) -> Reply:
            answer = Answer(Quote(ARTICLE, 17, 24), FERRY, FERRY, 0.9, place=Place(2, "Times"))
            return Reply(question, (answer,), (), 1, 0.1, Understood(question))

    question = UserQuestion("q", (expected,), file=file, page=page, headings=(heading,) if heading else ())
    figures = measure_user_questions(cast(QAService, PlacedService({})), [question], ignore, lambda _: {"ferry.pdf"})
    assert (1, right, 1 - right) == (figures["answered right"], figures["words and place"], len(figures["elsewhere"]))


def test_progress_is_reported_question_by_question() -> None:
    reported: list[Progress] = []
    measure_user_questions(
        cast(QAService, FakeService({})), [UserQuestion("a", ()), UserQuestion("b", ())], reported.append
    )
    assert [Progress("user questions", 0, 2), Progress("user questions", 1, 2)] == reported


def test_every_figure_is_explained() -> None:
    figures = measured(FakeService({}), UserQuestion("a", ("b",)), UserQuestion("c", ()))
    assert [*MEANINGS] == [
        name for name in figures if name not in {"kinds", "confidence", "misses", "elsewhere", "other words"}
    ]


def test_unanswerable_questions_have_no_ranking() -> None:
    figures = measured(FakeService({}), UserQuestion("a", ()))
    assert (0, 1, 1) == (figures["answerable"], figures["unanswerable"], figures["refused"])
    assert "P@1" not in figures


@pytest.mark.parametrize(
    ("expected", "sentence", "right"),
    [
        (("at noon",), FERRY, True),
        (("AT  Noon",), FERRY, True),
        (("midnight", "noon"), FERRY, True),
        (("noo",), FERRY, False),
        (("January 1",), RETURN, False),
        (("17",), DOGS, False),
        (("117",), DOGS, True),
        (('"Dogs travel free,"',), DOGS, True),
        (("19.",), RETURN, True),
        (("一月十九日",), TRAM, True),  # a script without spaces
    ],
)
def test_expected_words_are_found_as_words(expected: tuple[str, ...], sentence: Quote, right: bool) -> None:
    qa = FakeService({"q": [sentence]}, {"q"})
    assert int(right) == measured(qa, UserQuestion("q", expected))["answered right"]


@pytest.mark.parametrize(
    ("article", "right"), [(None, 1), (ARTICLE.id, 1), ("Harbour", 1), ("https://example.org/f", 1), ("Town", 0)]
)
def test_a_named_article_must_hold_the_answer(article: str | None, right: int) -> None:
    qa = FakeService({"q": [FERRY]}, {"q"})
    assert right == measured(qa, UserQuestion("q", ("noon",), article))["found first"]


def test_a_context_must_hold_the_sentence() -> None:
    qa = FakeService({"q": [FERRY]}, {"q"})
    for context, right in (("Before. The  ferry leaves\nat noon. After.", 1), ("It leaves at noon.", 0)):
        assert right == measured(qa, UserQuestion("q", ("noon",), context=context))["found first"]


def test_json_lines_are_read(tmp_path: Path) -> None:
    rows = [
        {"question": "a?", "expected": "noon", "article": "Harbour"},
        {"question": "b?", "expected": ["noon", " at noon "]},
        {"question": "c?", "expected": None, "article": None},
        {"question": "d?", "expected": ""},
        {"question": "e?", "expected": 17},
        {"question": "f?", "expected": []},
        {"question": "g?", "expected": "noon", "file": "a.pdf", "page": 2, "heading": "Times"},
        {"question": "h?", "expected": "noon", "heading": ["Times", "Hours"]},
    ]
    expected = [
        UserQuestion("a?", ("noon",), "Harbour"),
        UserQuestion("b?", ("noon", "at noon")),
        UserQuestion("c?", ()),
        UserQuestion("d?", ()),
        UserQuestion("e?", ("17",)),
        UserQuestion("f?", ()),
        UserQuestion("g?", ("noon",), file="a.pdf", page=2, headings=("Times",)),
        UserQuestion("h?", ("noon",), headings=("Times", "Hours")),
    ]
    assert expected == read(tmp_path, "\ufeff" + "\n".join(map(json.dumps, rows)))
    assert expected == read(tmp_path, json.dumps(rows), "own.json")


def test_squad_is_read(tmp_path: Path) -> None:
    answers = [{"text": "noon", "answer_start": 3}, {"text": "At noon", "answer_start": 0}]
    qas = [
        {"id": "1", "question": "a?", "answers": answers},
        {"id": "2", "question": "b?", "answers": [], "is_impossible": True, "plausible_answers": answers},
        {"id": "3", "question": "c?", "answers": answers, "is_impossible": True},
    ]
    squad = {"version": "v2.0", "data": [{"title": "T", "paragraphs": [{"context": "At noon.", "qas": qas}]}]}
    expected = [
        UserQuestion("a?", ("noon", "At noon"), context="At noon."),
        UserQuestion("b?", (), context="At noon."),
        UserQuestion("c?", (), context="At noon."),
    ]
    for mark in ("", "\ufeff"):
        assert expected == read(tmp_path, mark + json.dumps(squad), "squad.json")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own.csv", 'question,expected,article\n"When, exactly?",noon,Harbour\nWhy?,,\n'),
        ("own.csv", "\ufeffQuestion; Expected; Article\r\nWhen, exactly?;noon;Harbour\r\nWhy?;;\r\n"),
        ("own.TSV", "article\tquestion\texpected\nHarbour\tWhen, exactly?\tnoon\n\n\tWhy?\t\n"),
    ],
)
def test_tables_are_read(tmp_path: Path, name: str, text: str) -> None:
    assert [UserQuestion("When, exactly?", ("noon",), "Harbour"), UserQuestion("Why?", ())] == read(
        tmp_path, text, name
    )


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("own.jsonl", '{"question": "a?", "expected": "b"}\n{"question": "a?"}\n', "line 2: there is no 'expected'."),
        ("own.jsonl", '{"expected": "b"}', "line 1: there is no 'question'."),
        ("own.jsonl", "question,expected\n", "line 1: it is no JSON"),
        ("own.jsonl", '{"question": "?", "expected": null}', "line 1: The question is empty"),
        ("own.jsonl", json.dumps({"question": "a" * 1001, "expected": None}), "line 1: The question has 1,001"),
        ("own.jsonl", '{"question": 7, "expected": null}', "line 1: a value is of another kind"),
        ("own.jsonl", '{"question": "a?", "expected": {"text": "b"}}', "line 1: 'expected' must be a text"),
        ("own.jsonl", "", "is empty"),
        ("own.json", "", "it is no JSON"),
        ("own.json", "{}", "SQuAD's format: there is no 'data'."),
        ("own.json", "7", "SQuAD's format"),
        ("own.json", "[7]", "question 1: a value is of another kind"),
        ("own.json", '{"data": []}', "holds no question"),
        ("own.json", '{"data": [{"paragraphs": [{"context": "c", "qas": [{"question": "a?"}]}]}]}', "no 'answers'"),
        ("own.json", b"\xff\xfe[", "not UTF-8"),
        ("own.csv", "When?,noon\n", "holds no question"),
        ("own.csv", "When?,noon\nWhy?,snow\n", "line 2: there is no 'question'."),
        ("own.csv", "question,answer\nWhy?,snow\n", "line 2: there is no 'expected'."),
        ("own.csv", 'question,expected\n"a\nb?",x\n,x\n', "line 4: The question is empty"),
        ("own.csv", "question,expected\nWhy?,caf\xe9".encode("latin-1"), "not UTF-8"),
        ("own.csv", "", "holds no question"),
    ],
)
def test_a_broken_file_is_named_with_place_and_problem(
    tmp_path: Path, name: str, text: str | bytes, complaint: str
) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        read(tmp_path, text, name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert complaint in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["own.jsonl", "own.json", "own.csv", "own.jsonl.gz"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableDocument, match=f"There is no file .*{name}"):
        read_user_questions(tmp_path / name)


def test_the_shipped_questions_are_read() -> None:
    questions = read_user_questions(ROOT / "eval/kazakhstan.jsonl")
    assert (20, 8) == (sum(bool(one.expected) for one in questions), sum(not one.expected for one in questions))
    article = " ".join((ROOT / "corpus/articles/kazakhstan-withdrawal.txt").read_text(encoding="utf-8").split())
    assert [] == [one.question for one in questions if not all(words in article for words in one.expected)]


@pytest.mark.parametrize(
    ("name", "articles", "answerable", "unanswerable"),
    [
        ("near_topic", 12, 72, 72),
        ("everyday", 10, 60, 60),
        ("evidence/choose", 15, 150, 100),
        ("evidence/judge", 15, 150, 100),
        ("tables/choose", 4, 20, 6),
        ("tables/judge", 4, 20, 6),
    ],
)
def test_the_sets_with_articles_are_answered_in_these(
    name: str, articles: int, answerable: int, unanswerable: int
) -> None:
    questions = read_user_questions(ROOT / f"eval/{name}/questions.jsonl")
    counts = (sum(bool(one.expected) for one in questions), sum(not one.expected for one in questions))
    assert (answerable, unanswerable) == counts
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / f"eval/{name}/articles").iterdir()]
    by_title = {text.splitlines()[0].removeprefix("# "): text for text in texts}
    assert articles == len(by_title)
    for one in questions:
        assert one.article is not None or not one.expected
        assert all(words in by_title[str(one.article)] for words in one.expected), one.question


def test_the_shipped_questions_ask_in_every_way() -> None:
    kinds = read_rows(ROOT / "eval/kazakhstan.jsonl", lambda row: row["kind"])
    answerable = "who when where which what why how yes/no topic command misspelt preamble"
    counted = {"how many", "how long", "no question mark", "lower case"}
    assert {*answerable.split(), *counted, "unanswerable"} == set(kinds)


@pytest.mark.parametrize("name", ["mixed", "more"])
def test_each_of_the_mixed_documents_has_a_question(name: str) -> None:
    folder = ROOT / "eval/documents" / name
    asked = [one.file for one in read_user_questions(folder / "questions.jsonl")]
    assert sorted(path.name for path in (folder / "articles").iterdir()) == sorted(map(str, asked))
