import gzip
import io
import json
import os
import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.article import Article, Block, BlockKind, Draft
from corpus.documents import Limits
from corpus.errors import StorageProblem, UnreadableDocument
from corpus.ingest.bulk import BATCH_ROWS, RowOutcome, export_articles, load_rows
from corpus.ingest.tables import LineReader, TableReader, TableRow, open_lines
from corpus.store.article_store import ArticleStore

ROOT = Path(__file__).parents[3]
Fields = dict[str, str | None]


def loaded(store: ArticleStore, *rows: Fields, limits: Limits | None = None) -> list[RowOutcome]:
    drafts = (TableRow(number, Draft(**fields)) for number, fields in enumerate(rows, 1))  # type: ignore[arg-type]
    return list(load_rows(drafts, store, Limits() if limits is None else limits, lambda: None))


def states(found: list[RowOutcome]) -> list[str]:
    return [one.state for one in found]


def load_file(store: ArticleStore, path: Path) -> dict[str, int]:
    with open_lines(str(path)) as lines:
        found = states(list(load_rows(TableReader(lines).json_lines(), store, Limits(), lambda: None)))
    return {state: found.count(state) for state in sorted(set(found))}


def contents(store: ArticleStore) -> dict[str, Fields]:
    names = ("text", "title", "url", "published", "source", "language")
    return {stored.id: {name: getattr(stored, name) for name in names} for stored, _ in store.each()}


def test_rows_are_added_once(store: ArticleStore) -> None:
    rows: list[Fields] = [{"text": "a", "title": "A"}, {"text": "b", "url": "https://b.example/"}, {"text": " a "}]
    assert ["added", "added", "unchanged"] == states(loaded(store, *rows))
    before = store.revision
    assert ["unchanged"] * 3 == states(loaded(store, *rows))
    assert (before, 2) == (store.revision, store.count())


def test_a_row_with_a_url_replaces_the_former_article_of_that_url(store: ArticleStore) -> None:
    loaded(store, {"text": "old", "url": "https://a.example/"})
    assert ["added"] == states(loaded(store, {"text": "new", "url": "https://a.example/"}))
    assert ["new"] == [stored.text for stored, _ in store.each()]


def test_bad_rows_are_reported_and_good_ones_stored(store: ArticleStore) -> None:
    found = loaded(
        store,
        {"text": "good"},
        {"text": " \u200b"},
        {"text": "b", "published": "yesterday"},
        {"text": "c", "url": "ftp://a.example/"},
        {"text": "half \ud800"},
        {"text": "x" * 101},
        {"text": "last"},
        limits=Limits(max_text=100),
    )
    assert ["added", *["failed"] * 5, "added"] == states(found)
    assert [
        "The article has no text.",
        "The date 'yesterday' is not an ISO 8601 date or date-time, such as 2022-01-13.",
        "The url 'ftp://a.example/' is not a web address (http or https, without a user name).",
        "The text holds half a character (a lone surrogate) at 5.",
        "It holds 101 characters of text; an article may have 100. Split it into several documents.",
    ] == [one.problem for one in found if one.problem is not None]
    assert 2 == store.count()


def test_rows_before_the_end_of_a_truncated_file_are_stored(store: ArticleStore, tmp_path: Path) -> None:
    data = "".join(json.dumps({"text": f"{number} {os.urandom(20).hex()}"}) + "\n" for number in range(2_000))
    packed = gzip.compress(data.encode())
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(UnreadableDocument, match="What came before is kept"):
        load_file(store, tmp_path / "cut.jsonl.gz")
    assert 800 < store.count() < 1_200


def test_every_stored_batch_is_a_change(store: ArticleStore) -> None:
    changes: list[int] = []
    rows = (TableRow(number, Draft(f"article {number}")) for number in range(2 * BATCH_ROWS + 1))
    found = list(load_rows(rows, store, Limits(), lambda: changes.append(store.count())))
    assert [BATCH_ROWS, 2 * BATCH_ROWS, 2 * BATCH_ROWS + 1] == changes
    assert list(range(2 * BATCH_ROWS + 1)) == [one.line for one in found]


def test_large_articles_make_smaller_batches(store: ArticleStore) -> None:
    rows = (TableRow(number, Draft(f"{number} {'word ' * 300_000}")) for number in range(8))
    counts = []
    for _ in load_rows(rows, store, Limits(), lambda: None):
        counts.append(store.count())
    assert [3, 3, 3, 6, 6, 6, 8, 8] == counts


PROGRAM = """
import sys
from pathlib import Path
from corpus.ingest.bulk import load_rows
from corpus.documents import Limits
from corpus.ingest.tables import TableReader, open_lines
from corpus.store.article_store import ArticleStore
store = ArticleStore.open(Path(sys.argv[1]))
with open_lines(sys.argv[2]) as lines:
    for loaded in load_rows(TableReader(lines).json_lines(), store, Limits(), lambda: None):
        print(loaded.line, flush=True)
"""


def test_a_killed_load_continues_where_it_stopped(tmp_path: Path) -> None:
    file, path, rng = tmp_path / "rows.jsonl", tmp_path / "articles.sqlite", random.Random(3)
    texts = [f"Article {number}. {'word ' * 200}" for number in range(6_000)]
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    reached = 0
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, path, file], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) > reached:
                break
        time.sleep(rng.random() * 0.1)
        process.kill()
        reported = [int(line) for line in process.stdout if line.endswith("\n")]
        process.stdout.close()
        process.wait()
        with closing(ArticleStore.open(path)) as store:
            assert store.count() % BATCH_ROWS == 0
            assert max(reported, default=0) <= store.count() < len(texts), "killed too late to show anything"
            reached = store.count()
    with closing(ArticleStore.open(path)) as store:
        assert {"added": len(texts) - reached, "unchanged": reached} == load_file(store, file)
        assert {text.strip() for text in texts} == {stored.text for stored, _ in store.each()}
        before = store.revision
        assert {"unchanged": len(texts)} == load_file(store, file)
        assert before == store.revision


WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
DRAFTS = st.builds(
    Draft,
    text=st.builds(lambda word, rest: f"{word}{rest}", WORDS, st.text(st.characters(exclude_categories=["Cs"]))),
    title=st.none() | WORDS,
    url=st.sampled_from([None, "https://a.example/", "https://b.example/ü?x=1 2"]),
    published=st.sampled_from([None, "2022-01-13", "2022-01-13T10:00Z", "0001-01-02"]),
    source=st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    language=st.sampled_from([None, "en", "de-AT"]),
    updated=st.sampled_from([None, "2022-01-13T10:00Z"]),
    effective=st.sampled_from([None, "2022-01-13"]),
    replaces=st.sampled_from([None, "10092d8b1d93e9bf", "https://b.example/ü?x=1 2"]),
    tags=st.lists(WORDS | st.just("a, b;c"), max_size=3).map(tuple),
)
ORIGINS = st.sampled_from(["text", "url", "file:///a", "file:///b"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(DRAFTS, ORIGINS), max_size=6), st.sampled_from(["all.jsonl", "all.jsonl.gz"]))
def test_an_export_loaded_elsewhere_gives_the_same_articles(drafts: list[tuple[Draft, str]], name: str) -> None:
    with (
        TemporaryDirectory() as folder,
        closing(ArticleStore.open(Path(folder) / "a.sqlite")) as one,
        closing(ArticleStore.open(Path(folder) / "b.sqlite")) as other,
    ):
        for draft, origin in drafts:
            article = Article.from_draft(draft)
            by_url = origin == "url" and article.url is not None
            text = f"text:{article.id}"
            one.put(article, f"url:{article.url}" if by_url else text if not origin.startswith("file") else origin)
        target = Path(folder) / name
        assert one.count() == export_articles(one, str(target))
        load_file(other, target)
        assert contents(one) == contents(other)
        assert [(stored.id, by_url) for stored, by_url in one.each()] == [
            (stored.id, by_url) for stored, by_url in other.each()
        ]
        export_articles(other, str(Path(folder) / f"again-{name}"))
        assert target.read_bytes() == (Path(folder) / f"again-{name}").read_bytes()


def test_an_export_has_the_structure_of_articles(store: ArticleStore, tmp_path: Path) -> None:
    blocks = (Block(0, 3, BlockKind.HEADING, 2, 7), Block(5, 15, BlockKind.ITEM, 1, 8))
    article = Article.from_draft(
        Draft("Tea\n\nIt is hot.", published="2020-05-04", published_is_guess=True, blocks=blocks)
    )
    store.put(article, "file:///tea.docx")
    export_articles(store, str(tmp_path / "all.jsonl"))
    with closing(ArticleStore.open(tmp_path / "other.sqlite")) as other:
        load_file(other, tmp_path / "all.jsonl")
        assert blocks == other.blocks(article.id)
        assert other.get(article.id).published_is_guess


def test_blocks_of_another_program_are_ignored_and_named(tmp_path: Path) -> None:
    rows = [{"text": "Tea", "blocks": [{"type": "header"}]}, {"text": "Coffee", "blocks": "b-17"}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with open_lines(str(tmp_path / "rows.jsonl")) as lines:
        reader = TableReader(lines)
        drafts = [row.draft for row in reader.json_lines()]
    assert [Draft("Tea"), Draft("Coffee")] == drafts
    assert ["blocks"] == reader.unknown_fields


def test_an_interrupted_export_leaves_the_former_file(store: ArticleStore, tmp_path: Path) -> None:
    loaded(store, *({"text": f"article {number}"} for number in range(5)))
    target = tmp_path / "out" / "all.jsonl"
    target.parent.mkdir()
    target.write_text("before")

    def fail(done: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_articles(store, str(target), fail)
    assert "before" == target.read_text()
    assert 5 == export_articles(store, str(target))
    assert 5 == len(target.read_text().splitlines())
    assert [target] == list(target.parent.iterdir())


def test_a_damaged_article_is_an_error_and_leaves_no_export(store: ArticleStore, tmp_path: Path) -> None:
    loaded(store, {"text": "article"})
    with store._writing() as db:
        db.execute("UPDATE articles SET text = 'another'")
    (tmp_path / "out").mkdir()
    with pytest.raises(StorageProblem, match="is damaged"):
        export_articles(store, str(tmp_path / "out" / "all.jsonl"))
    assert [] == list((tmp_path / "out").iterdir())


def test_an_export_to_an_impossible_place_is_an_error(store: ArticleStore, tmp_path: Path) -> None:
    for target in (tmp_path, tmp_path / "none" / "all.jsonl"):
        with pytest.raises(StorageProblem, match="can't be written: "):
            export_articles(store, str(target))


def test_a_device_is_written_to_and_not_replaced(store: ArticleStore) -> None:
    loaded(store, {"text": "article"})
    assert 1 == export_articles(store, os.devnull)
    assert not Path(os.devnull).is_file()


def test_an_export_is_json_lines_in_utf8(store: ArticleStore, tmp_path: Path) -> None:
    loaded(store, {"text": "Zwölf.\nZwei.", "url": "https://a.example/"})
    export_articles(store, str(tmp_path / "all.jsonl"))
    data = (tmp_path / "all.jsonl").read_bytes()
    (row,) = TableReader(LineReader(io.BytesIO(data), "all")).json_lines()
    assert Draft("Zwölf.\nZwei.", "Zwölf.", "https://a.example/") == row.draft
    assert "Zwölf" in data.decode()
