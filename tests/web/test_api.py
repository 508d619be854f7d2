import io
import json
import os
import random
import sqlite3
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from flask import Flask
from numpy.typing import NDArray
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app import close_app, create_app
from corpus.article import Article, Block, BlockKind, Draft, article_id
from corpus.documents import read_document
from corpus.documents.pdf.page_image import draw_page
from corpus.isolation.worker import InlineWorker
from qa.conversation.history import MAX_ANSWER, MAX_TURNS
from qa.query.parser import MAX_QUESTION
from qa.reader.loader import SENTENCES
from tests.api_client import CheckedClient
from tests.conftest import BRIDGE, FERRY, MakeApp
from tests.disks import small_disk
from tests.fakes import WordEmbedder
from tests.near_duplicates import article_text, framed, with_line
from tests.sample_documents import column, pdf
from tests.waiting import comes
from tests.web_server import Site
from web.schemas import AskBody
from web.settings import Settings

PROBLEM = "application/problem+json"
T = TypeVar("T")


def is_problem(response: TestResponse, status: int, words: str = "") -> bool:
    body = response.json
    assert body is not None
    assert (status, PROBLEM) == (response.status_code, response.mimetype)
    assert (status, {"type", "title", "status", "detail"}) == (body["status"], set(body) - {"errors"})
    assert "Traceback" not in body["detail"]
    assert words in body["detail"]
    return True


def add(client: CheckedClient, wait: bool = True, **article: object) -> dict[str, Any]:
    response = client.post(f"/articles?wait={str(wait).lower()}", json=article)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json
    return found


def ask(client: CheckedClient, question: str = "When does the ferry leave?", **more: object) -> dict[str, Any]:
    response = client.post("/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json
    return found


def titles(reply: dict[str, Any]) -> set[str]:
    return {found["article"]["title"] for found in reply["closest"] + reply["answers"]}


def upload(client: CheckedClient, data: bytes, name: str, query: str = "") -> TestResponse:
    return client.post(f"/articles{query}", data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


# Asking


def test_an_answer_has_its_place_and_a_link_to_its_sentence(app: Flask, client: CheckedClient) -> None:
    text = "Trams\n\nSummer\n\nThe tram to Arden leaves at seven."
    spans = [(0, 5), (7, 13), (15, len(text))]
    kinds = [BlockKind.HEADING, BlockKind.HEADING, BlockKind.PARAGRAPH]
    blocks = tuple(Block(*span, kind, level, 3) for span, kind, level in zip(spans, kinds, (1, 2, 0), strict=True))
    article = Article.from_draft(Draft(text, "Trams", blocks=blocks, url="https://tram.example/plan.pdf"))
    app.extensions["citeline.runtime"].store.put(article, "url:https://tram.example/plan.pdf")
    app.extensions["citeline"].indexer.wake()
    app.extensions["citeline"].indexer.wait(60)
    answer = ask(client, "When does the tram to Arden leave?")["answers"][0]
    assert {"page": 3, "heading": "Summer"} == answer["place"]
    assert "https://tram.example/plan.pdf#page=3" == answer["link"]
    ferry = ask(client)["answers"][0]
    assert (None, None) == (ferry["place"], ferry["link"])


def test_an_article_is_cited_with_the_words_of_an_answer(client: CheckedClient) -> None:
    article = add(client, text="The tram to Arden leaves at seven. It is blue.", title="Trams", source="The Gazette")
    path = f"/articles/{article['id']}/citation"
    markdown = client.get(f"{path}?start=0&end=34&also=35-46")
    assert "text/markdown" == markdown.mimetype
    quoted, address = markdown.text.split("(<http://localhost")
    assert "> The tram to Arden leaves at seven.\n>\n> It is blue.\n>\n> — [Trams]" == quoted
    assert address.startswith(f"/read/{article['id']}?start=0&end=34&")
    for style, words in (("bibtex", "title = {Trams}"), ("ris", "TI  - Trams"), ("csl-json", '"title": "Trams"')):
        found = client.get(f"{path}?format={style}")
        assert words in found.text
        assert "leaves" not in found.text
    assert is_problem(client.get(f"{path}?start=40&end=400"), 422, "no words from 40 to 400")
    assert is_problem(client.get(f"{path}?format=apa"), 422, "format")
    assert is_problem(client.get("/articles/none/citation"), 404)
    client.delete(f"/articles/{article['id']}")


def test_a_reply_has_the_fields_of_the_contract(client: CheckedClient) -> None:
    reply = ask(client)
    assert {"question", "answered", "answers", "closest", "generation", "took_ms"} <= set(reply)
    assert "When does the ferry leave?" == reply["question"]
    assert reply["answered"] is True
    answer = reply["answers"][0]
    assert {"text", "confidence", "start", "end", "sentence", "article", "via"} <= set(answer)
    assert {"id", "title", "url", "published", "published_is_guess", "source"} == set(answer["article"])


def test_near_duplicates_answer_once_and_are_named(client: CheckedClient) -> None:
    line = "The lightship of Arden was towed into the dry dock on Tuesday."
    names = [f"Paper {number}" for number in range(3)]
    papers = [add(client, text=with_line(1, line, [name]), title=name, source=name) for name in names]
    answers = ask(client, "When was the lightship of Arden towed into the dry dock?", top_k=5)["answers"]
    (answer,) = (answer for answer in answers if line == answer["sentence"]["text"])
    expected = [{name: paper[name] for name in answer["article"]} for paper in papers]
    assert expected == [answer["article"], *answer["also"]]


def test_near_duplicates_share_a_story_in_every_response(client: CheckedClient) -> None:
    first, copy, other = (
        add(client, text=text, wait=False) for text in (article_text(1), framed(article_text(1)), article_text(2))
    )
    assert [first["id"], first["id"], other["id"]] == [one["story"] for one in (first, copy, other)]
    assert first["id"] == client.get(f"/articles/{copy['id']}").json["story"]
    listed = {one["id"]: one["story"] for one in client.get("/articles").json["articles"]}
    assert {first["id"]: first["id"], copy["id"]: first["id"]}.items() <= listed.items()


def test_every_quoted_text_is_the_article_at_its_offsets(client: CheckedClient) -> None:
    add(client, text="Vor der Brücke 🚲🚢 wartet die Fähre. Sie fährt 🛳️ mittags.", title="Fähre")
    reply = ask(client, "Wann fährt die Fähre?", top_k=20)
    for found in reply["answers"] + reply["closest"]:
        text = client.get(f"/articles/{found['article']['id']}").json["text"]
        parts = [span for part in found.get("parts", ()) for span in (part, part["sentence"])]
        for span in (found, found["context"], found.get("sentence", found), *parts):
            assert span["text"] == text[span["start"] : span["end"]]
        assert found["context"]["start"] <= found["start"] <= found["end"] <= found["context"]["end"]


def test_a_list_is_given_by_its_items(client: CheckedClient) -> None:
    text = "In the box\n\n- bilge pump\n- bilge hose\n\nThe wrench is extra."
    article = add(client, text=text, title="Pump")
    answers = ask(client, "Which bilge parts are in the box?", top_k=20)["answers"]
    (answer,) = (answer for answer in answers if answer["parts"])
    assert "bilge pump" == answer["text"]
    assert [("bilge pump", None), ("bilge hose", None)] == [
        (part["text"], part["question"]) for part in answer["parts"]
    ]
    for part in answer["parts"]:
        assert part["text"] == text[part["start"] : part["end"]] == part["sentence"]["text"]
        assert article["id"] == part["article"]["id"]


def test_each_of_several_questions_has_its_part(client: CheckedClient) -> None:
    (answer,) = ask(client, "When does the ferry leave and who led the repair of the bridge?")["answers"]
    assert ["When does the ferry leave?", "Who led the repair of the bridge?"] == [
        part["question"] for part in answer["parts"]
    ]
    assert [] == answer["missing"]


def test_a_report_names_who_says_it(client: CheckedClient) -> None:
    text = "The mayor of Selby said that the lido of Selby opens in June."
    add(client, text=text, title="Lido")
    answer = ask(client, "When does the lido of Selby open?", top_k=1)["answers"][0]
    assert {"text": "The mayor of Selby said", "start": 0, "end": 23} == answer["attribution"]


def test_an_answer_from_a_table_has_its_header_column_and_row(client: CheckedClient) -> None:
    text = add(client, text="Ferry fares\n\nTicket | Single\nWalrus | 14 crowns")["text"]
    answers = ask(client, "What is the single ticket of a walrus?", top_k=20)["answers"]
    (table,) = (answer["table"] for answer in answers if answer["table"] is not None)
    assert ("Ticket | Single", "Walrus") == (table["header"]["text"], table["row"]["text"])
    assert all(span["text"] == text[span["start"] : span["end"]] for span in table.values() if span is not None)
    assert {None} == {answer["table"] for answer in ask(client)["answers"]}


def test_asking_in_the_query_string_gives_the_same_reply(client: CheckedClient) -> None:
    asked = ask(client, "Who led the repair of the bridge?", top_k=2)
    query = {"question": "Who led the repair of the bridge?", "top_k": "2"}
    by_address = client.get("/ask", query_string=query).json
    assert {**asked, "took_ms": 0} == {**by_address, "took_ms": 0}


def test_a_question_is_understood_from_its_conversation(client: CheckedClient) -> None:
    turn = {"question": "Who led the repair of the bridge?", "answer": "Amina Farouk"}
    reply = ask(client, "What did she lead?", conversation=[turn])
    understood = reply["understood"]
    assert ("What did Amina Farouk lead?", ["Amina Farouk"]) == (
        understood["question"],
        understood["kept_from_conversation"],
    )
    assert "What did she lead?" == reply["question"]
    ignoring = ask(client, "What did she lead?", conversation=[turn], ignore=["Amina Farouk"])["understood"]
    assert ("What did she lead?", []) == (ignoring["question"], ignoring["kept_from_conversation"])


def test_the_service_keeps_the_turns_of_a_conversation_by_its_id(client: CheckedClient) -> None:
    ask(client, "Who led the repair of the bridge?", conversation_id="a-1")
    assert "the bridge" in ask(client, "And when?", conversation_id="a-1")["understood"]["question"]
    assert "when?" == ask(client, "And when?", conversation_id="another")["understood"]["question"]
    assert "when?" == ask(client, "And when?")["understood"]["question"]


def test_a_conversation_may_have_as_many_turns_and_characters_as_its_fields_allow(client: CheckedClient) -> None:
    turn = {"question": "\N{ROCKET}" * (MAX_QUESTION - 1) + "a", "answer": "\N{ROCKET}" * MAX_ANSWER}
    asked = {"question": "What did Amina Farouk lead?", "conversation": [turn] * MAX_TURNS}
    for path in ("/ask", "/next-questions"):
        assert 200 == client.post(path, json=asked).status_code


@pytest.mark.parametrize("field", ["conversation", "conversation_id"])
def test_a_question_that_stands_alone_gets_the_same_reply_in_any_conversation(
    client: CheckedClient, field: str
) -> None:
    alone = ask(client, "What did Amina Farouk lead?")
    ask(client, "When does the ferry leave?", conversation_id="b-2")
    turns = [{"question": "When does the ferry leave?", "answer": "at noon"}]
    reply = ask(client, "What did Amina Farouk lead?", **{field: turns if field == "conversation" else "b-2"})
    assert {**alone, "took_ms": 0} == {**reply, "took_ms": 0}


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"conversation": [{"question": "Who?"}] * 21}, "conversation"),
        ({"conversation": [{"answer": "Ann"}]}, "conversation"),
        ({"conversation": "Who?"}, "conversation"),
        ({"conversation": [{"question": "x" * 1001}]}, "conversation"),
        ({"conversation_id": ""}, "conversation_id"),
        ({"conversation_id": "x" * 101}, "conversation_id"),
        ({"ignore": ["x"] * 21}, "ignore"),
        ({"ignore": "Ann"}, "ignore"),
    ],
)
def test_a_bad_conversation_is_refused_by_its_field(client: CheckedClient, sent: dict[str, Any], named: str) -> None:
    assert is_problem(client.post("/ask", json={"question": "Why?", **sent}), 422, named)


