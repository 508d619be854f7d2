from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from corpus.errors import ModelProblem
from qa.reader.export import best_span
from qa.reader.span_model import Logits
from qa.reader.tokenization import ReaderInput, Tokens
from tests.training_parts import save_base, town_rows, untrained
from training.data.batches import collate, gold_tokens
from training.models.losses import supervised_loss
from training.models.network import SpanNetwork, load_network


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[SpanNetwork, ReaderInput]:
    return untrained(tmp_path_factory.mktemp("base"))


def asked(tokens: ReaderInput) -> tuple[list[Tokens], list[list[tuple[int, int]]]]:
    """Three questions about one paragraph."""
    rows = town_rows(["Aldmoor"])[:3]
    own = tokens.pairs([str(r["question"]) for r in rows], [(str(r["title"]), str(r["context"])) for r in rows])
    answers: list[Any] = [row["answers"] for row in rows]
    return own, [[(one["start"], one["start"] + len(one["text"]))] for [one] in answers]


def test_a_network_that_has_memorised_three_questions_answers_them(tmp_path: Path) -> None:
    network, tokens = untrained(tmp_path)
    own, spans = asked(tokens)
    optimizer = torch.optim.AdamW([one for one in network.parameters() if one.requires_grad], lr=5e-3)
    batches = collate(own, spans, [0, 1, 2], 256)
    losses = []
    for _ in range(40):
        value = supervised_loss(network, batches)
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(value.detach()))
    assert losses[5] < losses[0]
    assert losses[-1] < 0.1 * losses[0]
    for one, gold in zip(own, spans, strict=True):
        assert [best_span(read(network, one))] == gold_tokens(one, gold)


def read(network: SpanNetwork, tokens: Tokens) -> Logits:
    [batch] = collate([tokens], [[]], [0], 1)
    with torch.no_grad():
        start, end = network(batch.ids, batch.mask, batch.types)
    return Logits(tokens, start[0].numpy(), end[0].numpy())


def test_a_row_does_not_depend_on_the_other_rows(tiny: tuple[SpanNetwork, ReaderInput]) -> None:
    network, tokens = tiny
    own = tokens.pairs(["When?", "Who opened the bridge of the town?"], [("", "At noon."), ("Aldmoor", "Amina. " * 20)])
    [both] = collate(own, [[], []], [0, 1], 1000)
    with torch.no_grad():
        start, _ = network.eval()(both.ids, both.mask, both.types)
    np.testing.assert_allclose(read(network, own[0]).start[: len(own[0].ids)], start[1, : len(own[0].ids)], atol=1e-5)


def test_the_seed_decides_the_head(tmp_path: Path) -> None:
    save_base(tmp_path)
    torch.manual_seed(99)  # whatever was drawn before
    one, same, other = (load_network(tmp_path, seed).spans.weight.detach().numpy() for seed in (0, 0, 1))
    assert (one == same).all()
    assert (one != other).any()


def test_by_default_there_is_no_dropout_and_word_vectors_are_frozen(tmp_path: Path) -> None:
    network, tokens = untrained(tmp_path)
    frozen = {name for name, one in network.named_parameters() if not one.requires_grad}
    assert {"encoder.embeddings.word_embeddings.weight"} == frozen
    [batch] = collate(asked(tokens)[0], [[]] * 3, [0, 1, 2], 1000)
    network.train()
    first, second = (network(batch.ids, batch.mask, batch.types)[0] for _ in range(2))
    assert torch.equal(first, second)


def test_dropout_works_while_training_only(tmp_path: Path) -> None:
    _, tokens = untrained(tmp_path)
    [batch] = collate(asked(tokens)[0], [[]] * 3, [0, 1, 2], 1000)
    networks = [load_network(tmp_path, 0, dropout).train() for dropout in (0.3, 0.0)]
    first, second = (networks[0](batch.ids, batch.mask, batch.types)[0] for _ in range(2))
    assert not torch.allclose(first, second)
    dropping, none = (one.eval()(batch.ids, batch.mask, batch.types)[0] for one in networks)
    assert torch.equal(dropping, none)


def test_a_network_has_a_shape_in_words(tiny: tuple[SpanNetwork, ReaderInput]) -> None:
    assert "2 layers of 32 (0.0 million parameters)" == tiny[0].shape()


@pytest.mark.parametrize("config", [None, "", "[]", "{}", '{"model_type": "roberta"}', '{"model_type": "bert"}'])
def test_a_folder_without_a_bert_is_reported(tmp_path: Path, config: str | None) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(ModelProblem, match=f"There is no BERT in {tmp_path}"):
        load_network(tmp_path, 0)


def test_the_weights_are_those_of_the_folder(tmp_path: Path) -> None:
    config = BertConfig(vocab_size=50, hidden_size=16, intermediate_size=16, num_attention_heads=2, num_hidden_layers=1)
    saved = BertModel(config)
    saved.save_pretrained(tmp_path)
    loaded = load_network(tmp_path, 0).encoder
    own = dict(loaded.named_parameters())
    assert all(torch.equal(one, own[name]) for name, one in saved.named_parameters() if "pooler" not in name)
