import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from corpus.article import Article, Draft
from corpus.errors import InvalidArticle, InvalidQuestion, NotReady, UnknownFilterValue
from corpus.store.article_store import ArticleStore
from corpus.store.filters import ArticleFilter
from corpus.text.sentences import split
from eval.datasets import read_rows
from index.embedding.cache import EmbeddingCache
from index.embedding.embedder import Embedder
from index.generations.builder import Builder
from index.generations.generation import Generation
from index.generations.repository import GenerationRepository
from qa.annotators import NearDuplicateAnnotator
from qa.confidence import CalibratedConfidence, Calibration, Confidence
from qa.pipeline import MAX_CANDIDATES, Pipeline
from qa.query.parser import MAX_QUESTION, Question
from qa.query.question_types import QuestionType
from qa.reader.base import Reader, SentenceReader
from qa.retriever import HybridRetriever
from qa.service import QAService
from qa.types import Candidate, Hit, Passage, Quote, Reading
from tests.indexing import Workspace, ignore
from tests.near_duplicates import with_line
from tests.questions import as_question

ROOT = Path(__file__).resolve().parents[2]
FERRY = "The ferry leaves at noon\nIt carries bicycles for two crowns\nDogs travel free"
BRIDGE = "The bridge reopens on Monday\nAmina Farouk led the repair"


@dataclass
class Source:
    """Has the generation it was given, and counts who asks."""

    current: Generation | None
    asked: int = 0

    def generation(self) -> Generation:
        self.asked += 1
        if self.current is None:
            raise NotReady("The index is being built.")
        return self.current


@dataclass
class Fixed:
    """Gives the candidates these probabilities, in order, and 0 to the rest."""

    probabilities: Sequence[float]

    def estimate(self, question: Question, reading: Reading, passages: Sequence[Passage]) -> list[float]:
        count = len(reading.candidates)
        return [*self.probabilities, *[0.0] * count][:count]


@dataclass
class Words:
    """Reads a word wherever a hit has it, the shortest of these sentences first."""

    word: str

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        sentences = [hit.sentence for passage in passages for hit in passage.hits if self.word in hit.sentence.text]
        found = []
        for one in sentences:
            start = one.start + one.text.index(self.word)
            found.append(Candidate(Quote(one.article, start, start + len(self.word)), one, 1 / len(one.text)))
        found.sort(key=lambda candidate: -candidate.score)
        return Reading(tuple(found), 0.0, tuple(one.sentence for one in found))


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace.open(tmp_path)
    workspace.add(FERRY, "Harbour", published="2022-01-13")
    workspace.add(BRIDGE, "Town")
    yield workspace
    workspace.close()


@pytest.fixture
def generation(workspace: Workspace) -> Generation:
    return workspace.update()


def service(
    workspace: Workspace,
    source: Source | Generation,
    threshold: float = 0.0,
    confidence: Confidence | None = None,
    reader: Reader | None = None,
) -> QAService:
    pipeline = Pipeline(
        HybridRetriever(workspace.embedder, workspace.store),
        SentenceReader() if reader is None else reader,
        CalibratedConfidence(Calibration.read()) if confidence is None else confidence,
        threshold,
    )
    generations = Source(source) if isinstance(source, Generation) else source
    return QAService(generations, pipeline, [NearDuplicateAnnotator(workspace.store)])


def said(qa: QAService, question: str, **how: int) -> list[str]:
    return [answer.span.text for answer in qa.ask(question, **how).answers]


def test_a_reply_quotes_the_best_sentence(workspace: Workspace, generation: Generation) -> None:
    reply = service(workspace, generation).ask("When does the ferry leave?")
    best = reply.answers[0]
    assert () == best.also
    assert "The ferry leaves at noon" == best.span.text
    assert best.span == best.sentence
    assert FERRY == best.context.text
    assert ("Harbour", "2022-01-13") == (best.span.article.title, best.span.article.published)
    assert "When does the ferry leave?" == reply.question
    assert generation.number == reply.generation
    assert reply.hint is None
    assert reply.answered
    assert reply.took_ms > 0


