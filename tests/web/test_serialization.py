import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from corpus.article import Article, Draft
from qa.types import Anaphor, Answer, Quote, Reply, Understood
from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.waiting import comes
from tests.web.test_api import add
from tests.web_server import Site
from web.serialization import SpanFormat, iso_time, reply_json


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


@given(st.text("ab\u00e9\U0001f6a2\U00010348 \n", min_size=1).filter(str.strip), st.data())
def test_offsets_in_utf16_and_selectors_lead_to_the_words(text: str, data: st.DataObject) -> None:
    article = Article.from_draft(Draft(text))
    text = article.text
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote, whole = Quote(article, start, end), Quote(article, 0, len(text))
    answer = Answer(quote, whole, whole, 0.9, dates=())
    reply = Reply("Who?", (answer,), (), 1, 2.0, Understood("Who?"))
    (found,) = reply_json(reply, SpanFormat(utf16=True, selectors=True))["answers"]
    units = text.encode("utf-16-le")
    for span in (found, found["sentence"], found["context"]):
        assert span["text"] == units[2 * span["start"] : 2 * span["end"]].decode("utf-16-le")
    words, place = found["selectors"]
    assert ("TextQuoteSelector", "TextPositionSelector") == (words["type"], place["type"])
    assert quote.text == words["exact"] == text[place["start"] : place["end"]]
    around = text[place["start"] - len(words["prefix"]) : place["end"] + len(words["suffix"])]
    assert words["prefix"] + words["exact"] + words["suffix"] == around
    assert min(32, start) == len(words["prefix"])
    assert min(32, len(text) - end) == len(words["suffix"])
    (plain,) = reply_json(reply)["answers"]
    assert (start, end, None) == (plain["start"], plain["end"], plain["selectors"])


def test_places_come_as_the_request_wants_them(client: CheckedClient) -> None:
    text = "\U0001f6a2 The packet boat \U0001f6a2 sails at nine."
    client.post("/articles?wait=true", json={"title": "Packet", "text": text})
    wanted = {"question": "When does the packet boat sail?", "offsets": "utf-16", "selectors": True}
    draft = {"text": '\U0001f6a2 "The packet boat \U0001f6a2 sails at nine."', "offsets": "utf-16", "selectors": True}
    batch = {**wanted, "questions": [wanted["question"]]}
    del batch["question"]
    lines = client.post("/ask/batch", json=batch).text.splitlines()
    (excerpt,) = client.post("/verify", json=draft).json["excerpts"]
    found = [
        client.post("/ask", json=wanted).json["answers"][0],
        client.get("/ask", query_string={**wanted, "selectors": "true"}).json["answers"][0],
        client.post("/search", json=wanted).json["sentences"][0],
        json.loads(lines[0])["reply"]["answers"][0],
        excerpt["matches"][0],
    ]
    units = text.encode("utf-16-le")
    for one in found:
        assert one["text"] == units[2 * one["start"] : 2 * one["end"]].decode("utf-16-le")
        place = one["selectors"][1]
        assert one["text"] == text[place["start"] : place["end"]]
    drafted = str(draft["text"]).encode("utf-16-le")
    assert excerpt["text"] == drafted[2 * excerpt["start"] : 2 * excerpt["end"]].decode("utf-16-le")
    refused = client.post("/replies", json=wanted)
    assert (422, "#/offsets") == (refused.status_code, refused.json["errors"][0]["pointer"])
