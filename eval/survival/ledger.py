"""What a service was told and what it acknowledged, to be held against what it has later."""

import random
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from corpus.article import Article, Draft

PLACES = ("Ardenport", "Brillhaven", "Corranmouth", "Dunmore", "Eastquay", "Farholm", "Gullness", "Harrowick")
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
_STRIDE = 7919  # a prime: numbers one apart give names that are no misspellings of each other
LONG = 40  # sentences of an article that takes a while to be taken in
Kind = Literal["add", "change", "delete"]


@dataclass(frozen=True, slots=True)
class Known:
    """An article as it was sent, and a question that it alone answers."""

    article: Article
    question: str

    @property
    def id(self) -> str:
        """The id that the service gives the article."""
        return self.article.id


@dataclass(slots=True)
class Slot:
    """A url under which one article follows another; one change of it at most is under way.

    `kept` is what was acknowledged last, None for nothing; `wanted` what the change under way would make of it.
    """

    url: str
    kept: Known | None = None
    wanted: Known | None = None
    changing: bool = False

    @property
    def possible(self) -> list[Known | None]:
        """What may be found here: what was acknowledged, or what is under way."""
        return [self.kept, self.wanted] if self.changing else [self.kept]


@dataclass(slots=True)
class Ledger:
    """All that was sent and acknowledged, and all that is wrong. Safe for the threads that send, each with own slots.

    `gone` holds what was acknowledged to be deleted or replaced, in that order: none of it may answer again.
    """

    slots: list[Slot]
    acknowledged: Counter[str] = field(default_factory=Counter)
    gone: list[Known] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    lost: int = 0
    sent: int = 0
    _number: int = 0
    _order: dict[str, int] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @classmethod
    def of(cls, slots: int) -> "Ledger":
        """Return a ledger of so many slots, with nothing in them."""
        return cls([Slot(f"https://survival.example/{number}") for number in range(slots)])

    def write(self, slot: Slot, rng: random.Random) -> Known:
        """Return an article for a slot that nobody has sent before."""
        with self._changed:
            self._number += 1
            number = self._number
        return compose(number, slot.url, rng)

    def begin(self, slot: Slot, wanted: Known | None) -> None:
        """Note that a change is about to be sent."""
        slot.wanted, slot.changing = wanted, True
        with self._changed:
            self.sent += 1
            self._changed.notify_all()

    def acknowledge(self, slot: Slot, kind: Kind) -> None:
        """Note that the change under way was acknowledged."""
        with self._changed:
            self.acknowledged[kind] += 1
            self._settle(slot, slot.wanted)

    def settle(self, found: Sequence[Mapping[str, Any]]) -> None:
        """Hold what there is, rows with "url" and "id", against what was acknowledged, and go on from there.

        What was under way is there or is not: both will do.
        """
        by_url: dict[str | None, list[str]] = {}
        for row in found:
            by_url.setdefault(row["url"], []).append(row["id"])
        for slot in self.slots:
            ids = by_url.pop(slot.url, [])
            match = [one for one in slot.possible if ids == ([] if one is None else [one.id])]
            if match:
                self._settle(slot, match[0])
                continue
            self.lost += not ids
            told = " or ".join("nothing" if one is None else one.id for one in slot.possible)
            self.wrong(f"{slot.url} has {', '.join(ids) or 'nothing'} instead of {told}.")
            self._settle(slot, next((one for one in slot.possible if one is not None and one.id in ids), None))
        for url, ids in by_url.items():
            self.wrong(f"There are articles that nobody sent: {', '.join(ids)} of {url}.")

    def heard(self, asked: str, answering: Iterable[str], gone: int) -> None:
        """Hold the ids of the articles in a reply against the first so many that were gone when it was asked for."""
        with self._changed:
            back = [one for one in set(answering) if self._order.get(one, gone) < gone]
        for one in back:
            self.wrong(f"The article {one} answers {asked!r}, but was deleted or replaced before.")

    def wrong(self, problem: str) -> None:
        """Note a problem."""
        with self._changed:
            self.problems.append(problem)

    def wait_until_sent(self, count: int, timeout: float) -> bool:
        """Return once so many changes were begun; False where that takes more than timeout seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.sent >= count, timeout)

    def gone_now(self) -> int:
        """Return how many are gone at this moment: those are the first ones of `gone`, also later."""
        with self._changed:
            return len(self.gone)

    def latest_gone(self, rng: random.Random) -> Known | None:
        """Return one of those that went lately, None where there is none."""
        with self._changed:
            return rng.choice(self.gone[-LONG:]) if self.gone else None

    def _settle(self, slot: Slot, now: Known | None) -> None:
        """Go on from what is there now; of what may have been there, all else is gone for good."""
        for one in slot.possible:
            if one is not None and (now is None or one.id != now.id):
                self._order[one.id] = len(self.gone)
                self.gone.append(one)
        slot.kept, slot.wanted, slot.changing = now, None, False


def compose(number: int, url: str | None, rng: random.Random, sentences: int | None = None) -> Known:
    """Return the numbered article: it tells of a ferry whose name no other number has."""
    name, place = _name(number), rng.choice(PLACES)
    count = _length(rng) if sentences is None else sentences
    told = [f"The ferry {name} leaves {place} at {rng.randint(10, 59)} past {rng.randint(2, 11)}."]
    told += [
        f"On its journey number {trip} the {name} carried {rng.randint(2, 900)} crates to {rng.choice(PLACES)}."
        for trip in range(1, count)
    ]
    draft = Draft(" ".join(told), title=f"The ferry {name}", url=url)
    return Known(Article.from_draft(draft), f"When does the ferry {name} leave {place}?")


def _length(rng: random.Random) -> int:
    return LONG if rng.random() < 0.1 else rng.randint(1, 8)


def _name(number: int) -> str:
    """Return a name of three syllables, one for each number."""
    place = number * _STRIDE
    base = len(_SYLLABLES)
    return "".join(_SYLLABLES[place // base**power % base] for power in range(3)).capitalize()