@pytest.mark.parametrize("said", ["hello", "Thanks a lot!", "who are you?"])
def test_small_talk_gets_a_hint_and_no_answer(client: CheckedClient, said: str) -> None:
    reply = ask(client, said)
    assert (said, False, [], []) == (reply["question"], reply["answered"], reply["answers"], reply["closest"])
    assert reply["hint"].endswith((".", "!", "?"))


def test_top_k_limits_the_answers(client: CheckedClient) -> None:
    assert [[]] == [answer["also"] for answer in ask(client, top_k=1)["answers"]]
    assert 4 == len(ask(client, top_k=20)["answers"])


def test_below_the_threshold_only_the_closest_sentences_are_shown(make_app: MakeApp, client: CheckedClient) -> None:
    reply = ask(make_app(threshold=1.0).test_client(), "Which volcano erupted?")
    assert (False, [], None) == (reply["answered"], reply["answers"], reply["hint"])
    assert len(reply["closest"]) > 0
    assert ask(client, "Which volcano erupted?")["hint"] is None


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CheckedClient]:
    """A client of an app that is only asked what it refuses: one app for many tests."""
    folder = tmp_path_factory.mktemp("refusing")
    (folder / "articles").mkdir()
    settings = Settings(state=folder / "state", articles=folder / "articles", watch=False, reader=SENTENCES)
    app = create_app(settings, WordEmbedder())
    app.extensions["citeline"].indexer.wait(60)
    yield CheckedClient(app, app.response_class)
    close_app(app)


def body(**fields: object) -> bytes:
    return json.dumps({"question": "When?", **fields}).encode()


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", 400, "not JSON"),
        (b"{", 400, "not JSON"),
        (b"question=x", 400, "not JSON"),
        (b'{"question": "caf\xe9"}', 400, "not JSON in UTF-8"),
        ('{"question": "café"}'.encode("utf-16"), 400, "not JSON in UTF-8"),
        (b"[" * 60_000, 400, "not JSON"),
        (b'{"a":' * 900, 400, "not JSON"),
        (b"[]", 422, "JSON object"),
        (b"null", 422, "JSON object"),
        (b'"{\\"question\\": \\"When?\\"}"', 422, "JSON object"),
        (b"{}", 422, "question is missing."),
        (body(question=None), 422, "question"),
        (body(question=7), 422, "question must be a text."),
        (body(question=["When?"]), 422, "question"),
        (body(question=""), 422, "empty"),
        (body(question=" \t\n"), 422, "empty"),
        (body(question="?!"), 422, "empty"),
        (body(question="a" * 60_000), 422, "60,000"),
        (b'{"question": "\\ud800 when"}', 422, "half a character"),
        (body(top_k=0), 422, "top_k"),
        (body(top_k=21), 422, "top_k must be at most 20."),
        (body(top_k=True), 422, "top_k"),
        (body(top_k="3"), 422, "top_k"),
        (body(top_k=1.5), 422, "top_k"),
        (body(top_k=float("nan")), 422, "top_k"),
        (body(top_k=float("inf")), 422, "top_k"),
        (body(top_k=10**400), 422, "top_k"),
        (body(published_from="yesterday"), 422, "published_from"),
        (body(published_from="2022-02-01", published_to="2022-01-31"), 422, "later than published_to"),
        (body(published_to="2022-02-30"), 422, "published_to"),
        (body(published_to=2022), 422, "published_to"),
        (b'{"question": "When?", "published_from": "\\udfff"}', 422, "published_from"),
        (b'{"question": "When?", "source": "\\ud800"}', 422, "source"),
        (body(source=1), 422, "source"),
        (body(source=["Herald", " \t"]), 422, "source.1 is blank"),
        (body(source="\u0301"), 422, "source is blank"),
        (body(language=" "), 422, "language is blank"),
        (body(publishd_from="2022-01-01"), 422, "publishd_from is not a field of this request; known: "),
        (b'{"question": "When?", "\\ud800": 1}', 422, "name of a field"),
    ],
)
def test_an_invalid_question_is_refused_with_the_reason(
    refusing: CheckedClient, data: bytes, status: int, words: str
) -> None:
    assert is_problem(refusing.post("/ask", data=data, content_type="application/json"), status, words)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "question"),
        ("?question=", "empty"),
        ("?question=%20", "empty"),
        ("?question=When&top_k=0", "top_k"),
        ("?question=When&top_k=x", "top_k"),
        ("?question=When&published_from=x", "published_from"),
        ("?question=When&publishd_from=2022-01-01", "publishd_from"),
        ("?question=" + "a" * 2000, "2,000"),
    ],
)
def test_a_query_string_without_a_valid_question_is_refused(refusing: CheckedClient, query: str, words: str) -> None:
    assert is_problem(refusing.get(f"/ask{query}"), 422, words)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_question_that_is_not_sent_as_json_is_refused(refusing: CheckedClient, content_type: str | None) -> None:
    assert is_problem(refusing.post("/ask", data=body(), content_type=content_type), 415, "application/json")