def test_what_is_said_around_a_question_does_not_count(workspace: Workspace, generation: Generation) -> None:
    reply = service(workspace, generation).ask("hi, can you tell me when the ferry leaves please?")
    assert "The ferry leaves at noon" == reply.answers[0].span.text
    assert "hi, can you tell me when the ferry leaves please?" == reply.question


@dataclass
class Hearing(SentenceReader):
    """Remembers what it was asked."""

    heard: list[Question] = field(default_factory=list)

    def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
        self.heard.append(question)
        return super().read(question, passages)


def test_a_command_about_a_headline_is_read_as_a_topic(workspace: Workspace, generation: Generation) -> None:
    reader = Hearing()
    reply = service(workspace, generation, reader=reader).ask("Tell me about “The ferry that leaves the pier at noon”")
    assert [QuestionType.TOPIC] == [one.type for one in reader.heard]
    assert "The ferry leaves at noon" == reply.answers[0].span.text


@pytest.mark.parametrize("quoted", ["{}", "“{}”", "{}?"])
def test_the_title_of_an_article_is_a_topic_however_long(workspace: Workspace, quoted: str) -> None:
    title = "Amina Farouk leads the repair of the bridge over the northern harbour"
    workspace.add(f"{title}\n{BRIDGE}", title)
    reader = Hearing()
    qa = service(workspace, workspace.update(), reader=reader)
    qa.ask(quoted.format(title))
    qa.ask(quoted.format(f"{title} in Arden"))
    assert [QuestionType.TOPIC, QuestionType.OTHER] == [one.type for one in reader.heard]


@pytest.mark.parametrize("talk", ["hello", "Thanks a lot!", "how are you?", "bye"])
def test_small_talk_gets_a_kind_word_and_no_quote(workspace: Workspace, generation: Generation, talk: str) -> None:
    reply = service(workspace, generation).ask(talk)
    assert ((), (), False) == (reply.answers, reply.closest, reply.answered)
    assert reply.hint is not None
    assert reply.hint.endswith((".", "!", "?"))
    assert generation.number == reply.generation


def test_a_refusal_names_the_thing_that_it_is_asked_for(workspace: Workspace, generation: Generation) -> None:
    qa = service(workspace, generation, threshold=2.0)
    assert "The closest passage doesn't mention bleach." == qa.ask("Can I use bleach?").hint


def test_a_refusal_names_what_none_of_the_closest_passages_mentions(
    workspace: Workspace, generation: Generation
) -> None:
    qa = service(workspace, generation, threshold=2.0)
    assert (
        "The closest passage doesn't mention Brackenholm."
        == qa.ask("Does the ferry to Brackenholm leave at noon?").hint
    )
    workspace.add("Brackenholm has a ferry", "Mills")
    qa = service(workspace, workspace.update(), threshold=2.0)
    reply = qa.ask("Does the ferry to Brackenholm leave at noon?")
    assert "Brackenholm" not in reply.closest[0].context.text
    assert any("Brackenholm" in one.context.text for one in reply.closest)
    assert reply.hint is None


def test_where_there_is_nothing_to_answer_from_the_reply_says_so(workspace: Workspace, generation: Generation) -> None:
    elsewhere = service(workspace, generation).ask(
        "When does the ferry leave?", filters=ArticleFilter(published_from="2200-01-01")
    )
    assert ((), (), "No article passes these filters.") == (elsewhere.answers, elsewhere.closest, elsewhere.hint)
    for article in workspace.store.by_number(workspace.store.numbers()).values():
        workspace.store.delete(article.id)
    for without_articles in (generation, workspace.builder.rebuild(ignore)):
        nothing = service(workspace, without_articles).ask("When does the ferry leave?")
        assert ((), (), "There are no articles to answer from yet.") == (nothing.answers, nothing.closest, nothing.hint)
        assert not nothing.answered
        assert nothing.took_ms > 0


