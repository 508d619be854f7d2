"""A Slack bot that answers a mention with a quotation from Citeline, and follow-up questions in its thread.

    pip install -r examples/requirements-slack.txt
    SLACK_BOT_TOKEN=xoxb-... SLACK_SIGNING_SECRET=... CITELINE=http://127.0.0.1:8000 python examples/slack_bot.py

The Slack app needs the scopes app_mentions:read and chat:write, and the event app_mention with the request URL
https://your.host/slack/events, which a proxy that speaks HTTPS passes on to this program (HOST and PORT, by default
127.0.0.1 and 3000). CITELINE_PUBLIC is the address at which people open Citeline, CITELINE_ASK_TOKEN a token with the
right to ask, where asking needs one.
"""

import logging
import os
import re
from collections import OrderedDict
from datetime import date
from threading import Lock
from typing import Any
from urllib.parse import urlencode
from wsgiref.simple_server import make_server

import httpx
from slack_bolt import App, Say
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient

Parts = list[dict[str, Any]]
MAX_THREADS, MAX_TURNS = 1000, 10
_MENTION = re.compile(r"<@[^>]+>")


class Threads:
    """The last turns of the latest threads, which follow-up questions are understood by."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()
        self._lock = Lock()

    def turns(self, thread: str) -> list[dict[str, Any]]:
        """Return the turns of a thread, oldest first."""
        with self._lock:
            return list(self._turns.get(thread, ()))

    def add(self, thread: str, question: str, answer: str | None) -> None:
        """Keep another turn of a thread; answer is None where there was none."""
        with self._lock:
            turns = [*self._turns.pop(thread, ()), {"question": question, "answer": answer}]
            self._turns[thread] = turns[-MAX_TURNS:]
            while len(self._turns) > MAX_THREADS:
                self._turns.popitem(last=False)


def make_app(slack: WebClient, signing_secret: str, citeline: str, public: str, token: str | None = None) -> App:
    """Return the bot; `citeline` is the address that it asks, `public` the one that people open in a browser."""
    app, threads = App(client=slack, signing_secret=signing_secret), Threads()
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    @app.event("app_mention")
    def answer(event: dict[str, Any], say: Say) -> None:
        question = _unescape(_MENTION.sub("", event["text"])).strip()
        start = event.get("thread_ts", event["ts"])
        thread = f"{event['channel']} {start}"
        if not question:
            say("Ask me something: I look it up in the articles.", thread_ts=start)
            return
        body = {"question": question, "top_k": 1, "conversation": threads.turns(thread)}
        try:
            response = httpx.post(f"{citeline}/ask", json=body, headers=headers, timeout=30)
        except httpx.HTTPError:
            say("I can’t reach the articles at the moment. Please ask again later.", thread_ts=start)
            return
        if response.is_error:
            busy = response.status_code in {429, 503}
            say("I am busy. Please ask again in a minute." if busy else _problem(response), thread_ts=start)
            return
        reply = response.json()
        threads.add(thread, question, reply["answers"][0]["text"] if reply["answered"] else None)
        blocks = [{"type": "rich_text", "elements": _elements(reply, public)}] if reply["answered"] else None
        say(_text(reply), blocks=blocks, thread_ts=start, unfurl_links=False, unfurl_media=False)

    return app


def _problem(response: httpx.Response) -> str:
    try:
        return f"I can’t answer that: {_escape(response.json()['detail'])}"
    except (ValueError, KeyError):
        return "I can’t answer that: the service failed."


def _text(reply: dict[str, Any]) -> str:
    """Return a reply of POST /ask as plain text: the whole of it where it has no answer, or else for notifications."""
    if reply["library"] is not None:
        return _escape(reply["library"]["text"])
    if reply["answered"]:
        return _escape(_words(reply["answers"][0]))
    is_hint = reply["hint"] and not reply["closest"]  # to small talk, or where there are no articles
    return _escape(" ".join(filter(None, [None if is_hint else "The articles don’t say.", reply["hint"]])))


def _words(answer: dict[str, Any]) -> str:
    return "; ".join(part["text"] for part in answer["parts"]) or str(answer["text"])


def _elements(reply: dict[str, Any], public: str) -> Parts:
    """Return the best answer as rich text, in which nothing of an article is read as markup or as a mention.

    It is the words, what other reports say, the sentence with the words in bold, and title, source and date.
    """
    best = reply["answers"][0]
    sentence, article = best["sentence"], best["article"]
    start, end = best["start"] - sentence["start"], best["end"] - sentence["start"]
    said: Parts = [_part(_words(best), bold=True)]
    for label, others in (("differs", best["differs"]), ("earlier", best["supersedes"])):
        said += [_part(f"\n{label}: {one['text']} ({_origin(one['article'])})") for one in others]
    spans = ((0, start, False), (start, end, True), (end, len(sentence["text"]), False))
    quoted = [_part(sentence["text"][first:last], bold=bold) for first, last, bold in spans if first < last]
    link = {"type": "link", "url": _address(best, public), "text": article["title"]}
    return [
        {"type": "rich_text_section", "elements": said},
        {"type": "rich_text_quote", "elements": quoted},
        {"type": "rich_text_section", "elements": [link, _part(f" ({_origin(article)})")]},
    ]


def _part(text: str, bold: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}


def _origin(article: dict[str, Any]) -> str:
    """Return "Gazette, March 4, 2026", or what is known of that."""
    published = article["published"]
    day = None if published is None else date.fromisoformat(published[:10])
    named = [article["source"], None if day is None else f"{day:%B} {day.day}, {day.year}"]
    return ", ".join(filter(None, named)) or "undated"


def _address(answer: dict[str, Any], public: str) -> str:
    """Return the address of the words: on the article's own page where it has one, or else on that of Citeline."""
    sentence = answer["sentence"]
    span = {"start": answer["start"], "end": answer["end"], "from": sentence["start"], "to": sentence["end"]}
    return str(answer["link"] or f"{public}/read/{answer['article']['id']}?{urlencode(span)}#here")


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def main() -> None:
    """Serve the bot."""
    logging.basicConfig(level=logging.INFO)
    of = os.environ.get
    citeline = of("CITELINE", "http://127.0.0.1:8000").rstrip("/")
    slack = WebClient(os.environ["SLACK_BOT_TOKEN"], of("SLACK_API", WebClient.BASE_URL))
    public = of("CITELINE_PUBLIC", citeline).rstrip("/")
    app = make_app(slack, os.environ["SLACK_SIGNING_SECRET"], citeline, public, of("CITELINE_ASK_TOKEN"))
    # The events are acknowledged at once and answered by threads, so one request at a time is enough.
    with make_server(of("HOST", "127.0.0.1"), int(of("PORT", "3000")), SlackRequestHandler(app)) as server:
        logging.info("The bot listens at http://%s:%d/slack/events", *server.server_address)
        server.serve_forever()


if __name__ == "__main__":
    main()