@pytest.mark.parametrize("question", ["Wann? 🚢", "%FF", "when\0ferry", "'; DROP TABLE articles; --", "a AND (b", "*"])
def test_odd_questions_get_a_reply_or_a_reason(refusing: CheckedClient, question: str) -> None:
    assert refusing.post("/ask", json={"question": question}).status_code in {200, 422}
    assert refusing.get("/ask", query_string={"question": question}).status_code in {200, 422}


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({}, {"Old", "New", "Undated"}),
        ({"published_from": "2022-01-01"}, {"New"}),
        ({"published_to": "2021-12-31"}, {"Old"}),
        ({"published_from": "2021-06-01", "published_to": "2022-05-02"}, {"Old", "New"}),
        ({"source": "Gazette"}, {"Old"}),
        ({"source": "Gazette", "published_from": "2022-01-01"}, set()),
        ({"published_from": "2022-05-02T10:00:00+00:00"}, {"New"}),
        ({"as_of": "2022-01-01"}, {"Old"}),
        ({"as_of": "2022-01-01", "undated": "include"}, {"Old"}),
        ({"published_from": "2022-01-01", "undated": "include"}, {"New", "Undated"}),
        ({"source": ["gazette", "HERALD"]}, {"Old", "New"}),
        ({"source": "her"}, {"New"}),
        ({"language": "en"}, {"Old"}),
        ({"article": article_id("The lighthouse is white.")}, {"Undated"}),
    ],
)
def test_only_articles_that_pass_the_filters_answer(
    make_app: MakeApp, tmp_path: Path, bounds: dict[str, Any], expected: set[str]
) -> None:
    client = make_app(articles=tmp_path / "none").test_client()
    add(
        client,
        wait=False,
        text="The lighthouse is red.",
        title="Old",
        published="2021-06-01",
        source="Gazette",
        language="en-GB",
    )
    add(client, wait=False, text="The lighthouse is blue.", title="New", published="2022-05-02", source="Herald")
    add(client, text="The lighthouse is white.", title="Undated")
    question = {"question": "Which colour is the lighthouse?", **bounds}
    assert expected == titles(ask(client, **question))
    by_address = client.get("/ask", query_string=question)
    assert by_address.status_code == 200
    assert expected == titles(by_address.json)
    applied = [(each["name"], each["value"]) for each in by_address.json["understood"]["filters"]]
    sent = [(name, one) for name, value in bounds.items() for one in ([value] if isinstance(value, str) else value)]
    assert sorted(sent) == sorted(applied)
    is_bounded = bool({"as_of", "published_from", "published_to"} & bounds.keys() and "undated" not in bounds)
    left_out = int(is_bounded and "source" not in bounds)
    assert left_out == by_address.json["undated_left_out"]


def test_now_is_the_day_that_it_names_in_its_own_time_zone(refusing: CheckedClient) -> None:
    for now, day in (("2024-03-01T01:00+05:00", (2024, 3, 1)), ("9999-12-31T23:59:59-12:00", (9999, 12, 31))):
        assert date(*day) == AskBody(question="When?", now=now).today
        assert 200 == refusing.post("/ask", json={"question": "What happened last week?", "now": now}).status_code


def test_the_sources_are_listed_and_an_unknown_one_is_told(client: CheckedClient) -> None:
    for number, source in enumerate(("Herald", "Gazette", "Herald")):
        add(client, text=f"The lighthouse has {number} lamps.", source=source, wait=number == 2)
    expected = [{"name": "Herald", "articles": 2}, {"name": "Gazette", "articles": 1}]
    assert {"sources": expected} == client.get("/sources").json
    refused = client.post("/ask", json={"question": "How many lamps?", "source": "Courier"})
    assert refused.status_code == 422
    assert "'Courier'. There are: Herald, Gazette." in refused.json["detail"]
    assert client.post("/ask", json={"question": "How many lamps?", "article": "none"}).status_code == 422


def test_the_words_of_a_question_for_source_and_time_are_told_and_can_be_ignored(client: CheckedClient) -> None:
    for number, source in enumerate(("Herald", "Gazette")):
        add(client, text=f"The lighthouse of {source} has {number} lamps.", source=source, wait=number == 1)
    question = "According to the Gazette, how many lamps did it have before 10 January 2022?"
    reply = client.post("/ask", json={"question": question, "top_k": 20}).json
    unknown = {"published_from": None, "published_to": None, "source": None}
    source = unknown | {"kind": "source", "text": "According to the Gazette", "source": "Gazette"}
    period = unknown | {"kind": "period", "text": "before 10 January 2022", "published_to": "2022-01-09"}
    assert [source, period] == reply["understood"]["from_question"]
    assert [] == reply["understood"]["filters"]
    assert {"Gazette"} == {one["article"]["source"] for one in reply["closest"]}
    ignored = [one["text"] for one in (source, period)]
    free = client.get("/ask", query_string={"question": question, "ignore": ignored}).json
    assert [] == free["understood"]["from_question"]
    assert "how many lamps did it have?" == free["understood"]["question"]
    assert {"Gazette", "Herald"} <= {one["article"]["source"] for one in free["closest"]}
    latest = ask(client, "What's the latest on the lighthouse?")["understood"]["from_question"]
    assert [unknown | {"kind": "period", "text": "the latest"}] == latest


# Adding


def test_an_article_added_with_wait_answers_at_once(client: CheckedClient) -> None:
    added = add(client, text="The tram stops at the museum.", title="Tram", published="2022-01-13", source="Gazette")
    assert added["indexed"] is True
    assert ("Tram", "2022-01-13", "Gazette") == (added["title"], added["published"], added["source"])
    assert "The tram stops at the museum." == ask(client, "Where does the tram stop?")["answers"][0]["text"]


def test_an_added_article_answers_soon_without_a_rebuild(client: CheckedClient) -> None:
    add(client, wait=False, text="The tram stops at the museum.")
    assert comes(lambda: "The tram stops at the museum." in titles(ask(client, "Where does the tram stop?")))


def test_the_same_text_again_is_the_existing_article(client: CheckedClient) -> None:
    first = add(client, text="The tram stops here.")
    again = client.post("/articles", json={"text": "The tram stops here.", "title": "Another title"})
    assert (200, first["id"], True) == (again.status_code, again.json["id"], again.json["indexed"])
    assert f"/articles/{first['id']}" == again.headers["Location"]
    assert client.get(again.headers["Location"]).json["text"] == "The tram stops here."


