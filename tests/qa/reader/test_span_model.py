import math
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import ModelProblem
from index.onnx.model_files import GRAPH, TOKENIZER
from qa.reader.base import Reader
from qa.reader.export import SAMPLES
from qa.reader.extractive import SpanReader
from qa.reader.loader import load_reader
from qa.reader.model_files import ReaderManifest
from qa.reader.span_model import Logits, OnnxSpanModel, RememberingSpanModel, feed
from qa.reader.tokenization import NOT_TEXT, Tokens
from tests.reader_contract import QUESTIONS, ReaderContract
from tests.reader_models import WordModel, save_bert, save_roberta

SAVE = {"bert": save_bert, "roberta": save_roberta}
LONG = "The ferry leaves at noon. " * 200


@pytest.fixture(scope="module", params=SAVE)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model's export, made from its Hugging Face folder as a user's is."""
    folder = tmp_path_factory.mktemp(request.param)
    SAVE[request.param](folder / "model")
    load_reader(str(folder / "model"), folder / "cache")
    return next(path for path in (folder / "cache" / "readers").iterdir() if path.is_dir())


def model_in(folder: Path, threads: int | None = None) -> OnnxSpanModel:
    manifest = ReaderManifest.read(folder)
    assert manifest is not None
    return OnnxSpanModel(folder, manifest, threads)


class TestSpanReaderOverTinyModels(ReaderContract):
    @pytest.fixture
    def reader(self, exported: Path) -> Reader:
        return SpanReader(model_in(exported))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_passage_is_read_the_same_whatever_is_read_with_it(exported: Path, threads: int) -> None:
    model = model_in(exported, threads)
    passages = [passage for _, passage in SAMPLES[:5]] + [("", LONG), ("", "?"), ("", "")]
    together = model.read(QUESTIONS[0], passages)
    for passage, logits in zip(passages, together, strict=True):
        alone = model.read(QUESTIONS[0], [passage])[0]
        np.testing.assert_array_equal(alone.start, logits.start)
        np.testing.assert_array_equal(alone.end, logits.end)


def test_every_token_has_its_logits(exported: Path) -> None:
    for logits in model_in(exported).read(QUESTIONS[0], [("", LONG), ("", "At noon.")]):
        assert len(logits.tokens.ids) == len(logits.start) == len(logits.end)
        assert np.isfinite([logits.start, logits.end]).all()


def test_no_passages_are_no_logits(exported: Path) -> None:
    assert [] == model_in(exported).read(QUESTIONS[0], [])


def test_a_graph_is_fed_what_it_takes(exported: Path) -> None:
    manifest = ReaderManifest.read(exported)
    assert manifest is not None
    tokens = model_in(exported).read("When?", [("", "At noon.")])[0].tokens
    fed = feed(tokens, manifest.inputs)
    assert list(manifest.inputs) == list(fed)
    assert {(1, len(tokens.ids))} == {values.shape for values in fed.values()}
    assert [tokens.ids] == fed["input_ids"].tolist()


@pytest.mark.parametrize("name", [GRAPH, TOKENIZER])
def test_files_that_are_no_model_are_a_model_problem(exported: Path, name: str, tmp_path: Path) -> None:
    manifest = ReaderManifest.read(exported)
    assert manifest is not None
    for file in (GRAPH, TOKENIZER):
        (tmp_path / file).write_bytes((exported / file).read_bytes() if file != name else b"not a model")
    with pytest.raises(ModelProblem, match=str(tmp_path)):
        OnnxSpanModel(tmp_path, manifest)


def logits(starts: list[int], start: list[float], end: list[float]) -> Logits:
    places = np.array(starts)
    nothing = [0] * len(starts)
    return Logits(Tokens(nothing, nothing, places, places), np.array(start, np.float32), np.array(end, np.float32))


def test_answerability_sets_the_tokens_of_the_text_against_the_first() -> None:
    start, end = [1.0, 99.0, 2.0, -1.0], [0.5, 99.0, 0.0, 3.0]
    asked = 1  # a token of the question, where no answer starts
    answerability = sum(
        math.log(sum(math.exp(one) for one in side[asked + 1 :]) / math.exp(side[0])) for side in (start, end)
    ) - math.log(2)
    assert pytest.approx(answerability, abs=1e-5) == logits([NOT_TEXT, NOT_TEXT, 0, 4], start, end).answerability()


def test_the_answerability_of_large_scores_is_finite() -> None:
    assert pytest.approx(2000.0) == logits([NOT_TEXT, 0], [-500.0, 500.0], [-500.0, 500.0]).answerability()


def test_a_passage_without_text_does_not_answer() -> None:
    assert -math.inf == logits([NOT_TEXT, NOT_TEXT], [1.0, 2.0], [1.0, 2.0]).answerability()


def test_a_remembered_passage_is_read_once_for_a_question() -> None:
    inner = WordModel({"noon": 5.0})
    model = RememberingSpanModel(inner, size=2)
    one, two, three = (("News", text) for text in ("Noon or noon", "A ferry", "No ferry"))
    first = model.read("When?", [one, two, one])
    assert [one[1], two[1]] == inner.read_texts
    assert first[0] is first[2] is model.read("When?", [one])[0]
    assert model.read("When?", []) == []
    assert 2 == len(inner.read_texts)
    model.read("Why?", [one])  # another question
    assert 3 == len(inner.read_texts)
    for passage in (three, two):  # what was read long ago is forgotten
        model.read("When?", [passage])
    assert [*(one[1], two[1], one[1]), *(three[1], two[1])] == inner.read_texts
