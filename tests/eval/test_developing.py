from collections import Counter
from pathlib import Path
from typing import cast

from corpus.article import Article, Draft
from corpus.store.filters import ArticleFilter
from eval.developing.measure import (
    MEANINGS,
    DevelopingQuestion,
    measure_developing_stories,
    read_developing_questions,
)
from qa.service import QAService
from qa.types import Answer, Quote, Reply, Understood
from tests.indexing import ignore

SETS = Path(__file__).resolve().parents[2] / "eval" / "developing"
ARTICLE = Article.from_draft(Draft("Eleven are missing. Seven are missing. Nine are missing."))


def answer(words: str, supersedes: tuple[str, ...] = (), differs: tuple[str, ...] = ()) -> Answer:
    start = ARTICLE.text.index(words)
    sentence = Quote(ARTICLE, start, ARTICLE.text.index(".", start) + 1)
    others = [tuple(map(answer, some)) for some in (supersedes, differs)]
    return Answer(
        Quote(ARTICLE, start, start + len(words)),
        sentence,
        sentence,
        0.9,
        (),
        (),
        (),
        supersedes=others[0],
        differs=others[1],
    )


class FakeService:
    """Gives known answers, and keeps the days as of which it is asked."""

    def __init__(self, **answers: tuple[Answer, ...]) -> None:
        self.answers = answers
        self.days: list[str | None] = []

    def ask(self, question: str, filters: ArticleFilter) -> Reply:
        self.days.append(filters.as_of)
        return Reply(question, self.answers.get(question, ()), (), 1, 0.1, Understood(question))


def test_all_figures_of_a_small_set() -> None:
    qa = FakeService(
        updated=(answer("Seven", supersedes=("Eleven",)),),
        outdated=(answer("Eleven"),),
        past=(answer("Eleven are"),),
        differing=(answer("Seven", differs=("Nine",)),),
        apart=(answer("Seven"), answer("Nine")),
        news=(answer("Nine"), answer("Seven")),
        agreeing=(answer("Seven", differs=("Nine",)),),
    )
    questions = [
        DevelopingQuestion("updated", "current", ("seven people", "seven"), "2026-03-09", ("eleven",)),
        DevelopingQuestion("outdated", "current", ("seven",), "2026-03-09", ("eleven",)),
        DevelopingQuestion("refused", "current", ("seven",), "2026-03-09"),
        DevelopingQuestion("past", "past", ("eleven",), "2026-03-08"),
        DevelopingQuestion("differing", "differs", ("seven",), "2026-03-08", also=("nine",)),
        DevelopingQuestion("apart", "differs", ("seven",), "2026-03-08", also=("nine",)),
        DevelopingQuestion("news", "news", ("Seven are missing.",), "2026-03-08"),
        DevelopingQuestion("agreeing", "agree", ("seven",), "2026-03-08"),
    ]
    figures = measure_developing_stories(cast(QAService, qa), questions, ignore)
    misses = figures.pop("misses")
    assert list(MEANINGS) == list(figures)
    assert {
        **{"current": 3, "answered": 2, "right": 1, "outdated": 1, "precision": 0.5, "superseded shown": 1},
        **{"past": 1, "past right": 1, "differs": 2, "both named": 2, "marked": 1},
        **{"relative": 0, "words right": 0, "date right": 0, "news": 1, "news right": 1},
        **{"agreeing": 1, "false differs": 1},
    } == figures
    assert ["outdated", "refused", "agreeing"] == [miss["question"] for miss in misses]
    assert ["2026-03-09"] * 3 + ["2026-03-08"] * 5 == qa.days


def test_the_shipped_sets_can_be_read() -> None:
    for name, current, agreeing in (("choose", 45, 50), ("judge", 45, 50), ("held_out", 60, 30), ("states", 221, 12)):
        kinds = Counter(one.kind for one in read_developing_questions(SETS / name))
        assert (current, agreeing) == (kinds["current"], kinds["agree"])
