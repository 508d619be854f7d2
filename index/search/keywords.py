"""Keyword search with BM25 over each sentence and over the passage that it stands in."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

from corpus.errors import CorruptIndex, StorageProblem
from corpus.text.unicode import replace_surrogates
from index.files import link, symbolic_link
from index.search.spelling import corrections

ANALYZER = "citeline_en"
# Weights of the fields in the BM25 sum; the figures behind them are in docs/decisions.md.
FIELD_WEIGHTS = {"sentence": 1.0, "passage": 1.0}
# Weight of a correction instead of the word itself. P@1 of misspelt questions, a trial: .5 .692, .7 .703, .85 .699.
CORRECTION_WEIGHT = 0.7
MAX_CORRECTED_WORDS = 8  # of a question: each costs up to 2 ms
LOCK_FILES = frozenset({".tantivy-writer.lock", ".tantivy-meta.lock"})  # empty; Tantivy makes them again at will
_HEAP_BYTES = 64_000_000
_REMOVALS = 5  # tries: Tantivy's thread may write its lock file once more while the folder is being removed


@dataclass(frozen=True, slots=True)
class KeywordEntry:
    """One sentence as the keyword index sees it: its key, its article's number, its text, its passage with title."""

    key: int
    article: int
    sentence: str
    passage: str


