"""What happens to a wire story on its way into other papers, and what only looks like that, done to given texts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from corpus.splitter import split

_HEAD = "By Jane Miller, staff writer. Updated Monday, 3 March, 9:41 a.m.\n\nLONDON (Newswire) - "
_FOOT = (
    "\n\nReporting by Jane Miller; editing by John Smith. Copyright Newswire. All rights reserved. This material may "
    "not be published, broadcast, rewritten or redistributed without permission."
)
Edit = Callable[[str, float, Random], str]


@dataclass(frozen=True, slots=True)
class Case:
    """A way to edit texts, and how much of each is touched: a share of its sentences or words."""

    name: str
    amount: float
    edit: Edit

    def texts(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Return the texts, edited: the same for the same seed."""
        return [self.edit(text, self.amount, Random(f"{seed} {number} {self}")) for number, text in enumerate(texts)]

    def __str__(self) -> str:
        return f"{self.name} {self.amount:.0%}" if self.amount else self.name


def _cut(text: str, amount: float, random: Random) -> str:
    sentences = _sentences(text)
    return " ".join(sentences[: max(1, round(len(sentences) * (1 - amount)))])


def _scattered(text: str, amount: float, random: Random) -> str:
    sentences = _sentences(text)
    left = sorted(random.sample(range(len(sentences)), max(1, round(len(sentences) * (1 - amount)))))
    return " ".join(sentences[place] for place in left)


def _moved(text: str, amount: float, random: Random) -> str:
    sentences = _sentences(text)
    random.shuffle(sentences)
    return " ".join(sentences)


def _changed(text: str, amount: float, random: Random) -> str:
    """Put other words of the same text in the place of some."""
    words = text.split()
    return " ".join(random.choice(words) if random.random() < amount else word for word in words)


def _framed(text: str, amount: float, random: Random) -> str:
    return f"{_HEAD}{text}{_FOOT}"


def _edited(text: str, amount: float, random: Random) -> str:
    """Give it a headline and a foot, cut it, and change a quarter as many words as sentences were cut."""
    return _framed(_changed(_cut(text, amount, random), amount / 4, random), 0, random)


def _one_word(text: str, amount: float, random: Random) -> str:
    words = text.split()
    words[random.randrange(len(words))] = "other"
    return " ".join(words)


COPIES = (
    Case("headline and foot", 0, _framed),
    Case("paragraphs moved", 0, _moved),
    *(Case("cut at the end", amount, _cut) for amount in (0.2, 0.4, 0.5, 0.6)),
    *(Case("sentences left out", amount, _scattered) for amount in (0.2, 0.4, 0.5)),
    *(Case("words changed", amount, _changed) for amount in (0.02, 0.05, 0.1, 0.2)),
    *(Case("cut, changed, framed", amount, _edited) for amount in (0.1, 0.2, 0.4)),
)


def boilerplate(texts: Sequence[str], common: str, share: float) -> list[str]:
    """Return texts, each with so much of a common one below it that this is a share of the whole."""
    words, found = common.split(), []
    for text in texts:
        length = round(len(text.split()) * share / (1 - share))
        below = (words * (1 + length // len(words)))[:length]
        found.append(f"{text}\n\n{' '.join(below)}")
    return found


def quoting(texts: Sequence[str], share: float) -> list[str]:
    """Return texts, each with the start of the one before in its midst, so that this is a share of the whole."""
    found = []
    for number, text in enumerate(texts):
        words, quoted = text.split(), texts[number - 1].split()
        middle, length = len(words) // 2, round(len(words) * share / (1 - share))
        found.append(" ".join([*words[:middle], *quoted[:length], *words[middle:]]))
    return found


def briefs(texts: Sequence[str], sentences: int) -> tuple[list[str], list[str]]:
    """Return the starts of texts, a few sentences long, and the same with another word in each."""
    short = [" ".join(_sentences(text)[:sentences]) for text in texts]
    return short, Case("brief", 0, _one_word).texts(short)


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split(text)]
