"""A record of what was sent to a service and what it acknowledged, to compare with what the service has later."""

import random
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from corpus.article import Article, Draft

PLACES = ("Ardenport", "Brillhaven", "Corranmouth", "Dunmore", "Eastquay", "Farholm", "Gullness", "Harrowick")
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
_STRIDE = 7919  # a prime: the names of successive numbers are no misspellings of each other
LONG_ARTICLE = 40  # sentences of a long article
_RECENT = 40  # removals from which one is asked about
ChangeKind = Literal["add", "change", "delete"]


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """An article as it was sent, and a question that only this article answers."""

    article: Article
    question: str

    @property
    def id(self) -> str:
        """The id that the service gives the article."""
        return self.article.id


@dataclass(slots=True)
class Slot:
    """A url whose article is added, replaced and deleted, by one change at a time.

    `current` is the article acknowledged last, None after a deletion; `pending` is what the change in progress leaves.
    """

    url: str
    current: KnownArticle | None = None
    pending: KnownArticle | None = None
    changing: bool = False

    @property
    def possible(self) -> list[KnownArticle | None]:
        """The states that the service may be in: the acknowledged one, or that after the change in progress."""
        return [self.current, self.pending] if self.changing else [self.current]


@dataclass(slots=True)
class Ledger:
    """All changes that were sent and acknowledged, and all problems. Thread-safe if no two threads share a slot.

    `removed` lists the articles whose deletion or replacement was acknowledged, in order: none may answer again.
    """

    slots: list[Slot]
    acknowledged: Counter[str] = field(default_factory=Counter)
    removed: list[KnownArticle] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    lost: int = 0
    sent: int = 0
    _number: int = 0
    _order: dict[str, int] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @classmethod
    def of(cls, slots: int) -> "Ledger":
        """Return a ledger with a number of empty slots."""
        return cls([Slot(f"https://survival.example/{number}") for number in range(slots)])

    def compose(self, slot: Slot, rng: random.Random) -> KnownArticle:
        """Return a new article for a slot."""
        with self._changed:
            self._number += 1
            number = self._number
        return compose_article(number, slot.url, rng)

    def begin_change(self, slot: Slot, pending: KnownArticle | None) -> None:
        """Record that a change is about to be sent."""
        slot.pending, slot.changing = pending, True
        with self._changed:
            self.sent += 1
            self._changed.notify_all()

    def acknowledge(self, slot: Slot, kind: ChangeKind) -> None:
        """Record that the change in progress was acknowledged."""
        with self._changed:
            self.acknowledged[kind] += 1
            self._set_current(slot, slot.pending)

    def reconcile(self, found: Sequence[Mapping[str, Any]]) -> None:
        """Record differences between a service's articles (rows with "url" and "id") and the acknowledged ones.

        A change in progress may have happened or not. The state of the service becomes that of the slots.
        """
        by_url: dict[str | None, list[str]] = {}
        for row in found:
            by_url.setdefault(row["url"], []).append(row["id"])
        for slot in self.slots:
            ids = by_url.pop(slot.url, [])
            match = [one for one in slot.possible if ids == ([] if one is None else [one.id])]
            if match:
                self._set_current(slot, match[0])
                continue
            self.lost += not ids
            expected = " or ".join("nothing" if one is None else one.id for one in slot.possible)
            self.add_problem(f"{slot.url} has {', '.join(ids) or 'nothing'} instead of {expected}.")
            self._set_current(slot, next((one for one in slot.possible if one is not None and one.id in ids), None))
        for url, ids in by_url.items():
            self.add_problem(f"There are articles that nobody sent: {', '.join(ids)} of {url}.")

    def check_reply(self, question: str, answering: Iterable[str], removed: int) -> None:
        """Record the articles of a reply that were removed before the question: the first `removed` removals."""
        with self._changed:
            stale = [one for one in set(answering) if self._order.get(one, removed) < removed]
        for one in stale:
            self.add_problem(f"The article {one} answers {question!r}, but was deleted or replaced before.")

    def add_problem(self, problem: str) -> None:
        """Record a problem."""
        with self._changed:
            self.problems.append(problem)

    def wait_until_sent(self, count: int, timeout: float) -> bool:
        """Wait until `count` changes were sent; return False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.sent >= count, timeout)

    def removed_count(self) -> int:
        """Return how many articles have been removed."""
        with self._changed:
            return len(self.removed)

    def recently_removed(self, rng: random.Random) -> KnownArticle | None:
        """Return one of the articles removed last, None if there is none."""
        with self._changed:
            return rng.choice(self.removed[-_RECENT:]) if self.removed else None

    def _set_current(self, slot: Slot, article: KnownArticle | None) -> None:
        """Set the state of a slot; all other articles that were possible for it count as removed."""
        for one in slot.possible:
            if one is not None and (article is None or one.id != article.id):
                self._order[one.id] = len(self.removed)
                self.removed.append(one)
        slot.current, slot.pending, slot.changing = article, None, False


def compose_article(number: int, url: str | None, rng: random.Random, sentences: int | None = None) -> KnownArticle:
    """Return an article about a ferry whose name is unique to the number."""
    name, place = _name(number), rng.choice(PLACES)
    if sentences is None:
        sentences = LONG_ARTICLE if rng.random() < 0.1 else rng.randint(1, 8)
    text = [f"The ferry {name} leaves {place} at {rng.randint(10, 59)} past {rng.randint(2, 11)}."]
    text += [
        f"On its journey number {trip} the {name} carried {rng.randint(2, 900)} crates to {rng.choice(PLACES)}."
        for trip in range(1, sentences)
    ]
    draft = Draft(" ".join(text), title=f"The ferry {name}", url=url)
    return KnownArticle(Article.from_draft(draft), f"When does the ferry {name} leave {place}?")


def _name(number: int) -> str:
    """Return a name of three syllables, different for each number."""
    base = len(_SYLLABLES)
    return "".join(_SYLLABLES[number * _STRIDE // base**power % base] for power in range(3)).capitalize()
