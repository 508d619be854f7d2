"""Measure how fast articles are loaded, loaded again and exported: `python -m benchmarks.bulk`."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from corpus.documents import DEFAULT_LIMITS
from corpus.ingest.bulk import export_articles, load_rows
from corpus.ingest.tables import TableReader, open_lines
from corpus.store.article_store import ArticleStore


@click.command()
@click.option("--rows", default=10_000, show_default=True, type=click.IntRange(1), help="how many articles")
@click.option("--words", default=300, show_default=True, type=click.IntRange(1), help="words of an article")
def main(rows: int, words: int) -> None:
    """Print rows per second, without indexing."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            for number in range(rows):
                lines.write(json.dumps({"text": f"Article {number}. {'word ' * words}"}) + "\n")
        with closing(ArticleStore.open(Path(folder) / "articles.sqlite")) as store:
            _print_rate("load", rows, lambda: _load(store, file))
            _print_rate("again", rows, lambda: _load(store, file))
            _print_rate("export", rows, lambda: export_articles(store, str(Path(folder) / "out.jsonl")))


def _load(store: ArticleStore, file: Path) -> None:
    with open_lines(str(file)) as lines:
        for _ in load_rows(TableReader(lines).json_lines(), store, DEFAULT_LIMITS, lambda: None):
            pass


def _print_rate(name: str, rows: int, work: Callable[[], object]) -> None:
    begun = time.perf_counter()
    work()
    seconds = time.perf_counter() - begun
    print(f"{name:<7} {seconds:8.2f} s {rows / seconds:10,.0f} rows/s")


if __name__ == "__main__":
    main()
