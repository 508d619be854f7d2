"""Compares what is read of gold documents with what is right.

A gold document is a file of any format in the folder `gold`, with a TOML file of the same stem that has its `title`,
its `published` date (left out where there is none) and its `text`, a block a line.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.documents import read_document
from corpus.errors import CitelineError, UnreadableDocument

GOLD = Path(__file__).parent / "gold"
_WORD = re.compile(r"\w+")
_SHINGLE = 3  # words


@dataclass(frozen=True, slots=True)
class DocumentFigures:
    """How one document was read; precision and recall are those of its three-word shingles.

    `problem` says why it could not be read.
    """

    name: str
    title: bool = False
    date: bool = False
    precision: float = 0.0
    recall: float = 0.0
    problem: str | None = None

    def row(self) -> dict[str, float]:
        """Return the figures by the name of their column."""
        return {
            "title right": float(self.title),
            "date right": float(self.date),
            "precision": self.precision,
            "recall": self.recall,
        }


def measure(folder: Path = GOLD) -> Iterator[DocumentFigures]:
    """Yield the figures of each gold document; raises UnreadableDocument where its gold is missing or broken."""
    for path in sorted(each for each in folder.iterdir() if each.suffix != ".toml"):
        gold = _gold(path.with_suffix(".toml"))
        try:
            draft = read_document(path.read_bytes(), path.name)
        except CitelineError as error:
            yield DocumentFigures(path.name, problem=str(error))
            continue
        right, found = _shingles(gold["text"]), _shingles(draft.text)
        shared = (right & found).total()
        yield DocumentFigures(
            path.name,
            title=gold["title"] == draft.title,
            date=gold.get("published") == draft.published,
            precision=shared / max(found.total(), 1),
            recall=shared / max(right.total(), 1),
        )


def means(figures: list[DocumentFigures]) -> Mapping[str, Mapping[str, float]]:
    """Return the means of figures, by the extension of the documents and over all."""
    groups: dict[str, list[DocumentFigures]] = {}
    for each in figures:
        groups.setdefault(Path(each.name).suffix, []).append(each)
    return {name: _mean(group) for name, group in {**dict(sorted(groups.items())), "all": figures}.items()}


def _mean(figures: list[DocumentFigures]) -> dict[str, float]:
    rows = [each.row() for each in figures]
    return {"documents": len(rows)} | {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}


def _gold(path: Path) -> Mapping[str, Any]:
    try:
        gold = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableDocument(f"{path} can't be read: {error}.") from error
    if missing := {"title", "text"} - gold.keys():
        raise UnreadableDocument(f"{path} lacks {' and '.join(sorted(missing))}.")
    return gold


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return Counter(zip(*(words[start:] for start in range(_SHINGLE)), strict=False))
