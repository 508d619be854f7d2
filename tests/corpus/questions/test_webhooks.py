"""Webhooks: signed, retried, sent once, and never to a private address."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from corpus.article import Article, Draft
from corpus.errors import Conflict, NotFound
from corpus.fetching.client import Fetcher
from corpus.questions import watches as watches_module
from corpus.questions.watches import Watch, WatchedAnswer, WatchRepository
from corpus.questions.webhooks import RETRIES, WebhookSender
from corpus.store.article_store import ArticleStore, open_article_database
from corpus.store.database import Database
from tests.waiting import Clock
from tests.web_server import Site, answer, site

__all__ = ["site"]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_article_database(tmp_path / "articles.sqlite")) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC).timestamp())


@pytest.fixture
def watches(database: Database, clock: Clock) -> WatchRepository:
    return WatchRepository(database, clock)


def sender(watches: WatchRepository, allow_private: bool = True) -> WebhookSender:
    return WebhookSender(watches, Fetcher(timeout=5, allow_private=allow_private))


def ferry(database: Database) -> Article:
    return ArticleStore(database).put(Article.from_draft(Draft("It leaves at noon.", "Ferry")), "text:1").article


def tell(watches: WatchRepository, watch: Watch, article: Article, words: str = "noon") -> None:
    payload = {"type": "watch.answered", "data": {"article": {"id": article.id, "title": article.title}, "text": words}}
    watches.set_answer(watch, watch.checked + 1, WatchedAnswer(words, frozenset({article.id})), payload)


def watched(watches: WatchRepository, webhook: str | None) -> Watch:
    return watches.add("When?", {}, webhook, 1, None)


@pytest.fixture
def told(database: Database, watches: WatchRepository, site: Site) -> Callable[[], Watch]:
    """Watches a question whose answer has come, with a webhook of the site."""

    def make() -> Watch:
        watch = watched(watches, site.url("/hook"))
        tell(watches, watch, ferry(database))
        return watch

    return make


def test_a_message_is_signed_as_standard_webhooks_have_it(
    watches: WatchRepository, told: Callable[[], Watch], site: Site
) -> None:
    site.answers["/hook"] = answer(status=204)
    watch = told()
    sender(watches).send_due()
    ((headers, body),) = site.posted
    assert watch.secret is not None
    verified = Webhook(watch.secret).verify(body, headers)
    assert "watch.answered" == verified["type"]
    assert "application/json" == headers["Content-Type"]
    assert headers["webhook-id"].startswith("msg_")
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(watch.secret).verify(body.replace(b"noon", b"nine"), headers)


def test_it_is_sent_again_after_errors_with_growing_pauses_until_it_arrives(
    watches: WatchRepository, told: Callable[[], Watch], site: Site, clock: Clock
) -> None:
    site.answers["/hook"] = answer(status=500)
    told()
    sender(watches).send_due()
    assert "500 Internal Server Error" in str(watches.all()[0].problem)
    for tries, seconds in enumerate(RETRIES[:3], start=1):
        sender(watches).send_due()
        assert tries == len(site.posted)
        clock.now += 1.11 * seconds
        sender(watches).send_due()
    site.answers["/hook"] = answer()
    clock.now += 1.11 * RETRIES[3]
    for _ in range(2):
        sender(watches).send_due()
        clock.now += 1_000_000
    assert 5 == len(site.posted)
    assert 1 == len({(headers["webhook-id"], body) for headers, body in site.posted})
    assert watches.all()[0].problem is None


def test_a_failed_webhook_delays_no_other_one(
    database: Database, watches: WatchRepository, site: Site, clock: Clock
) -> None:
    site.answers |= {"/broken": answer(status=500), "/hook": answer()}
    article = ferry(database)
    for path in ("/broken", "/broken", "/hook"):
        tell(watches, watched(watches, site.url(path)), article)
    sender(watches).send_due()
    assert 2 == len(site.posted), "the broken webhook is called again at once"
    site.answers["/broken"] = answer()
    clock.now += 61
    sender(watches).send_due()
    assert 4 == len(site.posted)


def test_the_log_tells_the_host_of_a_webhook_only(
    database: Database, watches: WatchRepository, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.answers["/key-123"] = answer(status=500)
    watch = watched(watches, site.url("/key-123"))
    tell(watches, watch, ferry(database))
    sender(watches).send_due()
    assert "key-123" in str(watches.all()[0].problem)
    (record,) = caplog.records
    assert f"A webhook of the watch {watch.id} was not delivered. 127.0.0.1 answers 500" in record.getMessage()
    assert "key-123" not in str(vars(record))


def test_it_is_given_up_after_the_last_try(
    watches: WatchRepository, told: Callable[[], Watch], site: Site, clock: Clock
) -> None:
    site.answers["/hook"] = answer(status=302, Location="/elsewhere")
    told()
    for _ in range(len(RETRIES) + 3):
        sender(watches).send_due()
        clock.now += 1_000_000
    assert len(RETRIES) + 1 == len(site.posted)
    assert [] == site.asked, "a redirect is followed"


def test_a_webhook_that_is_gone_gets_nothing_more(
    database: Database, watches: WatchRepository, told: Callable[[], Watch], site: Site, clock: Clock
) -> None:
    site.answers["/hook"] = answer(status=410)
    told()
    sender(watches).send_due()
    tell(watches, watches.all()[0], ferry(database), "nine")
    clock.now += 1_000_000
    sender(watches).send_due()
    assert 1 == len(site.posted)
    assert watches.all()[0].is_gone
    assert 2 == len(watches.events(9)), "the feed has it"


def test_nothing_is_sent_twice_after_a_restart(
    tmp_path: Path, watches: WatchRepository, told: Callable[[], Watch], site: Site, clock: Clock
) -> None:
    site.answers["/hook"] = answer(status=503)
    told()
    sender(watches).send_due()
    site.answers["/hook"] = answer()
    for _ in range(2):
        clock.now += 1_000_000
        with closing(open_article_database(tmp_path / "articles.sqlite")) as again:
            sender(WatchRepository(again, clock)).send_due()
    assert [503, 200] == [503, 200][: len(site.posted)]
    assert 2 == len(site.posted)


def test_what_another_process_sends_is_left_to_it(
    watches: WatchRepository, told: Callable[[], Watch], clock: Clock
) -> None:
    told()
    assert 1 == len(list(watches.due(60)))
    assert [] == list(watches.due(60))
    clock.now += 61
    assert 1 == len(list(watches.due(60)))


def test_a_private_address_is_not_called(
    watches: WatchRepository, told: Callable[[], Watch], site: Site, clock: Clock
) -> None:
    site.answers["/hook"] = answer()
    told()
    sender(watches, allow_private=False).send_due()
    clock.now += 1_000_000
    sender(watches, allow_private=False).send_due()
    assert [] == site.posted
    assert "CITELINE_ALLOW_PRIVATE_URLS" in str(watches.all()[0].problem)


def test_a_name_that_stands_for_a_private_address_is_not_called(
    watches: WatchRepository, database: Database, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.answers["/hook"] = answer()
    monkeypatch.setattr("corpus.fetching.transport.resolve", lambda host, port, seconds: ["127.0.0.1"])
    watch = watched(watches, f"http://hooks.example:{site.port}/hook")
    tell(watches, watch, ferry(database))
    sender(watches, allow_private=False).send_due()
    assert [] == site.posted
    assert "hooks.example is 127.0.0.1" in str(watches.all()[0].problem)


def test_what_names_a_deleted_article_is_neither_sent_nor_shown_and_can_be_erased(
    database: Database, watches: WatchRepository, told: Callable[[], Watch], site: Site
) -> None:
    site.answers["/hook"] = answer()
    told()
    assert 1 == len(watches.events(9))
    ArticleStore(database).delete(ferry(database).id)
    sender(watches).send_due()
    assert ([], []) == (site.posted, watches.events(9))
    assert watches.all()[0].is_stale
    store = ArticleStore(database)
    store.erase_deleted(time.time(), store.revision, time.time())
    with database.reading() as db:
        assert 0 == db.execute("SELECT count(*) FROM watch_events").fetchone()[0]
        assert 0 == db.execute("SELECT count(*) FROM watch_event_articles").fetchone()[0]
    assert watches.all()[0].answer is None


def test_an_answer_is_told_once_by_two_processes(database: Database, watches: WatchRepository) -> None:
    watch = watched(watches, None)
    tell(watches, watch, ferry(database))
    tell(watches, watch, ferry(database))
    assert 1 == len(watches.events(9))


def test_what_is_still_to_be_sent_is_deleted_last(
    database: Database, watches: WatchRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches_module, "MAX_EVENTS", 1)
    monkeypatch.setattr(watches_module, "MAX_PENDING", 3)
    article = ferry(database)
    pending, other = watched(watches, "https://hooks.example/"), watched(watches, None)
    for watch, words in ((pending, "0"), (other, "1"), (pending, "2"), (pending, "3")):
        (now,) = (one for one in watches.all() if one.id == watch.id)
        tell(watches, now, article, words)
    assert ["3", "2", "0"] == [one.payload["data"]["text"] for one in watches.events(9)]
    (now,) = (one for one in watches.all() if one.id == pending.id)
    tell(watches, now, article, "4")
    assert ["4", "3", "2"] == [one.payload["data"]["text"] for one in watches.events(9)]


def test_numbers_are_bounded(database: Database, watches: WatchRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches_module, "MAX_WATCHES", 1)
    monkeypatch.setattr(watches_module, "MAX_EVENTS", 2)
    watch = watched(watches, None)
    with pytest.raises(Conflict, match="1 questions are watched already"):
        watched(watches, None)
    for number in range(3):
        tell(watches, watches.all()[0], ferry(database), str(number))
    assert ["2", "1"] == [json.loads(json.dumps(one.payload))["data"]["text"] for one in watches.events(9)]
    watches.remove(watch.id)
    assert [] == watches.events(9)
    with pytest.raises(NotFound):
        watches.remove(watch.id)
