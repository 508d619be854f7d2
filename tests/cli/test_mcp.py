"""The MCP server, by the client of its own package, over real standard input and output and real HTTP."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters

from qa.reader.loader import SENTENCES
from tests.processes import PATIENCE_S, ROOT, running_server

pytestmark = pytest.mark.system  # each starts a server, which loads the models
FERRY = "The ferry leaves at noon from the northern pier. It carries bicycles for two crowns."
Talk = Callable[[Client], Coroutine[Any, Any, None]]


@pytest.fixture(scope="module")
def flags(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Which library the servers open; it is indexed already."""
    folder = tmp_path_factory.mktemp("mcp")
    (folder / "articles").mkdir()
    text = f"---\ntitle: Ferry\npublished: 2024-05-03\nurl: https://news.example/ferry\nsource: Gazette\n---\n{FERRY}"
    (folder / "articles" / "ferry.md").write_text(text, encoding="utf-8")
    named = ["--state", str(folder / "state"), "--articles", str(folder / "articles"), "--reader", SENTENCES]
    subprocess.run([sys.executable, "app.py", "rebuild", *named], cwd=ROOT, check=True, capture_output=True)
    return named


@pytest.fixture
def address(flags: list[str]) -> Iterator[str]:
    command = [sys.executable, "app.py", "mcp", "--http", "--port", "0", "--threshold", "0", *flags]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    with closing(process.stderr) as lines:
        try:
            yield next(found[0] for line in lines if (found := re.search(r"http://\S+/mcp", line)))
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def talk(server: StdioServerParameters | str, conversation: Talk) -> None:
    async def run() -> None:
        async with Client(server) as client:
            await conversation(client)

    anyio.run(run)


def stdio(flags: list[str]) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=["app.py", "mcp", "--threshold", "0", *flags], cwd=ROOT)


async def ask_search_and_fetch(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert {"ask", "search", "fetch", "verify"} == set(tools)
    assert all(tool.annotations is not None and tool.annotations.read_only_hint for tool in tools.values())
    said = (await client.call_tool("ask", {"question": "When does the ferry leave?"})).structured_content
    assert said is not None
    answer = said["answers"][0]
    assert ("Ferry", "https://news.example/ferry", "2024-05-03") == tuple(
        answer[n] for n in ("title", "url", "published")
    )
    assert answer["link"].startswith("https://news.example/ferry#:~:text=")
    article = (await client.call_tool("fetch", {"id": answer["id"]})).structured_content
    assert article is not None
    assert answer["text"] == article["text"][answer["start"] : answer["end"]]
    assert answer["text"] in answer["quotation"]
    found = (await client.call_tool("search", {"query": "bicycles on the ferry", "top_k": 1})).structured_content
    assert found is not None
    assert ["It carries bicycles for two crowns."] == [one["text"] for one in found["results"]]


async def verify_a_draft(client: Client) -> None:
    draft = (
        'It says "The ferry leaves at noon from the northern pier", "It carries no bicycles for two crowns" and '
        '"the whale sang to the moon all night long".'
    )
    said = (await client.call_tool("verify", {"text": draft})).structured_content
    assert said is not None
    exact, altered, invented = said["quotations"]
    assert ("exact", "altered", "not found") == (exact["verdict"], altered["verdict"], invented["verdict"])
    assert ("Ferry", 0) == (exact["places"][0]["title"], exact["places"][0]["start"])
    assert ["added: 'no' for ''"] == altered["differences"]
    assert ([], []) == (exact["differences"], invented["places"])


async def send_what_is_wrong(client: Client) -> None:
    wrong = [
        ("ask", {"question": ""}, "question"),
        ("ask", {"question": "When?", "source": "nobody"}, "No article has the source"),
        ("ask", {"question": "When?", "published_from": "soon"}, "ISO 8601"),
        ("search", {"query": "ferry", "top_k": 0}, "top_k must be from 1"),
        ("fetch", {"id": "none"}, "no article with the id"),
        ("fetch", {"id": "none", "offset": -1}, "offset must be"),
        ("verify", {"text": "a" * 1_000_001}, "Send it in parts"),
    ]
    for name, arguments, words in wrong:
        result = await client.call_tool(name, arguments)
        assert result.is_error, arguments
        assert words in result.content[0].text.replace("Question", "question")


def test_an_assistant_asks_searches_and_fetches_over_standard_input(flags: list[str]) -> None:
    talk(stdio(flags), ask_search_and_fetch)
    talk(stdio(flags), verify_a_draft)


def test_an_assistant_asks_searches_and_fetches_over_http(address: str) -> None:
    talk(address, ask_search_and_fetch)
    talk(address, verify_a_draft)
    talk(address, send_what_is_wrong)
    foreign = {"Host": "rebound.example", "Accept": "application/json", "Content-Type": "application/json"}
    assert 421 == httpx.post(address, headers=foreign, json={}).status_code
    origin = {**foreign, "Host": httpx.URL(address).netloc.decode(), "Origin": "https://evil.example"}
    assert 403 == httpx.post(address, headers=origin, json={}).status_code


def test_it_follows_a_service_that_runs_beside_it(flags: list[str]) -> None:
    async def add_and_ask(client: Client) -> None:
        added = httpx.post(
            f"{address}/articles?wait=true", json={"title": "Tram", "text": "The tram stops at the museum."}, timeout=60
        )
        assert 201 == added.status_code
        with anyio.fail_after(30):
            while True:
                said = (await client.call_tool("search", {"query": "tram museum", "top_k": 1})).structured_content
                if said is not None and said["results"][0]["id"] == added.json()["id"]:
                    return
                await anyio.sleep(0.1)

    state, rest = Path(flags[1]), flags[2:]
    with running_server(state, *rest) as address:
        talk(stdio(flags), add_and_ask)


def test_http_is_refused_where_reading_needs_a_token(flags: list[str]) -> None:
    command = [sys.executable, "app.py", "mcp", "--http", *flags]
    environment = os.environ | {"CITELINE_READ": "token", "CITELINE_TOKEN": "a" * 20}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert 1 == done.returncode
    assert "CITELINE_READ" in done.stderr
