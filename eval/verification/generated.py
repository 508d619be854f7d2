"""Generates a draft with quotations of articles: exact ones, altered ones and invented ones, by a seed."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from corpus.article import Article
from corpus.errors import InvalidInput
from corpus.text.sentences import split
from qa.verification.verifier import Verdict

KINDS: dict[str, tuple[int, Verdict]] = {  # how many of each kind, and the right verdict
    "exact": (50, "exact"),
    "dashes, quotes and spaces": (40, "exact"),
    "a word changed": (45, "altered"),
    "a not dropped": (35, "altered"),
    "a number changed": (45, "altered"),
    "joined from two places": (40, "altered"),
    "invented": (45, "not found"),
}
_MARKS = (('"', '"'), ("“", "”"), ("„", "“"), ("«\u00a0", "\u00a0»"), ("»", "«"), ("‘", "’"))
_MAX_TRIES = 100  # for each quotation
_QUOTE_MARKS = re.compile("[“”„«»‹›‘‚\"']")
_NOT = re.compile(r"\b(?:not|never) |n['’]t\b")
_CONTENT = re.compile(r"[a-z]{5,}")
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}(?: [A-Z][a-z]+)?")
_INVENTED = (
    "{name} told the {noun} that {other} had sold every {second} to a {third} abroad",
    "I never trusted the {noun}, and neither did {name} when the {second} collapsed",
    "All {number} of the {noun} signed the {second}, although {name} begged them to wait",
    "{name} wept when the {noun} was handed to {other} without a {second} or a {third}",
)


@dataclass(frozen=True, slots=True)
class GeneratedQuotation:
    """A quotation in a draft: its words, and its kind, one of KINDS."""

    text: str
    kind: str


def generate_quotations(articles: Sequence[Article], seed: int) -> list[GeneratedQuotation]:
    """Return the quotations of KINDS from articles, in random order; the same seed gives the same ones.

    Raises InvalidInput where the articles are too few.
    """
    rng = random.Random(seed)
    sentences = [
        " ".join(article.text[start:end].split())
        for article in articles
        for start, end in split(article.text, article.language)
        if not _QUOTE_MARKS.search(article.text[start:end])
    ]
    sentences = [one for one in sentences if 8 <= len(one.split()) <= 40]
    everything = "\n".join(" ".join(article.text.split()) for article in articles)
    vocabulary = sorted({word for one in sentences for word in _CONTENT.findall(one)})
    names = sorted({name for one in sentences for name in _NAME.findall(one)})
    negated = [one for one in sentences if _NOT.search(one)]
    numbered = [one for one in sentences if _NUMBER.search(one)]

    def changed_word() -> str:
        text = _part(rng, rng.choice(sentences))
        words = list(_CONTENT.finditer(text))
        if not words:
            return text
        word = rng.choice(words)
        return f"{text[: word.start()]}{rng.choice(vocabulary)}{text[word.end() :]}"

    def dropped_not() -> str:
        text = rng.choice(negated)
        found = rng.choice(list(_NOT.finditer(text)))
        return f"{text[: found.start()]}{text[found.end() :]}"

    def changed_number() -> str:
        text = rng.choice(numbered)
        found = rng.choice(list(_NUMBER.finditer(text)))
        return f"{text[: found.start()]}{int(found[0]) + rng.randint(1, 9)}{text[found.end() :]}"

    def joined() -> str:
        first, second = (rng.choice(sentences).split() for _ in range(2))
        return " ".join([*first[: max(5, len(first) // 2)], *second[-max(5, len(second) // 2) :]])

    def typography() -> str:
        text = _part(rng, rng.choice(sentences)).replace("-", "‑").replace("–", "—").replace("fi", "ﬁ")
        words = text.split()
        at = rng.randrange(len(words))
        words[at] = f"{words[at][:2]}\u00ad{words[at][2:]}"
        return rng.choice((" ", "  ", "\u00a0", "\n")).join(words)

    def invented() -> str:
        chosen = dict(zip(("noun", "second", "third"), rng.sample(vocabulary, 3), strict=True))
        pair = dict(zip(("name", "other"), rng.sample(names, 2), strict=True))
        return rng.choice(_INVENTED).format(**chosen, **pair, number=rng.randint(2, 90))

    makers: dict[str, Callable[[], str]] = {
        "exact": lambda: _part(rng, rng.choice(sentences)),
        "dashes, quotes and spaces": typography,
        "a word changed": changed_word,
        "a not dropped": dropped_not,
        "a number changed": changed_number,
        "joined from two places": joined,
        "invented": invented,
    }
    made: dict[str, str] = {}
    for kind, (count, verdict) in KINDS.items():
        wanted = len(made) + count
        for _ in range(_MAX_TRIES * count):
            if len(made) == wanted:
                break
            text = makers[kind]()
            # What an alteration has left as it was is none.
            if verdict == "exact" or text.rstrip(".,") not in everything:
                made.setdefault(text, kind)
        if len(made) < wanted:
            raise InvalidInput(f"The articles are too few for {count} quotations of the kind: {kind}.")
    quotations = [GeneratedQuotation(text, kind) for text, kind in made.items()]
    rng.shuffle(quotations)
    return quotations


def draft_of(quotations: Sequence[GeneratedQuotation], seed: int) -> str:
    """Return a draft that holds the quotations in their order, in marks of many kinds and as block quotes."""
    rng = random.Random(seed)
    paragraphs = []
    for one in quotations:
        if rng.random() < 0.15:
            paragraphs.append("The paper wrote:\n\n> " + one.text.replace("\n", "\n> "))
        else:
            opening, closing = rng.choice(_MARKS[:-1] if re.search(r"s['’] |['’]", one.text) else _MARKS)
            paragraphs.append(f"As we reported, {opening}{one.text}{closing} is what the paper wrote.")
    return "\n\n".join(paragraphs)


def _part(rng: random.Random, sentence: str) -> str:
    """Return a sentence, or some of its words in a row."""
    words = sentence.split()
    if rng.random() < 0.5:
        return sentence
    length = rng.randint(6, len(words))
    start = rng.randint(0, len(words) - length)
    return " ".join(words[start : start + length])
