"""The generated quotations, and the verdicts on them."""

import pytest

from corpus.article import Article
from corpus.errors import InvalidInput
from eval.verification.generated import KINDS, draft_of, generate_quotations
from eval.verification.measure import by_kind, measure_verification, read_articles
from qa.verification.quotations import find_quotations
from tests.fakes import WordEmbedder


def test_every_generated_quotation_gets_the_right_verdict() -> None:
    verified, _ = measure_verification(read_articles(), WordEmbedder(), 1, lambda progress: None)
    assert 300 == len(verified)
    assert [] == [(one.quotation, one.result.verdict) for one in verified if not one.is_right]
    assert {kind: count for kind, (count, _) in KINDS.items()} == {
        kind: row["right"] for kind, row in by_kind(verified).items()
    }


def test_too_few_articles_are_told() -> None:
    with pytest.raises(InvalidInput, match="too few"):
        generate_quotations(read_articles()[:2], 1)


def test_a_seed_always_gives_the_same_draft() -> None:
    articles: list[Article] = read_articles()
    one, again, other = (generate_quotations(articles, seed) for seed in (1, 1, 2))
    assert one == again != other
    draft = draft_of(one, 1)
    assert 300 == len(find_quotations(draft))
