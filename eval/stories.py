"""How well copies of a story are told from other articles: `python -m eval.stories --data FOLDER`."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import combinations, pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from corpus.article import Article, Draft
from corpus.shingles import ALIKE, SHINGLE, resemblance, shingles
from corpus.store import SqliteStore
from eval import report
from eval.bench_corpus import Paragraphs
from eval.data import read_questions
from eval.dev_set import QUESTIONS
from eval.edits import COPIES, boilerplate, briefs, quoting
from web import commands

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
    """Return for each way to edit a text how often the copy gets the story of the original: recall."""
    found = {}
    with _store() as store:
        stories = [_put(store, text) for text in texts]
        for case in COPIES:
            pairs = list(zip(texts, case.texts(texts), strict=True))
            same = [_joins(store, copy) == story for (_, copy), story in zip(pairs, stories, strict=True)]
            found[str(case)] = _resembling(pairs) | {"same story": sum(same) / len(same)}
    return found


def others(texts: dict[str, list[str]]) -> dict[str, Row]:
    """Return for articles that are no copies how many get the story of another: what recall costs."""
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
def _store() -> Iterator[SqliteStore]:
    with TemporaryDirectory() as folder, closing(SqliteStore(Path(folder) / "articles.sqlite")) as store:
        yield store


def _put(store: SqliteStore, text: str) -> str:
    """Keep a text and return its story."""
    article = Article.from_draft(Draft(text))
    return str(store.put(article, f"text:{article.id}").article.story)


def _joins(store: SqliteStore, text: str) -> str:
    """Return the story that a text gets, and leave the store as it was."""
    article = Article.from_draft(Draft(text))
    there = store.put(article, f"text:{article.id}")
    if there.created:
        store.delete(article.id)
    return str(there.article.story)


def _taken(texts: Sequence[str]) -> float:
    """Return which share of texts gets the story of another."""
    with _store() as store:
        stories = {text: _put(store, text) for text in texts}
    return 1 - len(set(stories.values())) / len(stories)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--most", default=4, show_default=True, type=click.IntRange(1), help="texts of one topic")
@click.option("--shingles", "sizes", is_flag=True, help="compare lengths of shingles and thresholds instead")
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON")
def main(data: Path, most: int, sizes: bool, as_json: bool) -> None:
    """Make copies of texts and texts that only look like copies, and print how many get the story of another."""
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
