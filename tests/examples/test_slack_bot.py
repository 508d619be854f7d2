"""The Slack bot against a made Slack over HTTP and the real service."""

import hashlib
import hmac
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.examples.conftest import EXAMPLES
from tests.waiting import PATIENCE
from tests.web_server import QuietServer

pytestmark = pytest.mark.system
SECRET = "the signing secret of a test"
SENTENCE = "The final withdrawal of peacekeepers is scheduled to be completed on January 19."


class Slack:
    """The part of Slack's web interface that the bot calls; `posted` are the messages."""

    def __init__(self) -> None:
        self.posted: Queue[dict[str, Any]] = Queue()
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                if self.path == "/api/chat.postMessage":
                    slack.posted.put(json.loads(body))
                known = {"ok": True, "user_id": "UBOT", "bot_id": "BBOT", "team_id": "T1", "ts": "9.9"}
                sent = json.dumps(known).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.thread = Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/api/"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Channel:
    """A channel of Slack in which people mention the bot."""

    def __init__(self, bot: str, slack: Slack) -> None:
        self._bot, self._slack = bot, slack

    def send(self, text: str, ts: str, thread: str | None = None, secret: str = SECRET) -> httpx.Response:
        event = {"type": "app_mention", "channel": "C1", "user": "U1", "text": text, "ts": ts}
        event |= {} if thread is None else {"thread_ts": thread}
        body = json.dumps({"type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event": event}).encode()
        now = str(int(time.time()))
        signed = hmac.new(secret.encode(), b"v0:" + now.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Slack-Request-Timestamp": now}
        return httpx.post(self._bot, content=body, headers=headers | {"X-Slack-Signature": f"v0={signed}"}, timeout=60)

    def ask(self, text: str, ts: str = "1.0", thread: str | None = None) -> dict[str, Any]:
        """Mention the bot, and return the message that it posts."""
        assert 200 == self.send(f"<@UBOT> {text}", ts, thread).status_code
        return self._slack.posted.get(timeout=PATIENCE)


@pytest.fixture(scope="module")
def slack() -> Iterator[Slack]:
    made = Slack()
    yield made
    made.close()


@contextmanager
def running_bot(python: Path, slack: Slack, citeline: str) -> Iterator[Channel]:
    """Run the bot as its own program, and yield the channel that it is in."""
    settings = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": SECRET, "SLACK_API": slack.address}
    settings |= {"CITELINE": citeline, "CITELINE_PUBLIC": "https://citeline.example.org/", "PORT": "0"}
    command = [python, EXAMPLES / "slack_bot.py"]
    process = subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = iter(process.stderr.readline, "")
    found = next((match for line in said if (match := re.search(r"http://\S+/slack/events", line))), None)
    assert found is not None, "the bot did not start"
    reader = Thread(target=process.stderr.read)  # or the bot would wait for someone to read its log
    reader.start()
    try:
        yield Channel(found[0], slack)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        reader.join()
        process.stderr.close()


@pytest.fixture(scope="module")
def channel(python: Path, slack: Slack, service: str) -> Iterator[Channel]:
    with running_bot(python, slack, service) as made:
        yield made


def text_of(element: dict[str, Any]) -> str:
    return "".join(part["text"] for part in element["elements"])


def test_a_mention_is_answered_in_its_thread_by_the_quotation(channel: Channel, service: str) -> None:
    message = channel.ask("When does the withdrawal finish?", "1.5")
    assert ("C1", "1.5", "January 19") == (message["channel"], message["thread_ts"], message["text"])
    said, quoted, named = message["blocks"][0]["elements"]
    assert "January 19" == text_of(said)
    assert ("rich_text_quote", SENTENCE) == (quoted["type"], text_of(quoted))
    assert ["January 19"] == [part["text"] for part in quoted["elements"] if part.get("style") == {"bold": True}]
    assert "CSTO peacekeepers withdraw from Kazakhstan (January 13, 2022)" == text_of(named)
    link = named["elements"][0]["url"]
    assert link.startswith("https://citeline.example.org/read/")
    page = httpx.get(link.replace("https://citeline.example.org", service))
    assert "<mark" in page.text


def test_a_question_in_the_thread_is_understood_by_those_before_it(channel: Channel) -> None:
    channel.ask("Who appealed to the CSTO for help?", "2.0")
    follow_up = channel.ask("when did he announce the end of it?", "2.1", thread="2.0")
    assert ("2.0", "January 12") == (follow_up["thread_ts"], follow_up["text"])
    elsewhere = channel.ask("when did he announce the end of it?", "3.0")
    assert ("3.0", True) == (elsewhere["thread_ts"], "January 12" != elsewhere["text"])


def test_it_says_that_the_articles_do_not(channel: Channel) -> None:
    message = channel.ask("Who won the tennis final?", "4.0")
    assert message["text"].startswith("The articles don’t say.")
    assert "blocks" not in message
    assert "Ask me something: I look it up in the articles." == channel.ask("", "4.1")["text"]
    refused = channel.ask("why? " * 300, "4.2")
    assert refused["text"].startswith("I can’t answer that: ")


def test_events_that_slack_did_not_sign_are_refused(channel: Channel, slack: Slack) -> None:
    assert 401 == channel.send("<@UBOT> When?", "5.0", secret="another").status_code
    assert slack.posted.empty()


def test_nothing_of_an_article_is_read_as_markup(channel: Channel, service: str, slack: Slack) -> None:
    text = "The password of the old lighthouse is <!channel> *rosebud* & <https://evil.example|this>, says Ida Moor."
    given = {"title": "<!here> News|more", "text": text, "published": "2026-03-04T10:00:00Z", "source": "Post"}
    assert 201 == httpx.post(f"{service}/articles?wait=true", json=given, timeout=60).status_code
    message = channel.ask("What is the password of the old lighthouse?", "6.0")
    _, quoted, named = message["blocks"][0]["elements"]
    assert text == text_of(quoted)
    assert "<!here> News|more (Post, March 4, 2026)" == text_of(named)
    kinds = {part["type"] for element in message["blocks"][0]["elements"] for part in element["elements"]}
    assert {"text", "link"} == kinds
    assert "<" not in message["text"]


def test_it_says_when_the_service_is_away(python: Path, slack: Slack) -> None:
    with running_bot(python, slack, "http://127.0.0.1:9") as channel:
        assert channel.ask("When does the withdrawal finish?")["text"].startswith("I can’t reach the articles")
