import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.errors import ModelProblem
from index.onnx.export import Feed
from index.onnx.model_files import GRAPH, MANIFEST, TOKENIZER
from qa.reader.export import SAMPLES, VARIANTS, export_reader
from qa.reader.model_files import ReaderManifest
from qa.reader.span_model import Logits, OnnxSpanModel, feed
from tests.reader_models import save_bert, save_roberta, wordpiece

INT8, FP32 = VARIANTS
IMPOSSIBLE = replace(INT8, accepts=lambda agreement: False)
UNSEEN = [
    ("Where did the bees go?", ("Bees", "The beekeeper moved her forty hives to the heather in August.")),
    (
        "How many judges agreed?",
        ("", "Six of the nine judges agreed. The contract, signed in 1997, bound nobody. " * 3),
    ),
]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return save_bert(tmp_path_factory.mktemp("bert"))


def export(model: Any, folder: Path, **how: Any) -> ReaderManifest:
    settings = {"model_id": "tiny@1", "max_length": 120, "titled": True} | how
    return export_reader(model, wordpiece().to_str(), folder, **settings)


def read_all(folder: Path, manifest: ReaderManifest) -> list[Logits]:
    model = OnnxSpanModel(folder, manifest)
    return [model.read(question, [passage])[0] for question, passage in UNSEEN]


def expected(model: Any, logits: Logits, names: tuple[str, ...]) -> tuple[Any, Any]:
    import torch

    with torch.no_grad():
        mask = torch.ones((1, len(logits.tokens.ids)), dtype=torch.int64)
        out = model(
            attention_mask=mask,
            **{name: torch.from_numpy(values) for name, values in feed(logits.tokens, names).items()},
        )
    return out.start_logits[0].numpy(), out.end_logits[0].numpy()


@pytest.mark.parametrize(
    ("save", "inputs"), [(save_bert, ("input_ids", "token_type_ids")), (save_roberta, ("input_ids",))]
)
def test_an_export_of_32_bits_computes_what_the_model_does(save: Any, inputs: tuple[str, ...], tmp_path: Path) -> None:
    model = save(tmp_path / "model")
    tokenizer = (tmp_path / "model" / "tokenizer.json").read_text("utf-8")
    manifest = export_reader(
        model, tokenizer, tmp_path, model_id="tiny@1", max_length=120, titled=True, variants=[FP32]
    )
    assert inputs == manifest.inputs
    for logits in read_all(tmp_path, manifest):
        start, end = expected(model, logits, manifest.inputs)
        np.testing.assert_allclose(logits.start, start, atol=1e-4)
        np.testing.assert_allclose(logits.end, end, atol=1e-4)


def test_an_export_of_8_bits_comes_near_on_what_it_was_not_fitted_to(bert: Any, tmp_path: Path) -> None:
    manifest = export(bert, tmp_path)
    assert "int8 with 7-bit weights" == manifest.variant
    assert not {question for question, _ in UNSEEN} & {question for question, _ in SAMPLES}
    for logits in read_all(tmp_path, manifest):
        start, _ = expected(bert, logits, manifest.inputs)
        assert np.abs(logits.start - start).mean() < 0.2 * start.std()


def test_word_vectors_are_stored_in_8_bits(tmp_path: Path) -> None:
    import onnx
    from transformers import BertConfig, BertForQuestionAnswering

    wide = BertForQuestionAnswering(
        BertConfig(vocab_size=3000, hidden_size=32, intermediate_size=64, num_attention_heads=4, num_hidden_layers=1)
    )
    export(wide, tmp_path / "8", variants=[replace(INT8, accepts=lambda agreement: True)])
    export(wide, tmp_path / "32", variants=[FP32])
    assert 3000 * 32 * 4 < (tmp_path / "32" / GRAPH).stat().st_size
    assert 3000 * 32 * 3 > (tmp_path / "8" / GRAPH).stat().st_size
    stored = {tuple(tensor.dims): tensor.data_type for tensor in onnx.load(tmp_path / "8" / GRAPH).graph.initializer}
    assert onnx.TensorProto.INT8 == stored[3000, 32]