def test_a_text_with_a_url_replaces_what_that_url_gave(client: CheckedClient) -> None:
    before = add(client, text="The tram stops at six.", url="https://example.org/tram")
    after = add(client, text="The tram stops at seven.", url="https://example.org/tram")
    assert after["id"] == client.get(f"/articles/{before['id']}").json["replaced_by"]
    assert "https://example.org/tram" == client.get(f"/articles/{after['id']}").json["url"]


@pytest.mark.parametrize(
    ("article", "words"),
    [
        ({}, "Give the text of the article, or the url"),
        ({"text": None}, "Give the text"),
        ({"title": "A title"}, "Give the text"),
        ({"text": ""}, "no text"),
        ({"text": " \n\0"}, "no text"),
        ({"text": 7}, "text"),
        ({"text": ["a"]}, "text"),
        ({"text": "\ud800"}, "half a character"),
        ({"text": "a", "title": "\ud800"}, "title"),
        ({"text": "a", "source": "\udc00"}, "source"),
        ({"text": "a", "language": "\udc00"}, "language"),
        ({"text": "a", "url": "\udc00"}, "url"),
        ({"text": "a", "url": "not a url"}, "url"),
        ({"text": "a", "url": "javascript:alert(1)"}, "url"),
        ({"text": "a", "url": "https://example.org/" + "a" * 2000}, "url"),
        ({"text": "a", "published": "soon"}, "published"),
        ({"text": "a", "title": "a" * 501}, "title must have at most 500 characters"),
        ({"text": "a", "body": "b"}, "body"),
        ({"text": "a" * 2_000_001}, "text"),
        ({"url": "https://example.org/", "title": "A title"}, "url alone"),
        ({"url": ""}, "web address"),
        ({"url": "ftp://example.org/"}, "http"),
        ({"url": "file:///etc/passwd"}, "http"),
    ],
)
def test_an_invalid_article_is_refused_with_the_reason(
    refusing: CheckedClient, article: dict[str, object], words: str
) -> None:
    response = refusing.post("/articles", data=json.dumps(article), content_type="application/json")
    assert is_problem(response, 422, words)
    assert 0 == refusing.get("/articles").json["total"]


def test_an_invalid_wait_adds_nothing(client: CheckedClient) -> None:
    assert is_problem(client.post("/articles?wait=maybe", json={"text": "A text."}), 422, "wait")
    assert 2 == client.get("/articles").json["total"]


def test_waiting_ends_with_a_reason_when_the_index_is_slow(make_app: MakeApp) -> None:
    embedder = SlowEmbedder()
    client = make_app(embedder, wait_seconds=0.1).test_client()
    embedder.slow.set()
    response = client.post("/articles?wait=true", json={"text": "The tram stops here."})
    assert is_problem(response, 503, "kept, but is not indexed yet")
    embedder.slow.clear()
    assert 200 == client.post("/articles", json={"text": "The tram stops here."}).status_code


def test_waiting_requests_leave_threads_to_others(make_app: MakeApp) -> None:
    embedder = SlowEmbedder()
    app = make_app(embedder, server_threads=4)
    embedder.slow.set()
    with ThreadPoolExecutor(3) as pool:
        waiting = [
            pool.submit(
                app.test_client().post, "/articles?wait=true", json={"text": f"The tram number {number} stops."}
            )
            for number in range(3)
        ]
        refused = next(as_completed(waiting)).result()
        assert is_problem(refused, 503, "too many requests")
        embedder.slow.clear()
        assert [201, 201, 503] == sorted(one.result().status_code for one in waiting)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.7", "169.254.169.254", "0x7f.1"])
def test_pages_of_this_machine_or_network_are_not_fetched(refusing: CheckedClient, host: str) -> None:
    response = refusing.post("/articles", json={"url": f"http://{host}:9/"})
    assert is_problem(response, 422, "CITELINE_ALLOW_PRIVATE_URLS")


def test_an_address_that_browsers_read_as_another_site_is_refused_or_written_as_they_read_it(
    client: CheckedClient,
) -> None:
    hidden, user = "https://good.example\\@evil.example/", "https://good.example@evil.example/"
    article = add(client, text="The mill grinds oats.", url=hidden)
    assert "https://good.example/@evil.example/" == article["url"]
    path = f"/articles/{article['id']}"
    assert "https://good.example/x" == client.patch(path, json={"url": "https://good.example\\x"}).json["url"]
    assert is_problem(client.patch(path, json={"url": user}), 422, "url")
    assert is_problem(client.post("/articles", json={"text": "A mill.", "url": user}), 422, "url")
    assert is_problem(client.post("/articles", json={"url": user}), 422, "user name")


def test_deleting_on_a_full_disk_deletes_all_of_an_article_or_nothing(make_app: MakeApp, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64m") as disk:
        app = make_app(state=disk.folder / "state")
        client = app.test_client()
        assert isinstance(client, CheckedClient)
        lines = [f"The berth of ferry {number} is number {number + 7}." for number in range(100)]
        ids = [add(client, text="\n".join([f"Ferries of pier {pier}.", *lines]))["id"] for pier in range(2)]
        origins = app.extensions["citeline.runtime"].store.origins
        with app.extensions["citeline.runtime"].store.database.reading() as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what the log has room for could be written without a disk
        disk.fill()
        refused = [client.delete(f"/articles/{one}") for one in ids]
        assert {507} == {response.status_code for response in refused}
        assert all(is_problem(response, 507, "Make room on the disk") for response in refused)
        assert all(client.get(f"/articles/{one}").status_code == 200 for one in ids)
        assert set(ids) <= {row["id"] for row in client.get("/articles").json["articles"]}
        assert set(ids) <= {origin.article_id for origin in origins()}
        assert client.post("/ask", json={"question": "What is the berth of ferry 7?"}).json["answered"]
        disk.empty()
        assert [204] * 2 == [client.delete(f"/articles/{one}").status_code for one in ids]
        assert [404] * 2 == [client.get(f"/articles/{one}").status_code for one in ids]


def test_a_url_alone_is_fetched(make_app: MakeApp, site: Site) -> None:
    client = make_app(allow_private_urls=True).test_client()
    added = add(client, url=site.url("/tides"))
    assert (site.url("/tides"), "Tides") == (added["url"], added["title"])
    assert "High tide is at six." == ask(client, "When is high tide?")["closest"][0]["text"]
    assert is_problem(client.post("/articles", json={"url": "http://127.0.0.1:9/"}), 422, "http://127.0.0.1:9/")


# Uploading


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("trams.md", b"# Trams\n\nThe tram stops here.", "text/markdown"),
        ("<b>\xfc.html", b"<p>The tram stops here.</p><script>alert(1)</script>", "text/html"),
    ],
)
def test_the_original_of_an_article_is_an_attachment(
    client: CheckedClient, name: str, data: bytes, media_type: str
) -> None:
    article = upload(client, data, name).json
    response = client.get(f"/articles/{article['id']}/original")
    assert (200, data, media_type) == (response.status_code, response.data, response.mimetype)
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename")
    assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "nosniff" == response.headers["X-Content-Type-Options"]
    client.delete(f"/articles/{article['id']}")
    assert is_problem(client.get(f"/articles/{article['id']}/original"), 404)