def test_what_reaches_the_threshold_answers(workspace: Workspace, generation: Generation) -> None:
    assert 5 == len(service(workspace, generation, 0.0, Fixed([])).ask("zyzzyva?", 10).answers)
    assert not service(workspace, generation, 1.0).ask("The ferry leaves at noon").answered
    assert service(workspace, generation, 1.0, Fixed([1.0])).ask("ferry").answered
    qa = service(workspace, generation, 0.5, Fixed([0.5, 0.49999, 0.9]))
    assert [0.5, 0.9] == [answer.confidence for answer in qa.ask("ferry", 3).answers]


def test_the_closest_sentences_are_there_without_an_answer(workspace: Workspace, generation: Generation) -> None:
    reply = service(workspace, generation, 1.0).ask("Does the ferry leave at noon?")
    assert () == reply.answers
    assert 3 == len(reply.closest)
    assert "The ferry leaves at noon" == reply.closest[0].sentence.text
    assert all(closest.context.covers(closest.sentence) for closest in reply.closest)


def test_the_closest_sentences_are_in_the_order_of_the_reader_not_of_retrieval(workspace: Workspace) -> None:
    generation = workspace.update()
    retrieved = service(workspace, generation, 1.0).ask("the ferry").closest[0].sentence.text
    assert "Amina" not in retrieved
    reply = service(workspace, generation, 1.0, reader=Words("Amina")).ask("the ferry")
    assert () == reply.answers
    assert ["Amina Farouk led the repair", retrieved] == [one.sentence.text for one in reply.closest][:2]


def test_a_sentence_that_stands_in_two_articles_is_closest_once(workspace: Workspace) -> None:
    workspace.add(f"{FERRY}\nIn winter it rests", "Winter")
    closest = service(workspace, workspace.update(), 1.0, reader=Words("noon")).ask("noon").closest
    assert 3 == len({one.sentence.text for one in closest}) == len(closest)


def test_near_duplicates_with_other_punctuation_are_closest_once(workspace: Workspace) -> None:
    for mark, paper in ((",", "One"), (";", "Two")):
        copy(workspace, f"Paper {paper}", COPIED.replace(" of Arden", f"{mark} of Arden"))
    closest = service(workspace, workspace.update(), 1.0, reader=Words("whale")).ask("whale").closest
    assert 1 == sum("whale" in one.sentence.text for one in closest)


def test_a_sentence_whose_words_another_says_better_is_closest_too(workspace: Workspace) -> None:
    class Once(Words):
        def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
            reading = super().read(question, passages)
            return replace(reading, candidates=reading.candidates[:1])

    workspace.add("Nobody knows the lead mine\nIt is a long lead of many metres to the harbour", "Lead")
    found = Once("lead").read(as_question("lead"), ())
    assert () == found.candidates
    closest = service(workspace, workspace.update(), 1.0, reader=Once("lead")).ask("lead").closest
    assert ["Nobody knows the lead mine", "It is a long lead of many metres to the harbour"] == [
        one.sentence.text for one in closest
    ][:2]


@pytest.mark.parametrize("question", ["zyzzyva quux", "電車は?", "a" * MAX_QUESTION, "1"])
def test_something_is_closest_to_any_question(workspace: Workspace, generation: Generation, question: str) -> None:
    assert 3 == len(service(workspace, generation, 1.0).ask(question).closest)


def test_at_most_top_k_answers(workspace: Workspace, generation: Generation) -> None:
    qa = service(workspace, generation)
    assert [0, 1, 2, 5, 5] == [len(qa.ask("ferry", top_k).answers) for top_k in (0, 1, 2, 5, MAX_CANDIDATES)]
    assert 3 == len(qa.ask("ferry").answers)


