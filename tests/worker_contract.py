"""What every Worker must do; the tests of one subclass this."""

from functools import partial

import pytest

from corpus.article import Block, BlockKind, Draft
from corpus.documents import DEFAULT_LIMITS, read_document
from corpus.errors import FetchFailed, ReaderFailed, UnreadableDocument, UnsupportedFormat
from corpus.isolation.worker import Worker


def words(data: bytes) -> Draft:
    return Draft(data.decode(), "Title", blocks=(Block(0, 3, BlockKind.HEADING, 2, page=7), Block(4, 9, BlockKind.ROW)))


def length(data: bytes, factor: int) -> int:
    return factor * len(data)


def refuse(data: bytes) -> None:
    raise UnsupportedFormat(f"It is {data!r}.")


def fail_to_fetch(_: bytes) -> None:
    failed = FetchFailed("It answers 503.")
    failed.status, failed.retry_after = 503, 12.5
    raise failed


def has_a_bug(_: bytes) -> None:
    raise KeyError("colour")


def recurse(data: bytes) -> None:
    recurse(data)


class WorkerContract:
    """Subclasses have a fixture `worker`."""

    def test_returns_what_the_parser_returns(self, worker: Worker) -> None:
        assert words("The ferry’s".encode()) == worker.run(words, "The ferry’s".encode(), "ferry.txt")
        assert 10 == worker.run(partial(length, factor=2), b"Words", "words.txt")
        assert 0 == worker.run(partial(length, factor=2), b"", "empty.txt")

    def test_takes_and_returns_much(self, worker: Worker) -> None:
        data = b"word " * 400_000
        assert data.decode() == worker.run(words, data, "long.txt").text

    def test_reads_documents(self, worker: Worker) -> None:
        read = partial(read_document, name="ferry.html", content_type=None, limits=DEFAULT_LIMITS)
        assert "The ferry sails." == worker.run(read, b"<p>The ferry sails.</p>", "ferry.html").text
        with pytest.raises(UnreadableDocument, match=r"^ferry\.html is empty\.$"):
            worker.run(read, b" ", "ferry.html")

    def test_raises_what_the_parser_raises(self, worker: Worker) -> None:
        with pytest.raises(UnsupportedFormat, match=r"^It is b'words'\.$"):
            worker.run(refuse, b"words", "words.txt")
        with pytest.raises(FetchFailed) as caught:
            worker.run(fail_to_fetch, b"", "page")
        assert (503, 12.5) == (caught.value.status, caught.value.retry_after)

    def test_a_bug_of_a_parser_is_a_refusal_that_names_the_document_and_is_logged(
        self, worker: Worker, caplog: pytest.LogCaptureFixture
    ) -> None:
        expected = r"^notes\.pdf can't be read, by an error of Citeline and not of the file: KeyError in its reader\."
        with pytest.raises(ReaderFailed, match=expected):
            worker.run(has_a_bug, b"words", "notes.pdf")
        assert "colour" in caplog.text
        with pytest.raises(UnreadableDocument, match=r"^notes\.pdf is nested too deeply to be read\.$"):
            worker.run(recurse, b"words", "notes.pdf")
        assert 5 == worker.run(partial(length, factor=1), b"Words", "words.txt")