def test_a_page_of_a_pdf_is_a_picture(client: CheckedClient) -> None:
    data = pdf([column("The annual report of the harbour."), column("The sluice was paid with 41,000 crowns.")])
    article = upload(client, data, "report.pdf").json
    start = article["text"].index("41,000")
    address = f"/articles/{article['id']}/pages"
    plain, marked = client.get(f"{address}/2.png"), client.get(f"{address}/2.png?start={start}&end={start + 6}")
    for response in (plain, marked):
        assert (200, "image/png") == (response.status_code, response.mimetype)
        assert response.data.startswith(b"\x89PNG")
    assert plain.data != marked.data
    assert plain.data == client.get(f"{address}/2.png?start=0&end=3").data  # which stand on the first page
    sluice = article["text"].index("sluice")
    more = client.get(f"{address}/2.png?start={start}&end={start + 6}&also={sluice}-{sluice + 6}")
    assert len({plain.data, marked.data, more.data}) == 3
    assert is_problem(client.get(f"{address}/3.png"), 404, "report.pdf has no page 3")
    for bad in ("0.png", "x.png", "2.png?start=-1", "2.png?also=4"):
        assert is_problem(client.get(f"{address}/{bad}"), 422)
    html = client.get(f"/read/{article['id']}?start={start}&end={start + 6}").text
    assert f'<img src="{address}/2.png?start={start}&amp;end={start + 6}"' in html
    assert "<img" not in client.get(f"/read/{article['id']}").text


def test_a_picture_is_not_drawn_again_for_a_browser_that_has_it(
    client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pdf([column("The annual report of the harbour.")])
    article = upload(client, data, "report.pdf").json
    address = f"/articles/{article['id']}/pages/1.png"
    plain, marked = client.get(address), client.get(f"{address}?start=4&end=10")
    assert "private, no-cache" == plain.headers["Cache-Control"]
    tag = plain.headers["ETag"]
    assert tag != marked.headers["ETag"]
    with monkeypatch.context() as patch:
        patch.setattr("corpus.documents.pdf.page_image.draw_page", lambda *_, **__: pytest.fail("It is drawn again."))
        for known in (tag, f'"other", {tag}', f"W/{tag}"):
            again = client.get(address, headers={"If-None-Match": known})
            assert (304, b"", tag) == (again.status_code, again.data, again.headers["ETag"])
    assert marked.data == client.get(f"{address}?start=4&end=10", headers={"If-None-Match": tag}).data
    assert 304 == client.get(address, headers={"If-None-Match": "*"}).status_code
    assert is_problem(client.get(address.replace("/1.png", "/2.png"), headers={"If-None-Match": "*"}), 404, "no page 2")
    client.delete(f"/articles/{article['id']}")
    gone = client.get(address, headers={"If-None-Match": tag})
    assert is_problem(gone, 404)
    assert "no-store" == gone.headers["Cache-Control"]


class SlowWorker(InlineWorker):
    """A worker that ends no call of a function until it may."""

    def __init__(self, function: Callable[..., object]) -> None:
        self.function, self.begun, self.may_end = function, threading.Event(), threading.Event()

    def run(self, parse: Callable[[bytes], T], data: bytes, name: str, seconds: float = 6.0) -> T:
        if getattr(parse, "func", None) is self.function:
            self.begun.set()
            assert self.may_end.wait(60)
        return super().run(parse, data, name, seconds)


def test_pictures_keep_no_document_and_not_many_requests_waiting(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.DRAWING_WAIT_SECONDS", 0.5)
    worker = SlowWorker(draw_page)
    app = make_app(worker=worker, server_threads=8)
    clients = [app.test_client() for _ in range(5)]
    article = upload(clients[0], pdf([column("The annual report.")]), "report.pdf").json  # type: ignore[arg-type]
    with ThreadPoolExecutor(5) as pool:
        first, *others = [pool.submit(each.get, f"/articles/{article['id']}/pages/1.png") for each in clients]
        assert worker.begun.wait(60)
        assert 201 == upload(app.test_client(), b"The tram stops here.", "trams.txt").status_code  # type: ignore[arg-type]
        refused = [each.result() for each in islice(as_completed([first, *others], 60), 4)]
        worker.may_end.set()
    for response in refused:
        assert is_problem(response, 503, "report.pdf can't be read now, since too many other documents are.")
        assert "2" == response.headers["Retry-After"]


def test_documents_leave_threads_to_other_requests_and_the_folder_waits_for_its_turn(
    make_app: MakeApp, articles: Path
) -> None:
    worker = SlowWorker(read_document)
    worker.may_end.set()
    app = make_app(worker=worker, server_threads=8)
    worker.may_end.clear()

    def add_document(number: int) -> TestResponse:
        return upload(app.test_client(), f"Tram {number} stops here.".encode(), f"{number}.txt")  # type: ignore[arg-type]

    with ThreadPoolExecutor(9) as pool:
        uploads = [pool.submit(add_document, number) for number in range(8)]
        refused = [each.result() for each in islice(as_completed(uploads, 60), 4)]
        waiting = app.test_client().post("/articles?wait=true", json={"text": "The tram stops here."})
        (articles / "new.txt").write_text("The bus stops there.")
        os.utime(articles / "new.txt", (0, 0))  # it is not being written any more
        scan = pool.submit(app.extensions["citeline.runtime"].scan_folder)
        assert not comes(scan.done, 0.5)
        worker.may_end.set()
        assert [201] * 4 + [503] * 4 == sorted(each.result().status_code for each in uploads)
        scan.result()
    for response in refused:
        assert is_problem(response, 503, "can't be read now, since too many other documents are.")
    assert is_problem(waiting, 503, "saved but not indexed yet, and too many requests are waiting.")
    assert "The bus stops there." in {each.title for each in app.extensions["citeline"].library.page(1, 20)}


def test_a_picture_is_open_to_those_who_may_read_the_article(make_app: MakeApp) -> None:
    client = make_app(token="Let me in, please.").test_client()
    headers = {"Authorization": "Bearer Let me in, please."}
    form = {"file": (io.BytesIO(pdf([column("The annual report.")])), "report.pdf")}
    article = client.post("/articles", data=form, headers=headers, content_type="multipart/form-data").json
    assert article is not None
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}
    for path in (f"/read/{article['id']}", f"/articles/{article['id']}/pages/1.png"):
        assert 200 == client.get(path).status_code
        for refused in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}, foreign):
            assert 403 == client.get(path, headers=refused).status_code


def test_only_pdfs_have_pages(client: CheckedClient) -> None:
    article = upload(client, b"The tram stops here.", "trams.txt").json
    assert is_problem(client.get(f"/articles/{article['id']}/pages/1.png"), 404, "trams.txt")
    assert is_problem(client.get("/articles/unknown/pages/1.png"), 404)


def test_an_article_without_an_original_says_so(make_app: MakeApp) -> None:
    client = make_app(keep_originals=0).test_client()
    assert isinstance(client, CheckedClient)
    for response in (upload(client, b"The tram stops here.", "a.txt"), client.post("/articles", json={"text": "No."})):
        assert is_problem(client.get(f"/articles/{response.json['id']}/original"), 404, "no original")


def test_originals_go_when_they_are_no_longer_kept(make_app: MakeApp, tmp_path: Path) -> None:
    data = pdf([column("The annual report of the harbour.")]) + random.Random(1).randbytes(300_000) + b"\n%%EOF"
    first = make_app()
    article = upload(first.test_client(), data, "report.pdf").json  # type: ignore[arg-type]
    close_app(first)
    pieces = [data[start : start + 100] for start in range(1000, 300_000, 1000)]  # most are on one page of the database
    assert sum(piece in stored_bytes(tmp_path / "state") for piece in pieces) > 200
    client = make_app(keep_originals=0).test_client()
    assert isinstance(client, CheckedClient)
    for path in ("original", "pages/1.png"):
        assert is_problem(client.get(f"/articles/{article['id']}/{path}"), 404, "CITELINE_KEEP_ORIGINALS is 0")
    assert "Original file" not in client.get(f"/read/{article['id']}").text
    assert article["text"] == client.get(f"/articles/{article['id']}").json["text"]
    left = stored_bytes(tmp_path / "state")
    assert (True, 0) == (len(left) < len(data), sum(piece in left for piece in pieces))