def test_the_first_answer_is_the_readers_and_the_others_follow_by_confidence(
    workspace: Workspace, generation: Generation
) -> None:
    found = []
    for probabilities in ([0.9, 0.8, 0.7, 0.6], [0.6, 0.7, 0.9, 0.8], [0.1, 0.7, 0.9, 0.8]):
        qa = service(workspace, generation, 0.5, Fixed(probabilities))
        found.append([answer.confidence for answer in qa.ask("ferry bicycles", 4).answers])
    assert [[0.9, 0.8, 0.7, 0.6], [0.6, 0.9, 0.8, 0.7], [0.9, 0.8, 0.7]] == found


def test_a_smaller_top_k_gives_the_first_of_the_same_answers(workspace: Workspace, generation: Generation) -> None:
    for probabilities in ([0.9, 0.8, 0.7], [0.1, 0.9, 0.9], [0.1, 0.1, 0.9, 0.9], [0.1, 0.1, 0.1, 0.9]):
        qa = service(workspace, generation, 0.5, Fixed(probabilities))
        answers = said(qa, "ferry bicycles", top_k=MAX_CANDIDATES)
        for top_k in range(MAX_CANDIDATES):
            assert answers[:top_k] == said(qa, "ferry bicycles", top_k=top_k)


def test_a_filter_is_kept_to(workspace: Workspace, generation: Generation) -> None:
    qa = service(workspace, generation)
    reply = qa.ask("Who repaired the bridge?", filters=ArticleFilter(published_from="2022-01-01"))
    assert {"Harbour"} == {answer.span.article.title for answer in reply.answers}
    assert {"Harbour"} == {closest.sentence.article.title for closest in reply.closest}
    empty = qa.ask("Who repaired the bridge?", filters=ArticleFilter(published_from="2200-01-01"))
    assert ((), ()) == (empty.answers, empty.closest)
    with pytest.raises(UnknownFilterValue, match="nowhere"):
        qa.ask("Who repaired the bridge?", filters=ArticleFilter(sources=("nowhere",)))
    with pytest.raises(InvalidArticle, match="soon"):
        qa.ask("Who?", filters=ArticleFilter(published_from="soon"))


def test_the_reply_tells_the_filters_and_how_many_undated_articles_they_leave_out(
    workspace: Workspace, generation: Generation
) -> None:
    qa, undated = service(workspace, generation), len(workspace.store.numbers()) - 1
    filters = ArticleFilter(published_from="2022-01-01", language="en")
    reply = qa.ask("Hello, who repaired the bridge?", filters=filters)
    assert ("Who repaired the bridge?", filters) == (reply.understood.question.capitalize(), reply.understood.filters)
    assert 0 == reply.undated_left_out  # none of them is in English
    assert undated == qa.ask("Who?", filters=ArticleFilter(as_of="2022-01-01")).undated_left_out
    assert 0 == qa.ask("Who?", filters=ArticleFilter(as_of="2022-01-01", undated=True)).undated_left_out
    assert 0 == qa.ask("Who?").undated_left_out
    assert 0 == qa.ask("Hello", filters=ArticleFilter(as_of="2022-01-01")).undated_left_out  # nothing was looked for


def test_counting_undated_articles_is_part_of_the_time_that_a_reply_took(
    workspace: Workspace, generation: Generation
) -> None:
    class Slow(HybridRetriever):
        def count_undated(self, filters: ArticleFilter) -> int:
            time.sleep(0.5)
            return super().count_undated(filters)

    slow = Slow(workspace.embedder, workspace.store)
    qa = QAService(Source(generation), Pipeline(slow, SentenceReader(), Fixed([]), 0.0))
    assert 500 < qa.ask("Who?", filters=ArticleFilter(as_of="2200-01-01")).took_ms


