"""What happens to a wire story on its way into other papers, and what only looks like that, done to given texts."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

import click

from cli import commands
from corpus.article import Article, Draft
from corpus.store.article_store import ArticleStore
from corpus.store.duplicates import ALIKE, SHINGLE, resemblance, shingles
from corpus.text.sentences import split
from eval import report
from eval.benchmark_corpus import Paragraphs
from eval.datasets import read_questions
from eval.dev_set import QUESTIONS

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


Row = dict[str, float]
Pair = tuple[str, str]
_PARAGRAPHS = 5  # an article: about 600 words
_SIZES = (2, 3, 4, 5)
_LEAST = (0.2, 0.3, 0.37, 0.45, 0.55)


def read_texts(data: Path, most: int) -> dict[str, list[str]]:
    """Return texts of a few neighbouring paragraphs each, by the title of the article that they are from.

    Raises UnreadableDocument.
    """
    paragraphs = Paragraphs.of(read_questions(data / QUESTIONS))
    texts: dict[str, list[str]] = {}
    for title, text in paragraphs.texts.items():
        whole = text.split("\n\n")
        starts = range(0, max(1, len(whole) - _PARAGRAPHS + 1), _PARAGRAPHS)
        texts[title] = ["\n\n".join(whole[start : start + _PARAGRAPHS]) for start in starts][:most]
    return texts


def copies(texts: Sequence[str]) -> dict[str, Row]:
    """Return for each way to edit a text how often the copy gets the cluster of the original: recall."""
    found = {}
    with _store() as store:
        clusters = [_put(store, text) for text in texts]
        for case in COPIES:
            pairs = list(zip(texts, case.texts(texts), strict=True))
            same = [_joins(store, copy) == cluster for (_, copy), cluster in zip(pairs, clusters, strict=True)]
            found[str(case)] = _resembling(pairs) | {"same story": sum(same) / len(same)}
    return found


def others(texts: dict[str, list[str]]) -> dict[str, Row]:
    """Return for articles that are no copies how many get the cluster of another: what recall costs."""
    every = [text for group in texts.values() for text in group]
    own, common = every[:-1], every[-1]
    apart: dict[str, tuple[list[Pair], list[str]]] = {}
    apart["of one topic"] = [pair for group in texts.values() for pair in combinations(group, 2)], every
    for share in (0.2, 0.3, 0.4, 0.5):
        framed = boilerplate(own, common, share)
        apart[f"{share:.0%} boilerplate in common"] = _neighbours(framed), framed
    for share in (0.1, 0.2, 0.3):
        citing = quoting(every, share)
        apart[f"{share:.0%} quoted"] = list(zip(every[:-1], citing[1:], strict=True)), citing
    for sentences in (1, 2, 3):
        short, changed = briefs(every, sentences)
        apart[f"{sentences} sentences, a word changed"] = list(zip(short, changed, strict=True)), [*short, *changed]
    return {name: _resembling(pairs) | {"same story": _taken(told)} for name, (pairs, told) in apart.items()}


def by_shingle(texts: dict[str, list[str]]) -> dict[str, Row]:
    """Return which share of copies, and of other articles, would resemble each other, by shingle and threshold."""
    every = [text for group in texts.values() for text in group]
    alike = [pair for case in COPIES for pair in zip(every, case.texts(every), strict=True)]
    framed = boilerplate(every[:-1], every[-1], 0.5)
    apart = [pair for group in texts.values() for pair in combinations(group, 2)] + _neighbours(framed)
    rows = {}
    for size in _SIZES:
        right, wrong = ([_resemblance(pair, size) for pair in pairs] for pairs in (alike, apart))
        for least in _LEAST:
            kept = (sum(value >= least for value in values) / len(values) for values in (right, wrong))
            rows[f"{size} words, from {least}"] = dict(zip(("copies", "others"), kept, strict=True))
    return rows


def _resembling(pairs: Sequence[Pair]) -> Row:
    values = sorted(_resemblance(pair, SHINGLE) for pair in pairs)
    enough = sum(value >= ALIKE for value in values) / len(values)
    return {"pairs": len(values), "lowest": values[0], "median": median(values), "highest": values[-1], "alike": enough}


def _resemblance(pair: Pair, size: int) -> float:
    one, other = pair
    return resemblance(shingles(one, size), shingles(other, size))


def _neighbours(texts: Sequence[str]) -> list[Pair]:
    return list(pairwise(texts))


@contextmanager
def _store() -> Iterator[ArticleStore]:
    with TemporaryDirectory() as folder, closing(ArticleStore.open(Path(folder) / "articles.sqlite")) as store:
        yield store


def _put(store: ArticleStore, text: str) -> str:
    """Keep a text and return its cluster."""
    article = Article.from_draft(Draft(text))
    return str(store.put(article, f"text:{article.id}").article.cluster)


def _joins(store: ArticleStore, text: str) -> str:
    """Return the cluster that a text gets, and leave the store as it was."""
    article = Article.from_draft(Draft(text))
    there = store.put(article, f"text:{article.id}")
    if there.created:
        store.delete(article.id)
    return str(there.article.cluster)


def _taken(texts: Sequence[str]) -> float:
    """Return which share of texts gets the cluster of another."""
    with _store() as store:
        clusters = {text: _put(store, text) for text in texts}
    return 1 - len(set(clusters.values())) / len(clusters)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--most", default=4, show_default=True, type=click.IntRange(1), help="texts of one topic")
@click.option("--shingles", "sizes", is_flag=True, help="compare lengths of shingles and thresholds instead")
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON")
def main(data: Path, most: int, sizes: bool, as_json: bool) -> None:
    """Make copies of texts and texts that only look like copies, and print how many get the cluster of another."""
    texts = read_texts(data, most)
    if sizes:
        tables = {"which resemble each other": by_shingle(texts)}
    else:
        tables = {"copies": copies([text for group in texts.values() for text in group]), "others": others(texts)}
    if as_json:
        click.echo(json.dumps(tables, indent=2))
        return
    click.echo("\n\n".join(f"{name}\n{report.table(rows)}" for name, rows in tables.items()))


if __name__ == "__main__":
    commands.run(main)