def stored_bytes(state: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(state.glob("articles.sqlite*")))


def test_the_address_of_a_replaced_article_gives_its_former_version(client: CheckedClient) -> None:
    first = add(client, text="It rains.", url="https://a.example/")
    second = add(client, text="It snows.", url="https://a.example/")
    assert {**first, "replaced_by": second["id"]} == {
        **client.get(f"/articles/{first['id']}").json,
        **{name: first[name] for name in ("indexed", "notes")},
    }
    assert client.get(f"/articles/{second['id']}").json["replaced_by"] is None
    page = client.get(f"/read/{first['id']}?start=0&end=2").text
    assert "This is a former version" in page
    assert f'href="/read/{second["id"]}"' in page
    assert "<mark" in page
    assert "former version" not in client.get(f"/read/{second['id']}").text
    for path in ("original", "pages/1.png"):
        assert 301 == client.get(f"/articles/{first['id']}/{path}").status_code
    assert is_problem(client.delete(f"/articles/{first['id']}"), 404)
    assert 204 == client.delete(f"/articles/{second['id']}").status_code
    assert is_problem(client.get(f"/articles/{first['id']}"), 404)


def test_the_address_of_a_former_version_that_is_not_kept_leads_to_the_new_one(make_app: MakeApp) -> None:
    client = make_app(keep_versions=0).test_client()
    assert isinstance(client, CheckedClient)
    first = add(client, text="It rains.", url="https://a.example/")
    second = add(client, text="It snows.", url="https://a.example/")
    response = client.get(f"/articles/{first['id']}")
    assert (301, f"/articles/{second['id']}") == (response.status_code, response.headers["Location"])
    page = client.get(f"/read/{first['id']}?start=0&end=2")
    assert (301, f"/read/{second['id']}?was={first['id']}") == (page.status_code, page.headers["Location"])
    assert "former version" in client.get(page.headers["Location"]).text


def test_the_reply_says_which_pages_of_an_upload_hold_no_text(client: CheckedClient) -> None:
    cover = b"BT /F 11 Tf 72 700 Td (Minutes of May) Tj ET"
    response = upload(client, pdf([], contents=[cover, b"0 0 500 700 re f"]), "minutes.pdf")
    assert ["1 of 2 pages holds no text, only a picture: 2. OCR would read it."] == response.json["notes"]
    assert [] == upload(client, b"The tram stops.", "trams.txt").json["notes"]


def test_an_uploaded_document_becomes_an_article(client: CheckedClient) -> None:
    response = upload(client, b"# Trams\n\nThe tram stops at the museum.\n", "trams.md", "?wait=true")
    assert (201, "Trams", True) == (response.status_code, response.json["title"], response.json["indexed"])
    again = upload(client, b"# Trams\n\nThe tram stops at the museum.\n", "other.md")
    assert (200, response.json["id"]) == (again.status_code, again.json["id"])


def test_an_upload_takes_the_fields_of_an_article(client: CheckedClient) -> None:
    fields = {"title": "Trams", "updated": "2022-01-14", "source": "City", "url": "", "tags": ["1, tram", "museum"]}
    sent = {"file": (io.BytesIO(b"The tram stops at the museum."), "a.txt"), **fields}
    found = client.post("/articles", data=sent).json
    expected = fields | {"url": None, "tags": ["1", "tram", "museum"]}
    assert expected == {name: found.get(name) for name in expected}, found
    for name, value in (("published", "soon"), ("url", "tram"), ("replaces", "it"), ("author", "Ida")):
        wrong = {"file": (io.BytesIO(b"The tram is late."), "b.txt"), name: value}
        assert is_problem(client.post("/articles", data=wrong), 422, name)


def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as word:
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
        word.writestr("[Content_Types].xml", f'<Types><Override ContentType="{kind}"/></Types>')
        word.writestr("word/document.xml", b"<w:p>" + b" " * 60_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "status", "words"),
    [
        (b"", "empty.txt", 422, "empty.txt is empty"),
        (b" \n ", "spaces.txt", 422, "spaces.txt is empty"),
        (b"\x00\x01\x02\xff" * 100, "binary.txt", 422, "binary.txt"),
        (b"GIF89a" + bytes(100), "picture.gif", 415, "picture.gif"),
        (b"MZ" + bytes(100), "program.exe", 415, "program.exe"),
        (b"just text", "not.pdf", 422, "not.pdf"),
        (b"PK\x03\x04 broken", "broken.docx", 422, "broken.docx"),
        (zip_bomb(), "bomb.docx", 413, "bomb.docx"),
    ],
)
def test_an_unreadable_document_is_refused_by_name(
    refusing: CheckedClient, data: bytes, name: str, status: int, words: str
) -> None:
    assert is_problem(upload(refusing, data, name), status, words)
    assert 0 == refusing.get("/articles").json["total"]


@pytest.mark.parametrize("size", [2**20 + 1, 2**20 + 2**17, 3 * 2**20])
def test_a_file_over_the_limit_is_refused_with_the_limit_and_its_setting(make_app: MakeApp, size: int) -> None:
    client = make_app(max_upload=1).test_client()
    start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.txt"\r\n\r\n'
    form = start + b"a " * (size // 2 + 1) + b"\r\n--x--\r\n"
    response = client.post("/articles", data=form, content_type="multipart/form-data; boundary=x")
    assert is_problem(response, 413, "1 MiB")
    assert "CITELINE_MAX_UPLOAD" in response.json["detail"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([], "file"),
        ([("document", (io.BytesIO(b"A text."), "a.txt"))], "file"),
        ([("file", "A text, but not a file.")], "file name"),
        ([("file", (io.BytesIO(b"A text."), "a.txt")), ("colour", "Red")], "colour"),
        ([("file", (io.BytesIO(b"A text."), "a.txt")), ("file", (io.BytesIO(b"B text."), "b.txt"))], "one document"),
    ],
)
def test_a_form_that_is_not_one_file_is_refused(
    refusing: CheckedClient, fields: list[tuple[str, object]], words: str
) -> None:
    response = refusing.post("/articles", data=MultiDict(fields), content_type="multipart/form-data")
    assert is_problem(response, 422, words)


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=x", 'multipart/form-data; boundary="\xe9"']
)
def test_a_broken_form_is_refused(refusing: CheckedClient, content_type: str) -> None:
    assert refusing.post("/articles", data=b"--y\r\nnonsense", content_type=content_type).status_code in {400, 422}


def test_a_name_with_odd_characters_does_no_harm(client: CheckedClient) -> None:
    assert 201 == upload(client, b"The tram stops here.", "../../\x1b[31m<b>🚲.txt").status_code


# Articles


def test_articles_come_newest_first_and_without_texts(client: CheckedClient) -> None:
    for number in range(3):
        add(client, wait=False, text=f"The tram number {number} stops here.", title=f"Tram {number}")
    listed = client.get("/articles?per_page=2").json
    assert (1, 2, 5) == (listed["page"], listed["per_page"], listed["total"])
    assert ["Tram 2", "Tram 1"] == [article["title"] for article in listed["articles"]]
    assert "text" not in listed["articles"][0]


def test_pages_hold_every_article_once(client: CheckedClient) -> None:
    for number in range(5):
        add(client, wait=False, text=f"The tram number {number} stops here.")
    pages = [client.get(f"/articles?page={page}&per_page=3").json["articles"] for page in range(1, 5)]
    assert [3, 3, 1, 0] == [len(page) for page in pages]
    assert 7 == len({article["id"] for page in pages for article in page})


def test_articles_are_listed_by_words_of_title_and_source(client: CheckedClient) -> None:
    add(client, text="The mill grinds oats.", title="Oats at the mill", source="River Post")
    found = client.get("/articles?q=river+OAT").json
    assert (["Oats at the mill"], 1) == ([one["title"] for one in found["articles"]], found["total"])
    assert (0, []) == ((none := client.get("/articles?q=zebra").json)["total"], none["articles"])


