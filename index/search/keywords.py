"""Keyword search with BM25, over each sentence and over the passage that it stands in."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import tantivy
from numpy.typing import NDArray

from corpus.errors import CorruptIndex, StorageProblem
from corpus.text.unicode import replace_surrogates
from index.files import link
from index.search.spelling import nearest

ANALYZER = "citeline_en"
# Weights of the fields in the BM25 sum; the figures behind them are in docs/decisions.md.
FIELD_WEIGHTS = {"sentence": 1.0, "passage": 1.0}
# What a word counts that stands in for an unknown one. P@1 of misspelt questions, a trial: .5 .692, .7 .703, .85 .699.
GUESS_WEIGHT = 0.7
GUESSED_WORDS = 8  # unknown words of a question that others stand in for: each costs up to 2 ms
_HEAP_BYTES = 64_000_000
_LOCKS = {".tantivy-writer.lock", ".tantivy-meta.lock"}


@dataclass(frozen=True, slots=True)
class KeywordEntry:
    """One sentence as the keyword engine sees it: its key, its article's number, its text, its passage with title."""

    key: int
    article: int
    sentence: str
    passage: str


class KeywordIndex(Protocol):
    """Finds sentences by their words. The retriever searches it; the builder grows it by `extended`."""

    def __len__(self) -> int:
        """Return how many sentences there are."""
        ...

    def search(self, question: str, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the keys of the k best sentences that share a word with the question, best first, and their scores.

        A word that no sentence or passage has is taken for the known words that it may be a misspelling of; these
        count GUESS_WEIGHT. Any text is a valid question; one without a word, known or guessed, finds nothing.
        """
        ...

    def meant(self, question: str) -> dict[str, tuple[str, ...]]:
        """Return the stems of a question's words, each with the stems it is searched by.

        That is itself for a known one; what it may be a misspelling of, likeliest first, for another; or nothing.
        """
        ...

    def known(self, words: Iterable[str]) -> set[str]:
        """Return those words that are in a sentence or passage, in any of their forms."""
        ...


class TantivyKeywords:
    """A KeywordIndex in a folder, by Tantivy.

    Raises CorruptIndex where the folder can't be read, StorageProblem where it can't be locked, as reading needs too.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._index = tantivy.Index.open(str(folder))
            self._searcher = self._index.searcher()
        except (ValueError, OSError) as error:
            if "lockfile" in str(error).lower():
                raise StorageProblem(
                    f"The keyword index in {folder} can't be opened without writing a lock file: {error} "
                    "Make the folder writable, and make room on its disk."
                ) from error
            raise CorruptIndex(f"The keyword index in {folder} can't be read.") from error
        self._schema = self._index.schema

    @classmethod
    def create(cls, folder: Path, entries: Sequence[KeywordEntry]) -> Self:
        """Make a new index of entries in an empty folder; raises StorageProblem, OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        with _wrapped(folder):
            _write(tantivy.Index(_schema(), str(folder)), entries, deleted=())
        return cls(folder)

    def extended(self, folder: Path, entries: Sequence[KeywordEntry], deleted: Sequence[int]) -> "TantivyKeywords":
        """Make, in another folder, this index without the articles numbered in gone and with entries.

        Files that stay the same are shared by hard links, so the cost is that of the change. Raises CorruptIndex,
        StorageProblem, OSError.
        """
        folder.mkdir(parents=True)
        for name in self._files():
            _share(self._folder / name, folder / name)
        if entries or deleted:
            with _wrapped(folder):
                _write(tantivy.Index.open(str(folder)), entries, deleted)
        return TantivyKeywords(folder)

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def keys(self) -> NDArray[np.int64]:
        """Return the keys of all sentences, ascending."""
        if len(self) == 0:
            return np.empty(0, np.int64)
        hits = self._searcher.search(tantivy.Query.all_query(), len(self), count=False).hits
        values = self._searcher.fast_field_values("key", [address for _, address in hits])
        return np.sort(np.array(values, np.int64))

    def search(self, question: str, k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the keys of the k best sentences that share a word with the question, best first, and their scores."""
        terms = {stem: known for stem, known in self.meant(question).items() if known}
        if not terms or k == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        hits = self._searcher.search(self._query(terms), k, count=False).hits
        keys = np.array(self._searcher.fast_field_values("key", [address for _, address in hits]), np.int64)
        scores = np.array([score for score, _ in hits], np.float32)
        order = np.lexsort((keys, -scores))
        return keys[order], scores[order]

    def meant(self, question: str) -> dict[str, tuple[str, ...]]:
        """Return the stems of a question's words, each with the stems it is searched by: itself, guesses, or none."""
        readable = replace_surrogates(question)
        meant: dict[str, tuple[str, ...]] = {}
        unknown = 0
        for stem, word in zip(stems(readable), _words(readable), strict=True):
            if stem not in meant:
                known = self.frequency(stem) > 0
                unknown += not known
                guessed = () if known or unknown > GUESSED_WORDS else nearest(word, stems, self)
                meant[stem] = (stem,) if known else guessed
        return meant

    def known(self, words: Iterable[str]) -> set[str]:
        """Return those words that are in a sentence or passage, in any of their forms."""
        found = {word: stems(replace_surrogates(word)) for word in words}
        return {word for word, parts in found.items() if parts and all(map(self.frequency, parts))}

    def frequency(self, stem: str) -> int:
        """Return how many passages have a stem; those of deleted articles may count for a while."""
        return int(self._searcher.doc_freq("passage", stem))  # a sentence's words are in its passage

    def beginning(self, letters: str) -> list[tuple[str, int]]:
        """Return the stems that begin with some letters, and how many passages have them."""
        return self._searcher.terms_with_prefix("passage", letters)

    def _files(self) -> list[str]:
        try:
            return [path.name for path in self._folder.iterdir() if path.name not in _LOCKS]
        except FileNotFoundError as error:
            raise CorruptIndex(f"The keyword index in {self._folder} is gone.") from error

    def _query(self, terms: Mapping[str, Sequence[str]]) -> tantivy.Query:
        return tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, self._word(field, weight, stem, known))
                for field, weight in FIELD_WEIGHTS.items()
                for stem, known in terms.items()
            ]
        )

    def _word(self, field: str, weight: float, stem: str, known: Sequence[str]) -> tantivy.Query:
        exact = [tantivy.Query.term_query(self._schema, field, term, "freq") for term in known]
        if known == (stem,):
            # Only words without a factor let Tantivy pass over sentences that can't be among the best.
            return exact[0] if weight == 1.0 else tantivy.Query.boost_query(exact[0], weight)
        return tantivy.Query.boost_query(tantivy.Query.disjunction_max_query(exact), weight * GUESS_WEIGHT)


