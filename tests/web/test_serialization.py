import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus.article import Article, Draft
from qa.types import Anaphor, Answer, Quote, Reply, Understood
from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.waiting import comes
from tests.web.test_api import add
from tests.web_server import Site
from web.serialization import iso_time, reply_json


def sources(client: CheckedClient) -> dict[str, dict[str, Any]]:
    return {each["kind"]: each for each in client.get("/index").json["sources"]}


def until(client: CheckedClient, condition: Callable[[dict[str, dict[str, Any]]], bool]) -> dict[str, dict[str, Any]]:
    """Wait until the sources are as a test says: what takes long to count is a moment old."""
    assert comes(lambda: condition(sources(client)))
    return sources(client)


def test_every_source_has_its_counts_in_one_order(client: CheckedClient) -> None:
    add(client, text="The mill grinds oats.")
    found = until(client, lambda found: found["texts"]["articles"] == 1 and found["texts"]["pending"] == 0)
    assert ["folder", "files", "feeds", "pages", "texts"] == list(found)
    assert [2, 0, 0, 0, 1] == [each["articles"] for each in found.values()]
    assert {(0, 0, 0, False)} == {
        tuple(each[name] for name in ("pending", "waiting", "failed", "running")) for each in found.values()
    }
    assert "Articles folder" == found["folder"]["name"]


def test_failures_are_listed_with_their_source(make_app: MakeApp, articles: Path, site: Site) -> None:
    (articles / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    client = make_app(allow_private_urls=True).test_client()
    assert isinstance(client, CheckedClient)
    client.post("/feeds", json={"url": site.url("/feed")})
    found = until(client, lambda found: found["feeds"]["failed"] == 1 and not found["feeds"]["running"])
    (file,), (entry,) = found["folder"]["failures"], found["feeds"]["failures"]
    assert ("file", "broken.pdf", None) == (file["kind"], file["name"], file["again_at"])
    assert ("entry", "Gone", "Harbour", site.url("/gone")) == tuple(
        entry[name] for name in ("kind", "name", "feed", "link")
    )
    assert "410" in entry["problem"]
    assert entry["again_at"] > iso_time(time.time())
    assert [{"name": file["name"], "problem": file["problem"]}] == client.get("/index").json["files"]


def test_unindexed_articles_are_pending_at_their_source(make_app: MakeApp) -> None:
    app = make_app()
    client = app.test_client()
    assert isinstance(client, CheckedClient)
    app.extensions["citeline"].indexer.stop()
    client.post("/articles", json={"text": "The mill grinds oats."})
    until(client, lambda found: [0, 1] == [found[kind]["pending"] for kind in ("folder", "texts")])


def test_a_name_comes_with_the_sentence_that_answers() -> None:
    article = Article.from_draft(Draft("Mara came. She sang."))
    name, pronoun = Quote(article, 0, 10), Quote(article, 11, 20)
    answer = Answer(Quote(article, 0, 4), name, name, 0.9, via=Anaphor(Quote(article, 11, 14), pronoun))
    plain = Answer(pronoun, pronoun, pronoun, 0.8)
    found, other = reply_json(Reply("Who sang?", (answer, plain), (), 1, 2.0, Understood("Who sang?")))["answers"]
    (via,) = found["via"]
    assert {"text": "She", "start": 11, "end": 14} == {name: via[name] for name in ("text", "start", "end")}
    assert {"text": "She sang.", "start": 11, "end": 20} == via["sentence"]
    assert found["article"] == via["article"]
    assert [] == other["via"]