@pytest.mark.parametrize(
    "query",
    [
        *("page=0", "page=-1", "page=x", "page=9999999999999999999", "per_page=0", "per_page=201", "pages=2"),
        f"q={'x' * 201}",
    ],
)
def test_an_invalid_page_of_the_list_is_refused(refusing: CheckedClient, query: str) -> None:
    assert is_problem(refusing.get(f"/articles?{query}"), 422, query.partition("=")[0])


@pytest.mark.parametrize("name", ["0" * 16, "%00", "%ff", "..%5c..", "%F0%9F%9A%B2", "'--", "a" * 5000, "a%2Fb"])
def test_an_unknown_id_is_not_found(refusing: CheckedClient, name: str) -> None:
    assert is_problem(refusing.get(f"/articles/{name}"), 404)
    assert is_problem(refusing.delete(f"/articles/{name}"), 404)


def test_a_deleted_article_stops_answering_at_once(client: CheckedClient) -> None:
    ferry = ask(client)["answers"][0]["article"]["id"]
    response = client.delete(f"/articles/{ferry}")
    assert (204, b"") == (response.status_code, response.data)
    assert ferry not in {found["article"]["id"] for found in ask(client)["closest"]}
    assert is_problem(client.delete(f"/articles/{ferry}"), 404)
    assert is_problem(client.get(f"/articles/{ferry}"), 404)


def test_edited_metadata_is_in_the_article_the_list_and_answers(client: CheckedClient) -> None:
    found = add(client, text="The tram stops at noon.", published="2022-01-13", source="City", tags=["tram"])
    path = f"/articles/{found['id']}"
    edit = {"title": "Trams", "published": "2022-01-14", "source": None, "tags": ["tram", "Süd", "Nord"]}
    merge_patch = "application/merge-patch+json"
    response = client.patch(f"{path}?wait=true", data=json.dumps(edit), content_type=merge_patch)
    assert (200, found | edit) == (response.status_code, response.json | {"indexed": True, "notes": []})
    assert response.json == client.get(path).json
    assert "Trams" in [one["title"] for one in client.get("/articles?q=trams").json["articles"]]
    article = ask(client, "When does the tram stop?")["answers"][0]["article"]
    assert ("Trams", "2022-01-14", None) == (article["title"], article["published"], article["source"])
    assert client.patch(path, json={"tags": None}).json == response.json | {"tags": []}


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"title": " "}, "title: must not be empty"),
        ({"title": None}, "title must be a text"),
        ({"published": "soon"}, "published: The date 'soon' is not an ISO 8601 date"),
        ({"url": "tram"}, "url: 'tram' is not a web address"),
        ({"replaces": "it"}, "replaces: 'it' is neither the id of an article nor a web address"),
        ({"tags": "tram"}, "tags"),
        ({"tags": [1]}, "tags.0 must be a text"),
        ({"text": "Other."}, "text is not a field of this request; known: title, url"),
    ],
)
def test_a_bad_edit_is_refused_by_field(client: CheckedClient, edit: dict[str, object], words: str) -> None:
    path = f"/articles/{client.get('/articles').json['articles'][0]['id']}"
    before = client.get(path).json
    assert is_problem(client.patch(path, json=edit), 422, words)
    assert before == client.get(path).json


def test_an_edit_needs_an_article_and_json(client: CheckedClient) -> None:
    assert is_problem(client.patch("/articles/0000000000000000", json={"title": "Trams"}), 404)
    assert is_problem(client.patch("/articles/0000000000000000", data="title=Trams"), 415)
    assert is_problem(client.patch("/articles/0000000000000000", data="{", content_type="application/json"), 400)


# The index


class SlowEmbedder(WordEmbedder):
    """Takes as long as a test wants."""

    def __init__(self, model_id: str = "words@1") -> None:
        super().__init__(model_id)
        self.slow = threading.Event()

    def embed(self, texts: Any, progress: Any = None) -> NDArray[np.float32]:
        while self.slow.is_set():
            time.sleep(0.005)
            if progress is not None:
                progress(0)
        return super().embed(texts, progress)


def test_an_unusable_store_is_a_problem(make_app: MakeApp, tmp_path: Path) -> None:
    client = make_app().test_client()
    with closing(sqlite3.connect(tmp_path / "state" / "articles.sqlite")) as other:
        other.execute("DROP TABLE articles")
    for method, path in (("GET", "/articles"), ("DELETE", "/articles/x"), ("GET", "/index"), ("POST", "/articles")):
        refused = client.open(path, method=method, json={"text": "A text."})
        assert (507, True) == (refused.status_code, "articles.sqlite" in refused.json["detail"])


def test_the_index_has_its_state(client: CheckedClient) -> None:
    state = client.get("/index").json
    assert (2, 4, 0, "words@1") == (state["articles"], state["sentences"], state["pending"], state["model"])
    assert {"generation", "built_at", "job", "problem", "files"} <= set(state)


def test_an_unreadable_file_is_named_without_its_folder(make_app: MakeApp, articles: Path) -> None:
    (articles / "inner").mkdir()
    (articles / "inner" / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (problem,) = make_app().test_client().get("/index").json["files"]
    assert "inner/broken.pdf" == problem["name"]
    assert str(articles) not in problem["problem"]


def test_before_there_is_an_index_nothing_is_ready(make_app: MakeApp) -> None:
    embedder = SlowEmbedder()
    embedder.slow.set()
    app = make_app(embedder, ready=False)
    client = app.test_client()
    assert {"status": "ok"} == client.get("/healthz").json
    assert is_problem(client.get("/readyz"), 503, "being built")
    assert is_problem(client.post("/ask", json={"question": "When?"}), 503, "being built")
    state = client.get("/index").json
    assert (None, 2, 0) == (state["generation"], state["pending"], state["sentences"])
    assert "2" == client.get("/readyz").headers["Retry-After"]
    embedder.slow.clear()
    app.extensions["citeline"].indexer.wait(60)
    assert {"status": "ok"} == client.get("/readyz").json
    assert ask(client)["answered"]


def finishes(client: CheckedClient, job: str) -> bool:
    """Wait until a build is done."""
    return comes(lambda: (found := client.get("/index").json["job"]) and (job, "done") == (found["id"], found["state"]))


def test_one_rebuild_runs_at_a_time(make_app: MakeApp) -> None:
    embedder = SlowEmbedder()
    client = make_app(embedder).test_client()
    generation = client.get("/index").json["generation"]
    embedder.slow.set()
    begun = client.post("/index/rebuild")
    assert (202, "rebuild", "running") == (begun.status_code, begun.json["kind"], begun.json["state"])
    assert is_problem(client.post("/index/rebuild"), 409, "running already")
    assert ask(client)["generation"] == generation
    embedder.slow.clear()
    assert finishes(client, begun.json["id"])
    assert client.get("/index").json["generation"] > generation
    assert 202 == client.post("/index/rebuild").status_code


@pytest.mark.parametrize("content_type", [None, "application/x-www-form-urlencoded", "application/json"])
def test_a_rebuild_needs_no_body(client: CheckedClient, content_type: str | None) -> None:
    assert 202 == client.post("/index/rebuild", content_type=content_type).status_code


def test_an_index_of_another_model_is_reported_and_not_used(make_app: MakeApp) -> None:
    first = make_app()
    close_app(first)
    client = make_app(WordEmbedder("other@1"), ready=False).test_client()
    assert is_problem(client.get("/readyz"), 503, "CITELINE_MODEL")
    assert is_problem(client.post("/ask", json={"question": "When?"}), 503, "words@1")
    assert "words@1" in client.get("/index").json["problem"]
    assert finishes(client, client.post("/index/rebuild").json["id"])
    assert ask(client)["answered"]


def test_questions_are_answered_while_articles_change(app: Flask) -> None:
    stop = threading.Event()

    def ask_on() -> int:
        asker, count = app.test_client(), 0
        while not stop.is_set():
            reply = ask(asker, top_k=5)  # type: ignore[arg-type]
            for found in reply["answers"]:
                assert (
                    found["text"]
                    == found["context"]["text"][
                        found["start"] - found["context"]["start"] : found["end"] - found["context"]["start"]
                    ]
                )
            assert any(found["article"]["title"].startswith("The ferry") for found in reply["closest"])
            count += 1
        return count

    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask_on) for _ in range(8)]
        try:
            client = app.test_client()
            for number in range(2):
                added = add(client, text=f"The tram number {number} stops here.")  # type: ignore[arg-type]
                assert 204 == client.delete(f"/articles/{added['id']}").status_code
        finally:
            stop.set()
        assert min(one.result() for one in asking) > 0


