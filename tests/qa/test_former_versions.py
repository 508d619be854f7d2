"""Former versions of articles: they answer as of their time and in timelines, and nothing else."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from corpus.store.filters import ArticleFilter
from index.generations.version_index import VersionIndex
from qa.annotators import NearDuplicateAnnotator
from qa.pipeline import Pipeline
from qa.query.parser import Question
from qa.reader.base import Reader, SentenceReader
from qa.retriever import HybridRetriever
from qa.service import QAService
from qa.types import Candidate, Passage, Quote, Reading
from tests.indexing import Workspace, split_lines
from tests.qa.test_service import Fixed, Source

QUESTION = "How many people are missing?"
NUMBERS = re.compile("eleven|eight|three")


class NumberReader:
    """Reads a number wherever a hit has one."""

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        found = []
        for sentence in (hit.sentence for passage in passages for hit in passage.hits):
            for number in NUMBERS.finditer(sentence.article.text, sentence.start, sentence.end):
                found.append(Candidate(Quote(sentence.article, *number.span()), sentence, 1.0))
        return Reading(tuple(found), 0.0, tuple(one.sentence for one in found))


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path)
    for count, day in (("eleven", "03"), ("eight", "05"), ("three", "07")):
        text = f"On the ferry {count} people are missing\nOff Penholm Ruth Adeyo spoke to Jonas Breck"
        workspace.add(text, "The ferry", "file:/ferry", f"2026-03-{day}")
    yield workspace
    workspace.close()


def service(workspace: Workspace, reader: Reader) -> QAService:
    retriever = HybridRetriever(workspace.embedder, workspace.store)
    pipeline = Pipeline(retriever, reader, Fixed([0.9] * 20), 0.5)
    versions = VersionIndex(workspace.store, workspace.embeddings, split_lines)
    return QAService(Source(workspace.update()), pipeline, [NearDuplicateAnnotator(workspace.store)], versions)


def sentence(count: str) -> str:
    return f"On the ferry {count} people are missing"


@pytest.mark.parametrize(("day", "count"), [("04", "eleven"), ("05", "eight"), ("06", "eight"), ("07", "three")])
def test_what_an_article_said_answers_as_of_its_time(workspace: Workspace, day: str, count: str) -> None:
    qa = service(workspace, SentenceReader())
    filters = ArticleFilter(as_of=f"2026-03-{day}")
    answer = qa.ask(QUESTION, filters=filters).answers[0]
    assert sentence(count) == answer.span.text
    assert workspace.store.get_version(answer.span.article.id)[0] == answer.span.article
    assert sentence(count) == qa.search(QUESTION, 1, filters).sentences[0].text
    assert [] == qa.search("eleven eight three", 9, ArticleFilter(as_of="2026-03-02")).sentences


def test_former_versions_answer_no_other_question(workspace: Workspace) -> None:
    qa = service(workspace, SentenceReader())
    for filters in (
        ArticleFilter(),
        ArticleFilter(published_to="2026-03-09"),
        ArticleFilter(published_to="2026-03-06"),
    ):
        hits = qa.search("eleven people, eight people", 9, filters).sentences
        assert not [one.text for one in hits if "eleven" in one.text or "eight" in one.text]


def test_the_history_of_an_answer_has_the_former_versions_of_its_article(workspace: Workspace) -> None:
    qa = service(workspace, NumberReader())
    days = ["2026-03-03", "2026-03-05", "2026-03-07"]
    expected = [("eleven", days[0]), ("eight", days[1]), ("three", days[2])]
    reply = qa.ask(QUESTION, timeline=True)
    assert (["three"], ()) == ([one.span.text for one in reply.answers], qa.ask(QUESTION).timeline)
    assert expected == [(one.answer.span.text, one.first) for one in reply.timeline]
    assert days == [one.last for one in reply.timeline]
    assert reply.may_have_history
    until = qa.ask(QUESTION, filters=ArticleFilter(as_of="2026-03-06"), timeline=True)
    assert expected[:2] == [(one.answer.span.text, one.first) for one in until.timeline]


def test_a_value_that_an_article_still_gives_is_told_from_its_first_version_on(workspace: Workspace) -> None:
    workspace.add(
        f"{sentence('three')}\nOff Penholm Ruth Adeyo spoke to Jonas Breck on the quay",
        "The ferry",
        "file:/ferry",
        "2026-03-09",
    )
    told = service(workspace, NumberReader()).ask(QUESTION, timeline=True).timeline
    assert ("three", "2026-03-07") == (told[-1].answer.span.text, told[-1].first)