class KeywordIndex:
    """Finds sentences by their words, by Tantivy, in a folder that never changes.

    Opening one writes nothing into its folder. Raises CorruptIndex where the folder can't be read, StorageProblem where
    neither a temporary folder nor a lock file in its own can be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            index = _open(folder)
            self._schema, self._searcher = index.schema, index.searcher()
        except (ValueError, OSError) as error:
            if _lacks_lock_file(error):
                raise StorageProblem(
                    f"The keyword index in {folder} can't be opened without writing a lock file: {error} "
                    "Make the folder for temporary files writable, and make room on its disk."
                ) from error
            raise CorruptIndex(f"The keyword index in {folder} can't be read.") from error

    @classmethod
    def create(cls, folder: Path, entries: Sequence[KeywordEntry]) -> "KeywordIndex":
        """Make a new index of entries in an empty folder; raises StorageProblem, OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        with _wrapped(folder):
            _write(tantivy.Index(_schema(), str(folder)), entries, deleted=())
        return cls(folder)

    def with_entries(self, entries: Sequence[KeywordEntry]) -> "KeywordIndex":
        """Return an index of this one's entries and new ones, of which nothing stays on the disk.

        Raises CorruptIndex, StorageProblem, OSError.
        """
        with tempfile.TemporaryDirectory(prefix="citeline-", ignore_cleanup_errors=True) as folder:
            return self.extended(Path(folder) / "keywords", entries, (), symbolic_link)

    def extended(
        self,
        folder: Path,
        entries: Sequence[KeywordEntry],
        deleted: Sequence[int],
        share: Callable[[Path, Path], object] = link,
    ) -> "KeywordIndex":
        """Make, in another folder, an index of this one's entries and new ones, without the deleted articles' entries.

        `deleted` has the articles' numbers. Unchanged files are shared by hard links, so the cost is that of the
        change. `share` makes another name for a file. Raises CorruptIndex, StorageProblem, OSError.
        """
        folder.mkdir(parents=True)
        try:
            for path in self._folder.iterdir():
                if path.name not in LOCK_FILES:
                    # meta.json is replaced by a rename, but a copy is as cheap and surely not shared.
                    (shutil.copyfile if path.suffix == ".json" else share)(path, folder / path.name)
        except FileNotFoundError as error:
            raise CorruptIndex(f"The keyword index in {self._folder} is missing.") from error
        if entries or deleted:
            with _wrapped(folder):
                _write(tantivy.Index.open(str(folder)), entries, deleted)
        return KeywordIndex(folder)

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def keys(self) -> NDArray[np.int64]:
        """Return the keys of all sentences, ascending."""
        if len(self) == 0:
            return np.empty(0, np.int64)
        hits = self._searcher.search(tantivy.Query.all_query(), len(self), count=False).hits
        values = self._searcher.fast_field_values("key", [address for _, address in hits])
        return np.sort(np.array(values, np.int64))

    def search(
        self, question: str, k: int, articles: Sequence[int] | None = None, all_words: bool = False
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the keys of the k best sentences that share a word with the question, best first, and their scores.

        articles: the numbers of those that are searched, None for all. all_words: whether a sentence must have all of
        the words that are indexed.

        A word that no passage has is replaced by its spelling corrections, which count CORRECTION_WEIGHT. Any text is a
        valid question; one without a word that is indexed or corrected finds nothing.
        """
        terms = {stem: alternatives for stem, alternatives in self.search_terms(question).items() if alternatives}
        if not terms or k == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        occurs = {
            "sentence": tantivy.Occur.Must if all_words else tantivy.Occur.Should,
            "passage": tantivy.Occur.Should,
        }
        query = tantivy.Query.boolean_query(
            [
                (occurs[field], self._term_query(field, weight, stem, alternatives))
                for field, weight in FIELD_WEIGHTS.items()
                for stem, alternatives in terms.items()
            ]
        )
        if articles is not None:
            among = tantivy.Query.term_set_query(self._schema, "article", list(articles))
            passing = tantivy.Query.const_score_query(among, 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, passing), (tantivy.Occur.Must, query)])
        hits = self._searcher.search(query, k, count=False).hits
        keys = np.array(self._searcher.fast_field_values("key", [address for _, address in hits]), np.int64)
        scores = np.array([score for score, _ in hits], np.float32)
        order = np.lexsort((keys, -scores))
        return keys[order], scores[order]

    def search_terms(self, question: str) -> dict[str, tuple[str, ...]]:
        """Map the stem of each word of a question to the stems it is searched by.

        These are the stem alone where it is indexed, else its spelling corrections, likeliest first, or nothing.
        """
        readable = replace_surrogates(question)
        terms: dict[str, tuple[str, ...]] = {}
        unknown = 0
        words = [str(word) for word in _analyzer(stemming=False).analyze(readable)]
        for stem, word in zip(stems(readable), words, strict=True):
            if stem in terms:
                continue
            if self.frequency(stem):
                terms[stem] = (stem,)
            else:
                unknown += 1
                terms[stem] = corrections(word, stems, self) if unknown <= MAX_CORRECTED_WORDS else ()
        return terms

    def frequency(self, stem: str) -> int:
        """Return how many passages have a stem; those of deleted articles may count for a while."""
        return int(self._searcher.doc_freq("passage", stem))  # a sentence's words are in its passage

    def with_prefix(self, letters: str, limit: int) -> list[tuple[str, int]]:
        """Return the `limit` most frequent stems that begin with some letters, each with how many passages have it."""
        return self._searcher.terms_with_prefix("passage", letters, limit=limit)

    def _term_query(self, field: str, weight: float, stem: str, alternatives: Sequence[str]) -> tantivy.Query:
        exact = [tantivy.Query.term_query(self._schema, field, term, "freq") for term in alternatives]
        if alternatives == (stem,):
            # Only words without a factor let Tantivy pass over sentences that can't be among the best.
            return exact[0] if weight == 1.0 else tantivy.Query.boost_query(exact[0], weight)
        return tantivy.Query.boost_query(tantivy.Query.disjunction_max_query(exact), weight * CORRECTION_WEIGHT)


def _open(folder: Path) -> tantivy.Index:
    """Open an index through a temporary folder of links to its files, or in its own folder where that can't be.

    Tantivy writes a lock file beside what it opens, and again from a thread that watches for changes: it would do so in
    a published generation, which may be read-only, or be deleted at that moment.
    """
    links: Path | None = None
    try:
        links = Path(tempfile.mkdtemp(prefix="citeline-"))
        for path in folder.resolve().iterdir():
            if path.name not in LOCK_FILES:
                (links / path.name).symlink_to(path)
        return tantivy.Index.open(str(links))
    except (ValueError, OSError) as error:
        if isinstance(error, ValueError) and not _lacks_lock_file(error):
            raise
        # No room for links or a lock file, no such folder, or Windows, which lets few users make links.
        return tantivy.Index.open(str(folder))
    finally:
        for _ in range(_REMOVALS):
            if links is not None and links.exists():
                shutil.rmtree(links, ignore_errors=True)


def _lacks_lock_file(error: Exception) -> bool:
    """Return whether Tantivy failed since it could not write its lock file."""
    return "lockfile" in str(error).lower()


@contextmanager
def _wrapped(folder: Path) -> Iterator[None]:
    # Tantivy reports a full disk by a ValueError, or by a panic that is no Exception.
    try:
        yield
    except BaseException as error:
        if isinstance(error, ValueError) or type(error).__name__ == "PanicException":
            raise StorageProblem(f"The keyword index can't be written to {folder}: {error}") from error
        raise


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


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("key", fast=True)
    builder.add_integer_field("article", indexed=True)
    builder.add_text_field("sentence", tokenizer_name=ANALYZER, index_option="freq")
    builder.add_text_field("passage", tokenizer_name=ANALYZER, index_option="freq")
    return builder.build()