def test_texts_of_the_fixture_are_what_the_folder_gave(client: CheckedClient) -> None:
    listed = client.get("/articles").json["articles"]
    assert {FERRY, BRIDGE} == {client.get(f"/articles/{article['id']}").json["text"] for article in listed}


def import_table(client: CheckedClient, data: bytes, name: str) -> TestResponse:
    return client.post("/articles/import", data={"file": (io.BytesIO(data), name)})


def test_the_articles_of_a_table_are_added(client: CheckedClient) -> None:
    table = b'{"text": "The tram stops at the museum.", "title": "Trams"}\n{"title": "Empty"}\n'
    expected = {"added": 1, "unchanged": 0, "failed": 1, "problems": ["Line 2: It has no text."]}
    assert expected == import_table(client, table, "news.jsonl").json
    rows = b"text;title\nThe tram stops at the museum.;Trams\nThe bus waits.;Buses\n"
    assert {**expected, "unchanged": 1, "failed": 0, "problems": []} == import_table(client, rows, "news.CSV").json
    assert {"Trams", "Buses"} <= {article["title"] for article in client.get("/articles").json["articles"]}


def test_a_document_is_no_table_and_a_table_no_document(client: CheckedClient) -> None:
    table = b"text,title\nThe bus waits.,Buses\n"
    assert is_problem(upload(client, table, "news.csv"), 415, "table of articles")
    assert is_problem(upload(client, b'{"text": "The bus waits."}', "news.jsonl"), 415, "table of articles")
    assert is_problem(import_table(client, b"Port,Time\nNorth,08:15\n", "ports.csv"), 422, 'no column "text"')
    assert 201 == upload(client, b"Port,Time\nNorth,08:15\n", "ports.csv").status_code


def test_names_of_live_articles_are_suggested(app: Flask, client: CheckedClient) -> None:
    app.extensions["citeline"].suggestions.catch_up()
    assert {"questions": [], "names": ["Amina Farouk"]} == client.get("/suggest?q=fár").json
    [bridge] = [one for one in client.get("/articles").json["articles"] if "bridge" in one["title"].lower()]
    assert 204 == client.delete(f"/articles/{bridge['id']}").status_code
    assert {"questions": [], "names": []} == client.get("/suggest?q=fár").json


@pytest.mark.parametrize(
    ("query", "named"), [("limit=0", "limit"), ("limit=21", "limit"), (f"q={'x' * 201}", "q"), ("p=x", "p")]
)
def test_a_bad_field_of_a_request_for_suggestions_is_named(client: CheckedClient, query: str, named: str) -> None:
    assert is_problem(client.get(f"/suggest?{query}"), 422, named)


def test_next_questions_are_checked_like_questions(client: CheckedClient) -> None:
    assert is_problem(client.post("/next-questions", json={"question": " "}), 422, "empty")
    assert is_problem(client.post("/next-questions", json={"question": "Who?", "source": "Nowhere"}), 422, "Nowhere")
    found = client.post("/next-questions", json={"question": "When does the ferry leave?"}).json
    assert {"questions"} == set(found)
    assert len(found["questions"]) <= 3


def test_changes_are_followed_from_the_first_article_on(client: CheckedClient) -> None:
    page = client.get("/changes?limit=1").json
    assert (1, True) == (len(page["changes"]), page["more"])
    rest = client.get(f"/changes?since={page['cursor']}").json
    assert [["added", False]] == [[one["kind"], rest["more"]] for one in rest["changes"]]
    added = add(client, text="The tram is free on Sundays.", title="Tram")
    client.patch(f"/articles/{added['id']}", json={"title": "The tram"})
    client.delete(f"/articles/{added['id']}")
    later = client.get(f"/changes?since={rest['cursor']}").json
    expected = [(kind, added["id"], None) for kind in ("added", "changed", "deleted")]
    assert expected == [(one["kind"], one["id"], one["article"]) for one in later["changes"]]
    nothing = client.get(f"/changes?since={later['cursor']}").json
    assert {"changes": [], "cursor": later["cursor"], "more": False} == nothing
    assert nothing == client.get("/changes?since=now").json


def test_a_bad_or_old_cursor_is_refused(client: CheckedClient) -> None:
    refused = client.get("/changes?since=yesterday")
    assert is_problem(refused, 422, "is no cursor")
    assert "since" == refused.json["errors"][0]["parameter"]
    assert is_problem(client.get("/changes?since=00000000-1"), 410, "Ask again without a cursor")


INVALID_FIELDS = [
    ({"top_k": 3}, "#/question"),
    ({"question": "When?", "top_k": 99}, "#/top_k"),
    ({"question": "When?", "conversation": [{"question": "Who?", "answer": 5}]}, "#/conversation/0/answer"),
    ({"question": "When?", "source": ["Gazette", 5]}, "#/source/1"),
    ({"question": "When?", "a/b~c %": 1}, "#/a~1b~0c%20%25"),
    ({"question": "When?", "source": "nobody"}, "#/source"),
    ({"question": "When?", "article": ["0123456789abcdef"]}, "#/article"),
]


@pytest.mark.parametrize(("body", "pointer"), INVALID_FIELDS)
def test_an_invalid_field_is_pointed_at(client: CheckedClient, body: dict[str, Any], pointer: str) -> None:
    response = client.post("/ask", json=body)
    assert is_problem(response, 422)
    assert "function-after" not in response.text
    assert pointer in {error["pointer"] for error in response.json["errors"]}
    assert all(error["detail"] for error in response.json["errors"])


def test_an_invalid_parameter_is_named(client: CheckedClient) -> None:
    for address, name in (("/ask?question=When&top_k=0", "top_k"), ("/articles?page=x", "page")):
        response = client.get(address)
        assert is_problem(response, 422)
        assert [name] == [error["parameter"] for error in response.json["errors"]]


def test_what_is_unchanged_is_not_sent_again(client: CheckedClient) -> None:
    article = add(client, text="The tram is free on Sundays.", title="Tram")
    file = (io.BytesIO(b"The lift is out of order."), "lift.txt")
    upload = client.post("/articles?wait=true", data={"file": file}).json
    addresses = [f"/articles/{article['id']}", "/articles?per_page=2", "/sources", f"/articles/{upload['id']}/original"]
    for address in addresses:
        with client.get(address) as first:
            assert "private, no-cache" == first.headers["Cache-Control"]
            known = {"If-None-Match": first.headers["ETag"]}
        with client.get(address, headers=known) as again:
            assert (304, b"", known["If-None-Match"]) == (again.status_code, again.data, again.headers["ETag"])
    client.patch(f"/articles/{article['id']}?wait=true", json={"source": "Gazette"})
    with client.get(addresses[0], headers={"If-None-Match": '"x"'}) as changed:
        assert "Gazette" == changed.json["source"]
    assert 200 == client.get(addresses[1], headers={"If-None-Match": '"x"'}).status_code
