"""Compares what is read of gold documents with what is right.

A gold document is a file of any format in the folder `gold`, with a TOML file of the same stem that has its `title`,
its `published` date (each left out where there is none) and its `text`, a block a line. A line that begins with "# "
is a heading, one with "- " a list item, one with "| " a row of a table. The TOML file of a document that is to be
refused has words of the reason as `refused` instead.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.article import Article, BlockKind, Draft
from corpus.documents import read_document
from corpus.errors import CitelineError, UnreadableDocument

GOLD = Path(__file__).parent / "gold"
_WORD = re.compile(r"\w+")
_SHINGLE = 3  # words
# By the mark of a line of gold: the name of its figure, and the kinds of blocks that it may be.
_STRUCTURE = {
    "# ": ("headings", {BlockKind.HEADING}),
    "- ": ("items", {BlockKind.ITEM}),
    "| ": ("rows", {BlockKind.HEADER, BlockKind.ROW}),
}


@dataclass(frozen=True, slots=True)
class DocumentFigures:
    """How one document was read; precision and recall are those of its three-word shingles.

    `title` is None where the document has none. `structure` has for headings, items and rows, where the gold has any,
    how many are blocks of their kind and with their words, and how many there are. `problem` says why the document was
    not read or, where `is_refused`, rightly not.
    """

    name: str
    title: bool | None = False
    date: bool = False
    precision: float = 0.0
    recall: float = 0.0
    structure: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    problem: str | None = None
    is_refused: bool = False

    def row(self) -> dict[str, float]:
        """Return the figures by the name of their column."""
        return {} if self.is_refused else _mean([self])


def measure(folder: Path = GOLD) -> Iterator[DocumentFigures]:
    """Yield the figures of each gold document; raises UnreadableDocument where its gold is missing or broken."""
    for path in sorted(each for each in folder.iterdir() if each.suffix != ".toml"):
        gold = _gold(path.with_suffix(".toml"))
        try:
            draft = read_document(path.read_bytes(), path.name)
        except CitelineError as error:
            reason = gold.get("refused")
            yield DocumentFigures(path.name, problem=str(error), is_refused=reason is not None and reason in str(error))
            continue
        if "refused" in gold:
            yield DocumentFigures(path.name, problem=f"is read, though its gold says: {gold['refused']}")
            continue
        right, found = _shingles(gold["text"]), _shingles(draft.text)
        shared = (right & found).total()
        yield DocumentFigures(
            path.name,
            title=None if "title" not in gold else gold["title"] == Article.from_draft(draft).title,
            date=gold.get("published") == draft.published,
            precision=shared / max(found.total(), 1),
            recall=shared / max(right.total(), 1),
            structure=_kept(gold["text"].splitlines(), draft),
        )


def means(figures: Sequence[DocumentFigures]) -> Mapping[str, Mapping[str, float]]:
    """Return the means of figures, by the extension of the documents and over all."""
    groups: dict[str, list[DocumentFigures]] = {}
    for each in figures:
        groups.setdefault(Path(each.name).suffix, []).append(each)
    return {
        name: {
            "documents": len(group),
            "read": sum(each.problem is None for each in group),
            "refused": sum(each.is_refused for each in group),
            **_mean([each for each in group if not each.is_refused]),
        }
        for name, group in {**dict(sorted(groups.items())), "all": list(figures)}.items()
    }


def _mean(figures: Sequence[DocumentFigures]) -> dict[str, float]:
    """Return the means of documents that are to be read; of their structure, the shares over all of them."""
    count = max(len(figures), 1)
    titles = [each.title for each in figures if each.title is not None]
    row: dict[str, float] = {"title right": sum(titles) / len(titles)} if titles else {}
    row |= {
        "date right": sum(each.date for each in figures) / count,
        "precision": sum(each.precision for each in figures) / count,
        "recall": sum(each.recall for each in figures) / count,
    }
    for name, _ in _STRUCTURE.values():
        counts = [each.structure[name] for each in figures if name in each.structure]
        if counts:
            row[name] = sum(kept for kept, _ in counts) / sum(total for _, total in counts)
    return row


def _kept(gold: Sequence[str], draft: Draft) -> dict[str, tuple[int, int]]:
    kept: dict[str, tuple[int, int]] = {}
    for mark, (name, kinds) in _STRUCTURE.items():
        right = Counter(_words(line) for line in gold if line.startswith(mark))
        found = Counter(_words(draft.text[block.start : block.end]) for block in draft.blocks if block.kind in kinds)
        if right:
            kept[name] = ((right & found).total(), right.total())
    return kept


def _gold(path: Path) -> Mapping[str, Any]:
    try:
        gold = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableDocument(f"{path} can't be read: {error}.") from error
    if not {"text", "refused"} & gold.keys():
        raise UnreadableDocument(f"{path} lacks text.")
    return gold


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _words(text)
    return Counter(zip(*(words[start:] for start in range(_SHINGLE)), strict=False))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))
