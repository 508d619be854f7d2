from datetime import date
from pathlib import Path
from typing import cast

from corpus.article import Article, Draft
from eval.overview.measure import (
    KINDS,
    MEANINGS,
    MarkedArticle,
    OverviewQuestion,
    measure_overviews,
    read_overview_questions,
)
from qa.query.overview import OverviewKind
from qa.service import QAService
from qa.types import Answer, LibraryReply, Quote, Reply, Understood
from tests.indexing import ignore

SET = Path(__file__).resolve().parents[2] / "eval" / "overview"
TEXT = "The ferry has sunk off Penholm. Its captain was saved. The wreck lies in the bay. Nobody has been found."
ARTICLE = Article.from_draft(Draft(TEXT, title="Ferry"))


def answer(words: str) -> Answer:
    start = TEXT.index(words)
    sentence = Quote(ARTICLE, start, TEXT.index(".", start) + 1)
    return Answer(sentence, sentence, sentence, 0.9)


class FakeService:
    """Gives known replies, and keeps the days on which it is asked."""

    def __init__(self) -> None:
        self.days: list[date | None] = []

    def ask(self, question: str, top_k: int | None = None, today: date | None = None) -> Reply:
        self.days.append(today)
        library = LibraryReply(OverviewKind.COUNT, "There are 4 articles.", 4) if "many" in question else None
        told = {
            "news": (answer("The ferry"),),
            "captain": (answer("Its captain"),),
            "Summarise the article Ferry": (answer("The ferry"), answer("The wreck"), answer("Nobody")),
        }
        return Reply(question, told.get(question, ()), (), 1, 0.1, Understood(question), library=library)


def test_all_figures_of_a_small_set() -> None:
    qa = FakeService()
    questions = [
        OverviewQuestion("news", "news", "choose", "2026-05-20", ("The ferry has sunk",), ("Ferry",)),
        OverviewQuestion("captain", "news", "choose", "2026-05-20", ("The ferry has sunk",), ("Ferry",)),
        OverviewQuestion("news", "none", "choose", "2026-05-20"),
        OverviewQuestion("how many", "library", "choose", "2026-05-20", library="count", text=("4",)),
        OverviewQuestion("how many", "library", "choose", "2026-05-20", library="sources"),
        OverviewQuestion("how many", "plain", "choose", "2026-05-20"),
        OverviewQuestion("captain", "plain", "choose", "2026-05-20", ("captain was saved",)),
        OverviewQuestion("news", "summary", "judge", "2026-05-20", articles=("Ferry",)),
    ]
    marked = [MarkedArticle("Ferry", ("The ferry", "Nobody")), MarkedArticle("Other", ("None",))]
    figures = measure_overviews(cast("QAService", qa), questions, marked, ignore)
    assert date(2026, 5, 20) == qa.days[0]
    shown = {name: figures["choose"][name] for name in MEANINGS}
    assert {
        **{"news": 2, "news right": 1, "none": 1, "none refused": 0, "library": 2, "library right": 1},
        **{"plain": 2, "plain kept": 1, "summary": 0, "summary right": 0},
        **{"summaries": 1, "essential": 1.0, "lead essential": 0.5},
    } == shown
    assert ["captain", "news", "how many", "how many"] == [miss["question"] for miss in figures["choose"]["misses"]]
    assert (1, 1, 0, []) == tuple(
        figures["judge"][name] for name in ("summary", "summary right", "summaries", "misses")
    )


def test_the_set_is_whole() -> None:
    questions, marked = read_overview_questions(SET)
    halves = {half: [one.kind for one in questions if one.half == half] for half in ("choose", "judge")}
    assert len(questions) == sum(map(len, halves.values()))
    assert all(set(KINDS) == set(kinds) for kinds in halves.values())
    folders = (SET / "articles", SET.parent / "developing" / "choose" / "articles")
    texts = [path.read_text(encoding="utf-8") for folder in folders for path in folder.glob("*.md")]
    for one in marked:
        (text,) = (text for text in texts if f"title: {one.title}\n" in text or f'title: "{one.title}"\n' in text)
        assert [] == [beginning for beginning in one.sentences if beginning not in text]
