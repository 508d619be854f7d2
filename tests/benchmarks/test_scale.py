import gzip
import json
from contextlib import closing
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import scale
from benchmarks.synthetic import ARTICLE_SENTENCES, LinearEmbedder, SourceTexts, fill, rebuild
from corpus.store.article_store import ArticleStore
from corpus.text.sentences import split
from index.state_folder import StateFolder
from tests.fakes import WordEmbedder

COLOURS = ["amber", "blue", "crimson", "dun", "emerald", "fawn", "green", "hazel"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "dev").mkdir()
    with gzip.open(folder / "dev" / "squad_dev_v1.1.jsonl.gz", "wt", encoding="utf-8") as file:
        for number, colour in enumerate(COLOURS):
            context = f"The {colour} house of Arden was built by Amina Farouk. Its {colour} roof came by ferry."
            answers = [{"start": context.index("Amina"), "text": "Amina Farouk"}]
            asked = {"id": str(number), "title": "Arden", "question": f"Who built the {colour} house?"}
            file.write(json.dumps({**asked, "context": context, "answers": answers}) + "\n")
    return folder


@pytest.fixture
def texts(data: Path) -> SourceTexts:
    return SourceTexts.read(data)


def test_synthetic_articles_are_the_same_for_the_same_seed(texts: SourceTexts) -> None:
    assert (2 * len(COLOURS), len(COLOURS)) == (len(texts.sentences), len(texts.questions))
    made = list(texts.articles(20))
    assert [article.id for article in made] == [article.id for article in texts.articles(20)]
    assert 20 == len({article.id for article in made})
    assert {ARTICLE_SENTENCES} == {len(split(article.text)) for article in made}
    assert made[0].text != next(texts.articles(1, seed=7)).text


def test_a_linear_embedder_approximates_the_one_it_is_fitted_to(texts: SourceTexts) -> None:
    real = WordEmbedder()
    linear = LinearEmbedder(real, texts.sentences)
    vectors = linear.embed([*texts.sentences, "", "Never heard of."])
    np.testing.assert_allclose(np.ones(len(texts.sentences)), np.linalg.norm(vectors[:-2], axis=1), rtol=1e-5)
    alike = (real.embed(texts.sentences) * vectors[:-2]).sum(axis=1)
    assert alike.mean() > 0.9
    assert (real.model_id, real.dimension) == (linear.model_id, linear.dimension)
    np.testing.assert_array_equal(real.embed_question("amber?"), linear.embed_question("amber?"))


def test_a_filled_state_is_compared_with_an_exhaustive_search(texts: SourceTexts, tmp_path: Path) -> None:
    embedder = WordEmbedder()
    assert 0 < fill(tmp_path, texts, embedder, 95)
    with closing(ArticleStore.open(StateFolder(tmp_path).articles)) as store:
        assert 10 == store.count()
    assert (100, 1.0) == scale.recall(tmp_path, embedder, texts.questions)
    assert 0 < rebuild(tmp_path / "other", texts, embedder, 50)


def test_an_error_in_the_changing_thread_is_raised() -> None:
    class Broken:
        def client(self) -> "Broken":
            return self

        def call(self, *_: object) -> object:
            raise click.ClickException("gone")

        def close(self) -> None:
            pass

    with pytest.raises(click.ClickException, match="gone"), scale.Changer(Broken(), 1, 0.0):  # type: ignore[arg-type]
        pass


@pytest.mark.model
@pytest.mark.system
def test_a_large_index_is_measured_over_http(data: Path, tmp_path: Path) -> None:
    arguments = ["--data", str(data), "--sentences", "100", "--questions", "10", "--rounds", "1", "--rebuilt", "50"]
    arguments += ["--state", str(tmp_path / "s")]
    done = CliRunner().invoke(scale.main, [*arguments, "--json"], catch_exceptions=False)
    assert 0 == done.exit_code, done.output
    result = json.loads(done.stdout)
    assert (100, 50, 1.0) == (result["sentences"], result["rebuilt"], result["recall"])
    for times in (*result["changes"].values(), *(result["asked"][name] for name in ("quiet", "busy", "busy_add"))):
        assert 0 < times["p50"] <= times["p95"] <= times["max"]
    again = CliRunner().invoke(scale.main, [*arguments, "--rebuilt", "0"])
    assert "fill" not in again.stdout, "what was filled before is measured as it is"
    assert "100 sentences" in again.stdout
