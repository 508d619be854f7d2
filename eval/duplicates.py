"""Measure near-duplicate detection: `python -m eval.duplicates --data FOLDER`.

Copies of SQuAD paragraphs are made with the edits that newspapers apply to agency reports; the share of copies that
join the cluster of their original is the recall. Unrelated texts, which share only boilerplate, quotations or a topic,
give the rate of false positives.
"""

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
import numpy as np

from cli.runner import run
from corpus.article import Article, Draft
from corpus.store.article_store import ArticleStore
from corpus.store.duplicates import MIN_RESEMBLANCE, SHINGLE_SIZE, resemblance, shingles
from corpus.text.sentences import split
from eval import report
from eval.benchmark_corpus import QUESTIONS, Paragraphs
from eval.datasets import read_questions

_HEAD = "By Jane Miller, staff writer. Updated Monday, 3 March, 9:41 a.m.\n\nLONDON (Newswire) - "
_FOOT = (
    "\n\nReporting by Jane Miller; editing by John Smith. Copyright Newswire. All rights reserved. This material may "
    "not be published, broadcast, rewritten or redistributed without permission."
)


@dataclass(frozen=True, slots=True)
class TextEdit:
    """An edit of texts; `amount` is the share of sentences or words that it changes, from 0 to 1."""

    name: str
    amount: float
    apply: Callable[[str, float, Random], str]

    def edited(self, texts: Sequence[str], seed: int = 0) -> list[str]:
        """Return the edited texts, the same for the same seed."""
        return [self.apply(text, self.amount, Random(f"{seed} {number} {self}")) for number, text in enumerate(texts)]

    def __str__(self) -> str:
        return f"{self.name} {self.amount:.0%}" if self.amount else self.name


def _truncate(text: str, amount: float, random: Random) -> str:
    sentences = _sentences(text)
    return " ".join(sentences[: max(1, round(len(sentences) * (1 - amount)))])


def _drop_sentences(text: str, amount: float, random: Random) -> str:
    sentences = _sentences(text)
    chosen = sorted(random.sample(range(len(sentences)), max(1, round(len(sentences) * (1 - amount)))))
    return " ".join(sentences[index] for index in chosen)


def _shuffle_sentences(text: str, amount: float, random: Random) -> str:
    sentences = _sentences(text)
    random.shuffle(sentences)
    return " ".join(sentences)


def _replace_words(text: str, amount: float, random: Random) -> str:
    """Replace words by other words of the same text."""
    words = text.split()
    return " ".join(random.choice(words) if random.random() < amount else word for word in words)


def _add_head_and_foot(text: str, amount: float, random: Random) -> str:
    return f"{_HEAD}{text}{_FOOT}"


def _edit_all(text: str, amount: float, random: Random) -> str:
    """Truncate the text, replace words by a quarter of that share, and add a head and a foot."""
    return _add_head_and_foot(_replace_words(_truncate(text, amount, random), amount / 4, random), 0, random)


def _replace_one_word(text: str, amount: float, random: Random) -> str:
    words = text.split()
    words[random.randrange(len(words))] = "other"
    return " ".join(words)


EDITS = (
    TextEdit("headline and foot", 0, _add_head_and_foot),
    TextEdit("paragraphs moved", 0, _shuffle_sentences),
    *(TextEdit("cut at the end", amount, _truncate) for amount in (0.2, 0.4, 0.5, 0.6)),
    *(TextEdit("sentences left out", amount, _drop_sentences) for amount in (0.2, 0.4, 0.5)),
    *(TextEdit("words changed", amount, _replace_words) for amount in (0.02, 0.05, 0.1, 0.2)),
    *(TextEdit("cut, changed, framed", amount, _edit_all) for amount in (0.1, 0.2, 0.4)),
)


