import re
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api_client import CheckedClient

PAGES = {"/", "/a/<reply_id>", "/read/<article_id>", "/library", "/settings", "/open-questions", "/docs", "/widget.js"}
NOT_DESCRIBED = PAGES | {"/static/<path:filename>", "/docs/static/<path:filename>", "/openapi.json"}


@pytest.fixture
def document(client: CheckedClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json
    return found


def test_the_document_is_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert [] == list(OpenAPIV31SpecValidator(document).iter_errors())


def test_every_route_is_described_and_nothing_else(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule not in NOT_DESCRIBED
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    assert routes == described
    assert {rule.rule for rule in app.url_map.iter_rules()} > NOT_DESCRIBED


def test_every_operation_says_what_it_does_and_how_it_fails(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (path, method)
            failures = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
            assert {"403", "500", "507"} <= set(failures)
            for answer in failures.values():
                schema = answer["content"]["application/problem+json"]["schema"]
                assert {"$ref": "#/components/schemas/Problem"} == schema


def test_operations_have_names_and_groups_that_client_generators_use(document: dict[str, Any]) -> None:
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert [] == [one for one in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", one)]
    tags = {tag["name"] for tag in document["tags"]}
    assert [] == [one["operationId"] for one in operations if len(one["tags"]) != 1 or not set(one["tags"]) <= tags]


def test_bodies_and_parameters_are_described(document: dict[str, Any]) -> None:
    post = document["paths"]["/articles"]["post"]
    assert {"application/json", "multipart/form-data"} == set(post["requestBody"]["content"])
    assert {"wait"} == {parameter["name"] for parameter in post["parameters"]}
    by_address = document["paths"]["/ask"]["get"]["parameters"]
    asked = {"question", "top_k", "now", "published_from", "published_to", "as_of"} | {
        *("source", "language", "article", "undated", "timeline", "ignore", "conversation_id", "offsets", "selectors"),
    }
    assert asked == {parameter["name"] for parameter in by_address}
    assert asked | {"conversation"} == set(document["components"]["schemas"]["AskBody"]["properties"])


def test_operations_that_change_something_declare_the_token(document: dict[str, Any]) -> None:
    wanting = {
        (method, path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if operation.get("security") and {} not in operation["security"]
    }
    assert {
        ("get", "/audit"),
        ("get", "/feeds.opml"),
        ("patch", "/settings.json"),
        ("get", "/articles/deleted"),
        ("post", "/articles/delete"),
        ("post", "/articles/restore"),
        ("post", "/articles"),
        ("post", "/articles/import"),
        ("post", "/articles/bulk"),
        ("patch", "/articles/{article_id}"),
        ("delete", "/articles/{article_id}"),
        ("post", "/watches"),
        ("delete", "/watches/{watch_id}"),
        ("delete", "/questions"),
        ("get", "/questions"),
        ("delete", "/questions/{question_id}"),
        ("post", "/index/rebuild"),
        ("post", "/feeds"),
        ("post", "/feeds/poll"),
        ("post", "/feeds/{feed_id}/poll"),
        ("post", "/feeds/import"),
        ("delete", "/feeds/{feed_id}"),
    } == wanting
    assert {"token", "cookie"} == document["components"]["securitySchemes"].keys()


def test_every_operation_but_health_and_signing_in_may_need_a_token(document: dict[str, Any]) -> None:
    open_to_all = {
        path for path, item in document["paths"].items() for operation in item.values() if "security" not in operation
    }
    assert {"/healthz", "/readyz", "/metrics", "/sign-in", "/sign-out"} == open_to_all
    for path in document["paths"].keys() - open_to_all:
        for operation in document["paths"][path].values():
            assert {"401", "403", "429"} <= operation["responses"].keys()
            assert "Needs the right " in operation["description"]


def test_the_docs_page_loads_only_local_files_that_exist(client: CheckedClient) -> None:
    html = client.get("/docs").text
    names = re.findall(r'(?:src|href|data-url)="([^"]+)"', html)
    assert len(names) >= 5
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*src=)", html)
    for name in names:
        assert name.startswith("/"), name
        with client.get(name) as response:
            assert (name, 200) == (name, response.status_code)
            assert len(response.data) > 100
