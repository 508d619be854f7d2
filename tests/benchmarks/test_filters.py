import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import filters
from benchmarks.filters import narrow_filters, table, with_metadata
from benchmarks.synthetic import SourceTexts, fill
from corpus.store.filters import NO_FILTERS
from tests.benchmarks.test_scale import data, texts
from tests.fakes import WordEmbedder

__all__ = ["data", "texts"]  # fixtures


def test_articles_are_spread_over_sources_and_days(texts: SourceTexts) -> None:
    made = [with_metadata(number, article) for number, article in enumerate(texts.articles(2_000))]
    everything, source, source_and_day = narrow_filters(7)
    assert NO_FILTERS == everything
    assert 20 == sum(article.source in source.sources for article in made)
    day = source_and_day.published_from
    assert 2 == sum(article.source in source_and_day.sources and article.published == day for article in made)


def test_recall_with_narrow_filters_is_that_of_an_exhaustive_search(texts: SourceTexts, tmp_path: Path) -> None:
    embedder = WordEmbedder()
    fill(tmp_path, texts, embedder, 2_000, with_metadata)
    result = filters.measure(tmp_path, embedder, texts.questions)
    assert [1.0, 0.01] == [one.selected for one in result.recalls[:2]]
    assert all(one.recall == 1.0 for one in result.recalls[1:])
    assert "1.00% of the articles: 1.0000" in table(result)


def test_it_prints_json(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "load_embedder", lambda *_, **__: WordEmbedder())
    arguments = ["--data", str(data), "--sentences", "1000", "--questions", "10", "--json"]
    printed = CliRunner().invoke(filters.main, arguments)
    assert 0 == printed.exit_code
    assert 1000 == json.loads(printed.stdout)["sentences"]