def test_a_question_is_asked_on_the_day_told_or_that_of_as_of_or_the_local_one(
    workspace: Workspace, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, told = Hearing(), date(2022, 3, 4)
    qa = service(workspace, generation, reader=reader)
    then = ArticleFilter(as_of="2024-03-01T01:00+05:00")
    qa.ask("When does the ferry leave?", filters=then, today=told)
    qa.ask("When does the ferry leave?", filters=then)
    expected = [told, date(2024, 3, 1)]
    for zone, hours in (("<+14>-14", 14), ("<-12>12", -12)):  # one of them has another day than UTC
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        expected.append((datetime.now(UTC) + timedelta(hours=hours)).date())
        qa.ask("When does the ferry leave?")
    monkeypatch.undo()
    time.tzset()
    assert expected == [one.today for one in reader.heard]


def test_without_a_generation_it_is_not_ready(workspace: Workspace) -> None:
    with pytest.raises(NotReady):
        service(workspace, Source(None)).ask("When?")


@pytest.mark.parametrize(
    "question", ["", " ", "\n\t", "?", "?!...", "\0", "\u200b", "🦊", "—", "_", "\ud800", "\u0301"]
)
def test_what_asks_nothing_is_refused_before_any_work(workspace: Workspace, question: str) -> None:
    source = Source(None)
    with pytest.raises(InvalidQuestion, match="empty"):
        service(workspace, source).ask(question)
    with pytest.raises(InvalidQuestion, match="empty"):
        service(workspace, source).search(question, 3)
    assert 0 == source.asked


@pytest.mark.parametrize(
    "question", ['ferry AND "', "<b>ferry</b>", "ferry 🦊", "ferry \ud800", "ferry\0", "ferry " * 150]
)
def test_odd_questions_are_answered(workspace: Workspace, generation: Generation, question: str) -> None:
    reply = service(workspace, generation).ask(question)
    assert question == reply.question
    assert "The ferry leaves at noon" == reply.answers[0].span.text


@pytest.mark.parametrize(
    "question", ["when does the ferry leave", "WHEN DOES THE FERRY LEAVE?", " When Does The Ferry Leave ??"]
)
def test_case_and_question_mark_do_not_matter(workspace: Workspace, generation: Generation, question: str) -> None:
    assert "The ferry leaves at noon" == service(workspace, generation).ask(question).answers[0].span.text


def test_search_ignores_confidence(workspace: Workspace, generation: Generation) -> None:
    found = service(workspace, generation, 1.0).search("Does the ferry leave at noon?", 4).sentences
    assert 4 == len(found)
    assert "The ferry leaves at noon" == found[0].text
    assert ["Harbour"] * 3 == [
        one.article.title
        for one in service(workspace, generation).search("Who?", 9, ArticleFilter(published_to="2023-01-01")).sentences
    ]


def test_search_corrects_spelling(workspace: Workspace, generation: Generation) -> None:
    retriever = Remembering(workspace.embedder, workspace.store)
    qa = QAService(Source(generation), Pipeline(retriever, SentenceReader(), Fixed([]), 0.0))
    for ask in (qa.ask, partial(qa.search, k=3)):
        ask("When does the frery leave?")
    assert ["When does the ferry leave?"] * 2 == retriever.asked


class Remembering(HybridRetriever):
    """Remembers the questions that it searches."""

    def __init__(self, embedder: Embedder, store: ArticleStore) -> None:
        super().__init__(embedder, store)
        self.asked: list[str] = []

    def search(self, generation: Generation, question: Question, k: int, filters: ArticleFilter) -> list[Hit]:
        self.asked.append(question.text)
        return super().search(generation, question, k, filters)


class Swapping(HybridRetriever):
    """Publishes another generation as soon as it has searched one."""

    source: Source
    publish: Callable[[], Generation]

    def search(self, generation: Generation, question: Question, k: int, filters: ArticleFilter) -> list[Hit]:
        hits = super().search(generation, question, k, filters)
        self.source.current = self.publish()
        return hits


def test_a_question_sees_one_generation_to_its_end(workspace: Workspace, generation: Generation) -> None:
    retriever = Swapping(workspace.embedder, workspace.store)
    source = retriever.source = Source(generation)

    def publish() -> Generation:
        workspace.add("The ferry leaves at midnight")
        return workspace.update()

    retriever.publish = publish
    qa = QAService(source, Pipeline(retriever, SentenceReader(), Fixed([]), 0.0))
    reply = qa.ask("When does the ferry leave?", 5)
    assert 1 == source.asked
    assert generation.number == reply.generation
    assert "The ferry leaves at midnight" not in [answer.span.text for answer in reply.answers]
    assert FERRY == reply.answers[0].context.text
    again = qa.ask("When does the ferry leave?", 5)
    assert generation.number + 1 == again.generation
    assert "The ferry leaves at midnight" in [answer.span.text for answer in again.answers]


def test_an_article_deleted_meanwhile_does_not_answer(workspace: Workspace, generation: Generation) -> None:
    ferry = workspace.add(FERRY)
    workspace.store.delete(ferry.id)
    reply = service(workspace, generation).ask("When does the ferry leave?")
    assert {"Town"} == {answer.span.article.title for answer in reply.answers}


def test_questions_may_be_asked_at_the_same_time(workspace: Workspace, generation: Generation) -> None:
    qa = service(workspace, generation)
    questions = ["When does the ferry leave?", "What do bicycles cost?", "Who led the repair?", "dogs", "bridge Monday"]
    expected = [said(qa, question) for question in questions]
    start = threading.Barrier(8)

    def ask(worker: int) -> list[list[str]]:
        start.wait()
        return [said(qa, question) for question in questions * 3]

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(ask, range(8)):
            assert expected * 3 == found


@pytest.fixture(scope="module")
def kazakhstan(tmp_path_factory: pytest.TempPathFactory, real_embedder: Embedder) -> Iterator[QAService]:
    """The sample article, as the app answers from it."""
    folder = tmp_path_factory.mktemp("kazakhstan")
    text = (ROOT / "corpus/articles/kazakhstan-withdrawal.txt").read_text(encoding="utf-8")
    article = Article.from_draft(
        Draft(text, title="CSTO peacekeepers withdraw from Kazakhstan", published="2022-01-13", language="en")
    )
    store = ArticleStore.open(folder / "articles.sqlite")
    embeddings = EmbeddingCache(folder / "embeddings.sqlite", real_embedder)
    store.put(article, f"text:{article.id}")
    generation = Builder(store, GenerationRepository(folder / "index"), embeddings, split).rebuild(ignore)
    retriever, confidence = HybridRetriever(real_embedder, store), CalibratedConfidence(Calibration.read())
    yield QAService(Source(generation), Pipeline(retriever, SentenceReader(), confidence, 0.14))
    embeddings.close()
    store.close()


@pytest.mark.model
@pytest.mark.parametrize("question", ["when does the withdrawal finish?", "WHEN DOES THE WITHDRAWAL FINISH"])
def test_the_sample_article_says_when_the_withdrawal_finishes(kazakhstan: QAService, question: str) -> None:
    expected = "The final withdrawal of peacekeepers is scheduled to be completed on January 19."
    assert expected == kazakhstan.ask(question).answers[0].span.text


@pytest.mark.model
def test_no_case_and_no_question_mark_change_what_is_found_first(kazakhstan: QAService) -> None:
    for question in read_rows(ROOT / "eval/kazakhstan.jsonl", lambda row: str(row["question"])):
        plain = question.rstrip("?")
        ways = [question, plain, f"{plain}?", plain.upper(), plain.lower(), f" {plain.upper()} ?", plain.title()]
        found = {way: kazakhstan.search(way, 1).sentences[0].text for way in ways}
        assert {found[question]} == set(found.values()), found


COPIED = "The whale was seen from the northern pier of Arden at noon"


def copy(workspace: Workspace, paper: str, line: str = COPIED) -> Article:
    return workspace.add(with_line(1, line, [f"{paper} writes"]), paper)


def test_an_answer_counts_copies_of_a_story_once_and_names_the_others(workspace: Workspace) -> None:
    papers = [copy(workspace, f"Paper {number}") for number in range(10)]
    reply = service(workspace, workspace.update()).ask("When was the whale seen in Arden?", 5)
    texts = [answer.span.text for answer in reply.answers]
    assert COPIED == texts[0]
    assert 5 == len(set(texts))
    first = reply.answers[0]
    assert papers == [first.span.article, *first.also]
    assert 3 == len({closest.sentence.text for closest in reply.closest})


def test_copies_that_disagree_give_an_answer_each(workspace: Workspace) -> None:
    noon = [copy(workspace, f"Paper {number}") for number in range(2)]
    ten = copy(workspace, "Evening paper", COPIED.replace("noon", "ten"))
    reply = service(workspace, workspace.update()).ask("When was the whale seen in Arden?", 2)
    told = {answer.span.text: {answer.span.article.id, *(one.id for one in answer.also)} for answer in reply.answers}
    assert {COPIED: {one.id for one in noon}, COPIED.replace("noon", "ten"): {ten.id}} == told


def test_copies_that_a_filter_leaves_out_are_not_named(workspace: Workspace) -> None:
    papers = [copy(workspace, f"Paper {number}") for number in range(3)]
    workspace.store.put(replace(papers[2], source="late"), "file:///late")
    workspace.store.put(replace(papers[2], source="late"), "file:///late")
    generation = workspace.update()
    reply = service(workspace, generation).ask("When was the whale seen in Arden?", 1, ArticleFilter(sources=("late",)))
    assert (papers[2].id, ()) == (reply.answers[0].span.article.id, reply.answers[0].also)
    assert 2 == len(service(workspace, generation).ask("When was the whale seen in Arden?", 1).answers[0].also)


def test_copies_do_not_make_an_answer_less_sure(workspace: Workspace) -> None:
    copy(workspace, "Paper 0")
    question = "When was the whale seen in Arden?"
    generation = workspace.update()
    alone = service(workspace, generation).ask(question, 1).answers[0].confidence
    for number in range(1, 4):
        copy(workspace, f"Paper {number}")
    copy(workspace, "Edited paper", f"ARDEN (Newswire) - {COPIED}")
    beside = service(workspace, workspace.update(generation)).ask(question, 1).answers[0].confidence
    assert beside == pytest.approx(alone, abs=0.05)


def test_a_pronoun_is_answered_by_the_name_of_another_sentence(workspace: Workspace) -> None:
    text = "The choir met.\nMara Delling came by bicycle.\nShe sang the loudest."
    workspace.add(text, "Choir")
    qa = service(workspace, workspace.update(), reader=Words("She"))
    (answer,) = qa.ask("Who sang the loudest?").answers
    assert ("Mara Delling", "Mara Delling came by bicycle.") == (answer.span.text, answer.sentence.text)
    assert answer.via is not None
    assert ("She", "She sang the loudest.") == (answer.via.span.text, answer.via.sentence.text)
    assert text == answer.context.text
    assert "She sang the loudest." == qa.ask("Who sang the loudest?").closest[0].sentence.text


def test_a_bare_pronoun_is_no_answer(workspace: Workspace) -> None:
    workspace.add("The choir met.\nShe sang the loudest.", "Choir")
    reply = service(workspace, workspace.update(), reader=Words("She")).ask("Who sang the loudest?")
    assert not reply.answered
    assert "She sang the loudest." in [closest.sentence.text for closest in reply.closest]


def test_a_report_is_read_alone_only_once_for_a_question(workspace: Workspace) -> None:
    for day, missing in ((1, "Eleven"), (3, "Eight"), (5, "Three")):
        workspace.add(
            f"{missing} people of the Aldra Star are missing off Penholm.", "Ferry", published=f"2022-02-0{day}"
        )
    reads = []

    class Counting(SentenceReader):
        def read(self, question: Question, passages: Sequence[Passage]) -> Reading:
            reads.append(tuple(passage.quote for passage in passages))
            return super().read(question, passages)

    qa = service(workspace, workspace.update(), reader=Counting())
    qa.ask("How many people of the Aldra Star are missing?")
    alone = [passages for passages in reads if len(passages) == 1]
    assert 2 <= len(alone) == len(set(alone))
