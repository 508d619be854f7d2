"""Clients that change a service, ask it, and compare its replies with the ledger."""

import http.client
import random
from collections.abc import Sequence
from threading import Event
from typing import Any

from eval.service_process import Client
from eval.survival.ledger import ChangeKind, KnownArticle, Ledger, Slot

CONNECTION_ERRORS = (OSError, http.client.HTTPException)  # raised when the service has died
_PER_PAGE = 200
_GRACE = 5.0


class ChangingClient:
    """Adds, replaces and deletes the articles of its slots, and asks about them in between."""

    def __init__(self, client: Client, slots: Sequence[Slot], ledger: Ledger, rng: random.Random) -> None:
        self._client = client
        self._slots = slots
        self._ledger = ledger
        self._rng = rng

    def fill(self) -> None:
        """Add an article to every slot."""
        for slot in self._slots:
            self._put(slot, "add")

    def run(self, over: Event, pause: float = 0.0) -> None:
        """Repeat `step` until `over` is set; a connection that breaks before that is a problem."""
        try:
            while not over.is_set():
                self.step()
                over.wait(pause)
        except CONNECTION_ERRORS as error:
            if not over.wait(_GRACE):  # whoever kills the service sets it right after
                self._ledger.add_problem(f"A connection broke for no reason: {error!r}.")

    def step(self) -> None:
        """Send one request, chosen at random."""
        slot, chance = self._rng.choice(self._slots), self._rng.random()
        if chance < 0.02:
            self._send("POST", "/index/rebuild", None, (202, 409))
        elif slot.current is None:
            self._put(slot, "add")
        elif chance < 0.45:
            self._put(slot, "change")
        elif chance < 0.75:
            known = slot.current
            self._ledger.begin_change(slot, None)
            if self._send("DELETE", f"/articles/{known.id}", None, (204,)):
                self._ledger.acknowledge(slot, "delete")
                ask(self._client, self._ledger, known)
        else:
            ask(self._client, self._ledger, slot.current)

    def _put(self, slot: Slot, kind: ChangeKind) -> None:
        known = self._ledger.compose(slot, self._rng)
        article = known.article
        path = "/articles?wait=true" if self._rng.random() < 0.3 else "/articles"
        self._ledger.begin_change(slot, known)
        if self._send("POST", path, {"text": article.text, "title": article.title, "url": slot.url}, (201,)):
            self._ledger.acknowledge(slot, kind)

    def _send(self, method: str, path: str, body: object, expected: tuple[int, ...]) -> bool:
        status, reply = self._client.request(method, path, body)
        if status not in expected:
            self._ledger.add_problem(f"{method} {path} was answered by {status}: {reply}")
        return status in expected


def ask(client: Client, ledger: Ledger, known: KnownArticle) -> bool:
    """Ask the question of an article; return whether the article is among the answers or the closest sentences.

    Whatever the result, articles removed before must not answer, and the article's quotes must be its own text.
    """
    removed = ledger.removed_count()  # before the question is sent
    status, reply = client.request("POST", "/ask", {"question": known.question})
    if status != http.client.OK:
        ledger.add_problem(f"The question {known.question!r} was answered by {status}: {reply}")
        return False
    found = [*reply["answers"], *reply["closest"]]
    ids = {one["article"]["id"] for one in found}
    ledger.check_reply(known.question, ids, removed)
    for one in found:
        if one["article"]["id"] == known.id and known.article.text[one["start"] : one["end"]] != one["text"]:
            ledger.add_problem(f"{one['text']!r} is not what the article {known.id} says at {one['start']}.")
    return known.id in ids


def list_articles(client: Client) -> list[dict[str, Any]]:
    """Return all articles of a service, page by page, as it lists them."""
    rows: list[dict[str, Any]] = []
    while True:
        page = client.call("GET", f"/articles?page={len(rows) // _PER_PAGE + 1}&per_page={_PER_PAGE}")
        rows += page["articles"]
        if len(rows) >= page["total"] or not page["articles"]:
            return rows


def compare_articles(client: Client, ledger: Ledger) -> None:
    """Compare all articles of a service that nobody changes, and their texts, with the ledger."""
    ledger.reconcile(list_articles(client))
    for slot in ledger.slots:
        if slot.current is None:
            continue
        status, found = client.request("GET", f"/articles/{slot.current.id}")
        fields = ("id", "text", "title", "url")
        if status != http.client.OK or any(found[name] != getattr(slot.current.article, name) for name in fields):
            ledger.add_problem(f"The article {slot.current.id} is not whole: {status} {found}")