def test_the_manifest_tells_all_that_is_needed_to_run_it(bert: Any, tmp_path: Path) -> None:
    manifest = export(bert, tmp_path / "new" / "folder", max_length=77)
    assert manifest == ReaderManifest.read(tmp_path / "new" / "folder")
    assert ("tiny@1", 77, True, 0) == (manifest.model_id, manifest.max_length, manifest.titled, manifest.pad_id)
    assert ("input_ids", "token_type_ids") == manifest.inputs
    assert {GRAPH, TOKENIZER} == set(manifest.files)
    assert len(SAMPLES) == manifest.agreement["samples"]
    assert INT8.accepts(manifest.agreement)
    assert not INT8.accepts({**manifest.agreement, "same_span": 0.7})
    assert not INT8.accepts({**manifest.agreement, "mean_difference": 0.16 * manifest.agreement["spread"]})


def test_a_module_of_ones_own_is_exported_too(bert: Any, tmp_path: Path) -> None:
    import torch

    class Own(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = bert

        def forward(self, input_ids: Any, attention_mask: Any) -> tuple[Any, Any]:
            out = self.inner(input_ids=input_ids, attention_mask=attention_mask)
            return out.start_logits, out.end_logits

    manifest = export(Own().eval(), tmp_path, pad_id=3, variants=[FP32])
    assert (("input_ids",), 3) == (manifest.inputs, manifest.pad_id)


def test_a_variant_that_disagrees_gives_way_to_the_next(bert: Any, tmp_path: Path) -> None:
    manifest = export(bert, tmp_path, variants=[IMPOSSIBLE, FP32])
    assert ("fp32", ["int8 with 7-bit weights"]) == (manifest.variant, list(manifest.rejected))
    assert manifest == ReaderManifest.read(tmp_path)
    assert "fp32" == json.loads((tmp_path / MANIFEST).read_text("utf-8"))["variant"]


def test_where_no_variant_agrees_there_is_no_export(bert: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match="tiny@1 disagrees"):
        export(bert, tmp_path, variants=[IMPOSSIBLE])
    assert [] == list(tmp_path.iterdir())


def test_an_export_leaves_other_files_alone_and_nothing_behind(bert: Any, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("About the model.")
    (tmp_path / MANIFEST).write_text("{}")
    export(bert, tmp_path, variants=[FP32])
    assert ["README.md", MANIFEST, GRAPH, TOKENIZER] == sorted(path.name for path in tmp_path.iterdir())
    assert "About the model." == (tmp_path / "README.md").read_text()


def test_samples_are_the_callers(bert: Any, tmp_path: Path) -> None:
    assert len(UNSEEN) == export(bert, tmp_path, samples=UNSEEN, variants=[FP32]).agreement["samples"]


def test_a_model_whose_code_can_not_be_exported_is_named(tmp_path: Path) -> None:
    import torch

    class Odd(torch.nn.Module):
        def forward(self, input_ids: Any, attention_mask: Any) -> tuple[Any, Any]:
            found = torch.special.airy_ai(input_ids.float() / 1000)
            return found, found

    with pytest.raises(ModelProblem, match="tiny@1 can't be used"):
        export(Odd(), tmp_path, pad_id=0)
    assert [] == list(tmp_path.iterdir())


def test_a_variant_may_write_its_file_itself(bert: Any, tmp_path: Path) -> None:
    written = []

    def write(full: Path, file: Path, feeds: Sequence[Feed]) -> None:
        written.append((full.stat().st_size > 0, len(feeds), set(feeds[0])))
        shutil.copyfile(full, file)

    manifest = export(bert, tmp_path, variants=[replace(INT8, name="its own", write=write)])
    assert [(True, len(SAMPLES), {"input_ids", "token_type_ids"})] == written
    assert "its own" == manifest.variant
    assert manifest.agreement["mean_difference"] < 1e-4