@contextmanager
def _wrapped(folder: Path) -> Iterator[None]:
    # Tantivy tells of a full disk by a ValueError, or by a panic that is no Exception.
    try:
        yield
    except BaseException as error:
        if isinstance(error, ValueError) or type(error).__name__ == "PanicException":
            raise StorageProblem(f"The keyword index can't be written to {folder}: {error}") from error
        raise


def _share(file: Path, target: Path) -> None:
    # meta.json names the current segments and is replaced by a rename, but a copy is as cheap and surely apart.
    if file.suffix == ".json" and file.exists():
        shutil.copyfile(file, target)
    else:
        link(file, target)


def _write(index: tantivy.Index, entries: Sequence[KeywordEntry], deleted: Sequence[int]) -> None:
    index.register_tokenizer(ANALYZER, _analyzer())
    writer = index.writer(_HEAP_BYTES, 1)
    for number in deleted:
        writer.delete_documents_by_term("article", number)
    for entry in entries:
        document = tantivy.Document()
        document.add_integer("key", entry.key)
        document.add_integer("article", entry.article)
        document.add_text("sentence", entry.sentence)
        document.add_text("passage", entry.passage)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


@cache
def _analyzer(stemming: bool = True) -> tantivy.TextAnalyzer:
    # Stop words stay: without them P@1 is .012 lower on SQuAD (BM25 weighs them down by itself).
    filters = [tantivy.Filter.remove_long(60), tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold()]
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for part in [*filters, tantivy.Filter.stemmer("english")] if stemming else filters:
        builder = builder.filter(part)
    return builder.build()


def stems(text: str) -> list[str]:
    """Return the words of a text as keyword search compares them: lower case, without accents and endings."""
    return [str(word) for word in _analyzer().analyze(text)]


def _words(text: str) -> list[str]:
    return [str(word) for word in _analyzer(stemming=False).analyze(text)]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("key", fast=True)
    builder.add_integer_field("article", indexed=True)
    builder.add_text_field("sentence", tokenizer_name=ANALYZER, index_option="freq")
    builder.add_text_field("passage", tokenizer_name=ANALYZER, index_option="freq")
    return builder.build()
