"""Clients of a service: they change it, ask it, and hold what it says against the ledger."""

import http.client
import random
from collections.abc import Mapping, Sequence
from threading import Event
from typing import Any

from eval.service_process import Client
from eval.survival.ledger import Kind, Known, Ledger, Slot

BROKEN = (OSError, http.client.HTTPException)  # what a connection raises whose service has died
_PER_PAGE = 200
_GRACE = 5.0


class Writer:
    """Adds, changes and deletes the articles of its own slots, one after the other, and asks of them in between."""

    def __init__(self, client: Client, slots: Sequence[Slot], ledger: Ledger, rng: random.Random) -> None:
        self._client = client
        self._slots = slots
        self._ledger = ledger
        self._rng = rng

    def fill(self) -> None:
        """Have an article in each of the slots."""
        for slot in self._slots:
            self._put(slot, "add")

    def run(self, over: Event, pause: float = 0.0) -> None:
        """Go on until it is over; a connection that breaks though nobody ended the service is a problem."""
        try:
            while not over.is_set():
                self.step()
                over.wait(pause)
        except BROKEN as error:
            if not over.wait(_GRACE):  # who ends the service says so right after it
                self._ledger.wrong(f"A connection broke for no reason: {error!r}.")

    def step(self) -> None:
        """Do one thing, drawn by chance."""
        slot, chance = self._rng.choice(self._slots), self._rng.random()
        if chance < 0.02:
            self._send("POST", "/index/rebuild", None, (202, 409))
        elif slot.kept is None:
            self._put(slot, "add")
        elif chance < 0.45:
            self._put(slot, "change")
        elif chance < 0.75:
            self._delete(slot, slot.kept)
        else:
            ask(self._client, self._ledger, slot.kept)

    def _put(self, slot: Slot, kind: Kind) -> None:
        known = self._ledger.write(slot, self._rng)
        article = known.article
        path = "/articles?wait=true" if self._rng.random() < 0.3 else "/articles"
        self._ledger.begin(slot, known)
        if self._send("POST", path, {"text": article.text, "title": article.title, "url": slot.url}, (201,)):
            self._ledger.acknowledge(slot, kind)

    def _delete(self, slot: Slot, kept: Known) -> None:
        self._ledger.begin(slot, None)
        if self._send("DELETE", f"/articles/{kept.id}", None, (204,)):
            self._ledger.acknowledge(slot, "delete")
            ask(self._client, self._ledger, kept)

    def _send(self, method: str, path: str, body: object, fine: tuple[int, ...]) -> bool:
        status, reply = self._client.request(method, path, body)
        if status not in fine:
            self._ledger.wrong(f"{method} {path} was answered by {status}: {reply}")
        return status in fine


def ask(client: Client, ledger: Ledger, known: Known) -> bool:
    """Ask what one article answers; return whether it is among the answers, or the closest.

    That nothing answers that is gone, and that answers are what their articles say, is checked whatever is asked.
    """
    gone = ledger.gone_now()  # before the question is sent
    status, reply = client.request("POST", "/ask", {"question": known.question})
    if status != http.client.OK:
        ledger.wrong(f"The question {known.question!r} was answered by {status}: {reply}")
        return False
    found = [*reply["answers"], *reply["closest"]]
    ids = {one["article"]["id"] for one in found}
    ledger.heard(known.question, ids, gone)
    for one in found:
        if one["article"]["id"] == known.id and known.article.text[one["start"] : one["end"]] != one["text"]:
            ledger.wrong(f"{one['text']!r} is not what the article {known.id} says at {one['start']}.")
    return known.id in ids


def listed(client: Client) -> list[dict[str, Any]]:
    """Return all articles as the service lists them."""
    rows: list[dict[str, Any]] = []
    while True:
        page = client.call("GET", f"/articles?page={len(rows) // _PER_PAGE + 1}&per_page={_PER_PAGE}")
        rows += page["articles"]
        if len(rows) >= page["total"] or not page["articles"]:
            return rows


def compare(client: Client, ledger: Ledger) -> None:
    """Hold all articles of a service that nobody changes against the ledger: which there are, and every text."""
    ledger.settle(listed(client))
    for slot in ledger.slots:
        if slot.kept is None:
            continue
        status, whole = client.request("GET", f"/articles/{slot.kept.id}")
        if status != http.client.OK or not _is(whole, slot.kept):
            ledger.wrong(f"The article {slot.kept.id} is not whole: {status} {whole}")


def _is(found: Mapping[str, Any], known: Known) -> bool:
    return all(found[name] == getattr(known.article, name) for name in ("id", "text", "title", "url"))
