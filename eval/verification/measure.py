"""Verifies generated quotations and counts the verdicts, by kind."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from corpus.article import Article
from corpus.documents.files import read_file
from eval.benchmark_corpus import index_articles
from eval.verification.generated import KINDS, GeneratedQuotation, draft_of, generate_quotations
from index.embedding.embedder import Embedder
from index.generations.builder import Progress
from index.generations.generation import Generation
from qa.verification.verifier import VerifiedExcerpt, Verifier

_EVAL = Path(__file__).parents[1]
FOLDERS = tuple(_EVAL / name for name in ("developing/choose", "developing/judge", "developing/held_out", "overview"))


@dataclass(frozen=True, slots=True)
class Verified:
    """A generated quotation and the verdict on it."""

    quotation: GeneratedQuotation
    result: VerifiedExcerpt

    @property
    def is_right(self) -> bool:
        """Whether the verdict is that of its kind."""
        return self.result.verdict == KINDS[self.quotation.kind][1]


def read_articles() -> list[Article]:
    """Return the articles that come with the evaluation."""
    paths = sorted(path for folder in FOLDERS for path in (folder / "articles").glob("*.md"))
    return list({(one := Article.from_draft(read_file(path)[0])).id: one for path in paths}.values())


def measure_verification(
    articles: list[Article], embedder: Embedder, seed: int, report: Callable[[Progress], None]
) -> tuple[list[Verified], float]:
    """Return the verdicts on the quotations of a generated draft, and the seconds that they took."""
    quotations = generate_quotations(articles, seed)
    draft = draft_of(quotations, seed)
    with index_articles(articles, embedder, report) as (store, generation):
        start = time.perf_counter()
        results = list(Verifier(_Fixed(generation), store).verify(draft))
        took = time.perf_counter() - start
    return [Verified(*pair) for pair in zip(quotations, results, strict=True)], took


def by_kind(verified: list[Verified]) -> dict[str, dict[str, float]]:
    """Return how many of each kind there are, how many of them are right, and how many have each verdict."""
    rows: dict[str, dict[str, float]] = {}
    for kind in KINDS:
        of_kind = [one for one in verified if one.quotation.kind == kind]
        verdicts = Counter(one.result.verdict for one in of_kind)
        counts = {"quotations": len(of_kind), "right": sum(one.is_right for one in of_kind)}
        rows[kind] = {**counts, **{verdict: verdicts[verdict] for verdict in ("exact", "altered", "not found")}}
    return rows


@dataclass(frozen=True, slots=True)
class _Fixed:
    """Provides one generation."""

    _generation: Generation

    def generation(self) -> Generation:
        """Return it."""
        return self._generation