def with_boilerplate(texts: Sequence[str], common: str, share: float) -> list[str]:
    """Return texts, each followed by words of a common text, which make up this share of the result."""
    words, results = common.split(), []
    for text in texts:
        length = round(len(text.split()) * share / (1 - share))
        appended = (words * (1 + length // len(words)))[:length]
        results.append(f"{text}\n\n{' '.join(appended)}")
    return results


def with_quotations(texts: Sequence[str], share: float) -> list[str]:
    """Return texts, each with the start of the previous one inserted, which makes up this share of the result."""
    results = []
    for number, text in enumerate(texts):
        words, quoted = text.split(), texts[number - 1].split()
        middle, length = len(words) // 2, round(len(words) * share / (1 - share))
        results.append(" ".join([*words[:middle], *quoted[:length], *words[middle:]]))
    return results


def short_pairs(texts: Sequence[str], sentences: int) -> tuple[list[str], list[str]]:
    """Return the first `sentences` sentences of each text, and the same with one word replaced."""
    short = [" ".join(_sentences(text)[:sentences]) for text in texts]
    return short, TextEdit("brief", 0, _replace_one_word).edited(short)


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split(text)]


Figures = dict[str, float]
Pair = tuple[str, str]
_PARAGRAPHS = 5  # per text: about 600 words
_SHINGLE_SIZES = (2, 3, 4, 5)
_THRESHOLDS = (0.2, 0.3, 0.37, 0.45, 0.55)


def read_texts(data: Path, per_title: int) -> dict[str, list[str]]:
    """Return at most `per_title` texts of _PARAGRAPHS successive paragraphs by title of their article.

    Raises UnreadableDocument where the questions can't be read.
    """
    paragraphs = Paragraphs.of(read_questions(data / QUESTIONS))
    texts: dict[str, list[str]] = {}
    for title, text in paragraphs.texts.items():
        parts = text.split("\n\n")
        starts = range(0, max(1, len(parts) - _PARAGRAPHS + 1), _PARAGRAPHS)
        texts[title] = ["\n\n".join(parts[start : start + _PARAGRAPHS]) for start in starts][:per_title]
    return texts


def measure_copies(texts: Sequence[str]) -> dict[str, Figures]:
    """Return, for each edit, the resemblance of copies to their originals, and the share of copies in their cluster."""
    rows = {}
    with _temporary_store() as store:
        clusters = [_cluster(store, text) for text in texts]
        for edit in EDITS:
            pairs = list(zip(texts, edit.edited(texts), strict=True))
            copies = [_cluster(store, copy, keep=False) for _, copy in pairs]
            same = [copy == original for copy, original in zip(copies, clusters, strict=True)]
            rows[str(edit)] = _resemblances(pairs) | {"same cluster": sum(same) / len(same)}
    return rows


def measure_unrelated(texts: dict[str, list[str]]) -> dict[str, Figures]:
    """Return, for each kind of unrelated texts, their resemblance, and the share that joins the cluster of another."""
    all_texts = [text for group in texts.values() for text in group]
    *originals, common = all_texts
    groups: dict[str, tuple[list[Pair], list[str]]] = {}
    groups["of one topic"] = [pair for group in texts.values() for pair in combinations(group, 2)], all_texts
    for share in (0.2, 0.3, 0.4, 0.5):
        extended = with_boilerplate(originals, common, share)
        groups[f"{share:.0%} boilerplate in common"] = list(pairwise(extended)), extended
    for share in (0.1, 0.2, 0.3):
        quoting = with_quotations(all_texts, share)
        groups[f"{share:.0%} quoted"] = list(zip(all_texts[:-1], quoting[1:], strict=True)), quoting
    for sentences in (1, 2, 3):
        short, changed = short_pairs(all_texts, sentences)
        groups[f"{sentences} sentences, a word changed"] = list(zip(short, changed, strict=True)), [*short, *changed]
    rows = {}
    for name, (pairs, members) in groups.items():
        with _temporary_store() as store:
            clusters = {text: _cluster(store, text) for text in members}
        rows[name] = _resemblances(pairs) | {"same cluster": 1 - len(set(clusters.values())) / len(clusters)}
    return rows


def measure_thresholds(texts: dict[str, list[str]]) -> dict[str, Figures]:
    """Return the shares of copies and of unrelated texts above each threshold, by shingle size."""
    all_texts = [text for group in texts.values() for text in group]
    duplicates = [pair for edit in EDITS for pair in zip(all_texts, edit.edited(all_texts), strict=True)]
    extended = with_boilerplate(all_texts[:-1], all_texts[-1], 0.5)
    unrelated = [pair for group in texts.values() for pair in combinations(group, 2)] + list(pairwise(extended))
    rows = {}
    for size in _SHINGLE_SIZES:
        values = {
            name: np.array([_resemblance(pair, size) for pair in pairs])
            for name, pairs in (("copies", duplicates), ("others", unrelated))
        }
        for threshold in _THRESHOLDS:
            shares = {name: float((found >= threshold).mean()) for name, found in values.items()}
            rows[f"{size} words, from {threshold}"] = shares
    return rows


def _resemblances(pairs: Sequence[Pair]) -> Figures:
    """Return a summary of the resemblances of pairs of texts; `alike` is the share that counts as near-duplicates."""
    values = sorted(_resemblance(pair, SHINGLE_SIZE) for pair in pairs)
    alike = sum(value >= MIN_RESEMBLANCE for value in values) / len(values)
    return {"pairs": len(values), "lowest": values[0], "median": median(values), "highest": values[-1], "alike": alike}


def _resemblance(pair: Pair, size: int) -> float:
    first, second = pair
    return resemblance(shingles(first, size), shingles(second, size))


@contextmanager
def _temporary_store() -> Iterator[ArticleStore]:
    with TemporaryDirectory() as folder, closing(ArticleStore.open(Path(folder) / "articles.sqlite")) as store:
        yield store


def _cluster(store: ArticleStore, text: str, keep: bool = True) -> str:
    """Return the cluster that a text joins in a store, which keeps the text if `keep`."""
    article = Article.from_draft(Draft(text))
    stored = store.put(article, f"text:{article.id}")
    if stored.created and not keep:
        store.delete(article.id)
    return str(stored.article.cluster)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--most", "per_title", default=4, show_default=True, type=click.IntRange(1), help="texts of one article")
@click.option("--shingles", "sizes", is_flag=True, help="compare lengths of shingles and thresholds instead")
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON")
def main(data: Path, per_title: int, sizes: bool, as_json: bool) -> None:
    """Print how many edited copies, and how many unrelated texts, join the cluster of another text."""
    texts = read_texts(data, per_title)
    if sizes:
        tables = {"share that resembles each other": measure_thresholds(texts)}
    else:
        tables = {
            "copies": measure_copies([text for group in texts.values() for text in group]),
            "others": measure_unrelated(texts),
        }
    if as_json:
        click.echo(json.dumps(tables, indent=2))
        return
    click.echo("\n\n".join(f"{name}\n{report.table(rows)}" for name, rows in tables.items()))


if __name__ == "__main__":
    run(main)
