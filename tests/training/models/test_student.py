import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from corpus.errors import ModelProblem
from qa.reader.export import best_span
from qa.reader.span_model import Logits
from qa.reader.tokenization import NOT_TEXT, ReaderInput, Tokens
from tests.training_parts import PAD, begun, save_base, town_rows
from training.models.student import (
    GROUP_WEIGHT,
    NO_ANSWER,
    Batch,
    SpanNetwork,
    collate,
    gold_tokens,
    load_network,
    loss,
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[SpanNetwork, ReaderInput]:
    return begun(tmp_path_factory.mktemp("base"))


def made(words: int, question: int = 2) -> Tokens:
    """A question, then a text of words of three letters with a space between."""
    starts = [NOT_TEXT] * (question + 2) + [4 * at for at in range(words)] + [NOT_TEXT]
    ends = [NOT_TEXT] * (question + 2) + [4 * at + 3 for at in range(words)] + [NOT_TEXT]
    ids, types = list(range(1, len(starts) + 1)), [0] * (question + 2) + [1] * (words + 1)
    return Tokens(ids, types, np.array(starts, np.int64), np.array(ends, np.int64))


def test_batches_are_padded_and_marked(tiny: tuple[SpanNetwork, ReaderInput]) -> None:
    rows = [made(3), made(6), made(4, question=4)]
    [batch] = collate(rows, [[(0, 3)], [], [(4, 11)]], [7, 7, 8], 99, 1000)
    order = [2, 1, 0] if len(rows[2].ids) > len(rows[1].ids) else [1, 2, 0]
    assert (3, 16) == tuple(batch.ids.shape)
    for row, number in enumerate(order):
        own = rows[number]
        length = len(own.ids)
        assert own.ids + [99] * (16 - length) == batch.ids[row].tolist()
        assert own.types + [0] * (16 - length) == batch.types[row].tolist()
        assert [1] * length + [0] * (16 - length) == batch.mask[row].tolist()
        text = [at for at in range(length) if own.starts[at] != NOT_TEXT]
        assert [0, *text] == batch.allowed[row].nonzero().flatten().tolist()
    golds = [[(4, 4)], [NO_ANSWER], [(7, 8)]]
    assert [golds[number] for number in order] == batch.gold
    assert [[7, 7, 8][number] for number in order] == batch.groups


def test_every_row_is_in_one_batch_of_about_the_tokens_told() -> None:
    choice = random.Random(0)
    rows = [made(choice.randint(1, 60)) for _ in range(50)]
    batches = collate(rows, [[]] * 50, list(range(50)), PAD, 128)
    assert list(range(50)) == sorted(number for batch in batches for number in batch.groups)
    for batch in batches:
        assert batch.ids.numel() <= 128 or 1 == len(batch.ids)
        assert 0 == batch.ids.shape[1] % 8
        longest = int(batch.mask.sum(dim=1).max())
        assert longest <= batch.ids.shape[1] < longest + 8
    assert max(batch.ids.shape[1] for batch in batches) == batches[0].ids.shape[1]


def test_a_span_becomes_the_tokens_that_hold_it() -> None:
    tokens = made(5)  # the text's tokens are 4 to 8, of the code points 0-3, 4-7, 8-11, 12-15, 16-19
    assert [(4, 4)] == gold_tokens(tokens, [(0, 3)])
    assert [(5, 6)] == gold_tokens(tokens, [(5, 10)])  # parts of words: whole tokens
    assert [(5, 5), (8, 8)] == gold_tokens(tokens, [(4, 7), (16, 19)])
    assert [NO_ANSWER] == gold_tokens(tokens, [])


def test_a_span_that_was_cut_off_is_none() -> None:
    assert [NO_ANSWER] == gold_tokens(made(5), [(16, 23)])
    assert [(4, 4)] == gold_tokens(made(5), [(40, 43), (0, 3)])


def test_tokens_of_real_texts_hold_the_answers_words(tiny: tuple[SpanNetwork, ReaderInput]) -> None:
    for row in town_rows():
        [answer] = row["answers"]  # type: ignore[misc]
        text, start, end = str(row["context"]), answer["start"], answer["start"] + len(answer["text"])
        [tokens] = tiny[1].tokens(str(row["question"]), [(str(row["title"]), text)])
        [(first, last)] = gold_tokens(tokens, [(start, end)])
        assert answer["text"] == text[int(tokens.starts[first]) : int(tokens.ends[last])]


def scored(batch: Batch, start: Any, end: Any) -> float:
    """The loss where the network says what it is told."""

    class Told(torch.nn.Module):
        def forward(self, *inputs: Any) -> tuple[Any, Any]:
            return torch.tensor(start), torch.tensor(end)

    return float(loss(Told(), [batch]))  # type: ignore[arg-type]


def one_row(gold: list[tuple[int, int]]) -> Batch:
    ones = torch.ones((1, 4), dtype=torch.int64)
    return Batch(ones, ones, ones, torch.tensor([[True, False, True, True]]), [gold], [0])


def test_the_loss_is_the_surprise_at_the_right_span() -> None:
    start, end = [[1.0, 50.0, 2.0, 0.5]], [[0.0, 50.0, -1.0, 3.0]]  # what can't answer doesn't count, however high
    p = math.exp(2.0) / sum(map(math.exp, (1.0, 2.0, 0.5))) * math.exp(3.0) / sum(map(math.exp, (0.0, -1.0, 3.0)))
    assert pytest.approx(-math.log(p), abs=1e-5) == scored(one_row([(2, 3)]), start, end)


def test_several_right_spans_add_up() -> None:
    start, end = [[0.0, 0.0, 2.0, 0.5]], [[0.0, 0.0, -1.0, 3.0]]
    single = [math.exp(-scored(one_row([gold]), start, end)) for gold in ((2, 3), (3, 3))]
    assert pytest.approx(-math.log(sum(single)), abs=1e-5) == scored(one_row([(2, 3), (3, 3)]), start, end)


def test_the_right_span_costs_less_than_another_and_than_none() -> None:
    right, other, none = [[0.0, 0.0, 5.0, 0.0]], [[0.0, 0.0, 0.0, 5.0]], [[5.0, 0.0, 0.0, 0.0]]
    for gold, best in (([(2, 2)], right), ([(3, 3)], other), ([NO_ANSWER], none)):
        costs = [scored(one_row(gold), told, told) for told in (right, other, none)]
        assert min(costs) == scored(one_row(gold), best, best)
        assert 1 == costs.count(min(costs))


def test_the_loss_of_many_rows_is_that_of_each_counted_by_hand() -> None:
    torch.manual_seed(3)
    start, end = torch.randn(7, 5), torch.randn(7, 5)
    golds = [[(1, 2), (3, 3), (1, 4)], [NO_ANSWER], [NO_ANSWER], [(2, 2)], [NO_ANSWER], [(4, 4), (1, 1)], [NO_ANSWER]]
    groups = [0, 0, 0, 1, 2, 2, 3]  # of three, one, two (the second answers) and one that doesn't
    first, last = (one.log_softmax(dim=1).tolist() for one in (start, end))
    surprise = sum(
        -math.log(sum(math.exp(first[row][a] + last[row][b]) for a, b in gold)) for row, gold in enumerate(golds)
    )
    odds = [math.prod((1 - math.exp(one[row][0])) / math.exp(one[row][0]) for one in (first, last)) for row in range(7)]
    between = -math.log(odds[0] / sum(odds[:3])) - math.log(odds[5] / (odds[4] + odds[5]))
    ones = torch.ones((7, 5), dtype=torch.int64)
    batch = Batch(ones, ones, ones, torch.ones((7, 5), dtype=torch.bool), golds, groups)
    found = scored(batch, start.tolist(), end.tolist())
    assert pytest.approx((surprise + GROUP_WEIGHT * between) / 7, abs=1e-5) == found


def test_a_group_that_is_split_over_batches_is_one(tiny: tuple[SpanNetwork, ReaderInput]) -> None:
    rows, spans, groups = [made(3), made(20), made(40)], [[(0, 3)], [], []], [0, 0, 0]
    whole, split = collate(rows, spans, groups, PAD, 1024), collate(rows, spans, groups, PAD, 8)
    assert (1, 3) == (len(whole), len(split))
    network = tiny[0].eval()
    assert pytest.approx(loss(network, whole).item(), abs=1e-4) == loss(network, split).item()


def test_passages_of_a_question_are_told_apart() -> None:
    def pair(groups: list[int]) -> Batch:
        ones = torch.ones((2, 3), dtype=torch.int64)
        return Batch(ones, ones, ones, torch.ones((2, 3), dtype=torch.bool), [[(1, 1)], [NO_ANSWER]], groups)

    told = [[0.0, 2.0, 1.0], [1.0, 0.0, -1.0]]
    apart, together = scored(pair([0, 1]), told, told), scored(pair([0, 0]), told, told)
    odds = [2 * math.log(math.exp(2) + math.exp(1)), 2 * math.log(1 + math.exp(-1)) - 2]
    between = -(odds[0] - math.log(math.exp(odds[0]) + math.exp(odds[1])))
    assert pytest.approx(apart + GROUP_WEIGHT * between / 2, abs=1e-5) == together


def asked(tokens: ReaderInput) -> tuple[list[Tokens], list[list[tuple[int, int]]]]:
    """Three questions about one paragraph."""
    rows = town_rows(["Aldmoor"])[:3]
    own = tokens.pairs([str(r["question"]) for r in rows], [(str(r["title"]), str(r["context"])) for r in rows])
    told: list[Any] = [row["answers"] for row in rows]
    return own, [[(one["start"], one["start"] + len(one["text"]))] for [one] in told]


def test_a_network_that_has_memorised_three_questions_answers_them(tmp_path: Path) -> None:
    network, tokens = begun(tmp_path)
    own, spans = asked(tokens)
    optimizer = torch.optim.AdamW([one for one in network.parameters() if one.requires_grad], lr=5e-3)
    batches = collate(own, spans, [0, 1, 2], PAD, 256)
    losses = []
    for _ in range(40):
        value = loss(network, batches)
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(value.detach()))
    assert losses[5] < losses[0]
    assert losses[-1] < 0.1 * losses[0]
    for one, gold in zip(own, spans, strict=True):
        assert [best_span(read(network, one))] == gold_tokens(one, gold)


def read(network: SpanNetwork, tokens: Tokens) -> Logits:
    [batch] = collate([tokens], [[]], [0], PAD, 1)
    with torch.no_grad():
        start, end = network(batch.ids, batch.mask, batch.types)
    return Logits(tokens, start[0].numpy(), end[0].numpy())


def test_what_stands_in_a_row_does_not_depend_on_the_others(tiny: tuple[SpanNetwork, ReaderInput]) -> None:
    network, tokens = tiny
    own = tokens.pairs(["When?", "Who opened the bridge of the town?"], [("", "At noon."), ("Aldmoor", "Amina. " * 20)])
    [both] = collate(own, [[], []], [0, 1], PAD, 1000)
    with torch.no_grad():
        start, _ = network.eval()(both.ids, both.mask, both.types)
    np.testing.assert_allclose(read(network, own[0]).start[: len(own[0].ids)], start[1, : len(own[0].ids)], atol=1e-5)


def test_the_seed_decides_how_the_head_begins(tmp_path: Path) -> None:
    save_base(tmp_path)
    torch.manual_seed(99)  # whatever was drawn before
    one, same, other = (load_network(tmp_path, seed).spans.weight.detach().numpy() for seed in (0, 0, 1))
    assert (one == same).all()
    assert (one != other).any()


def test_nothing_is_dropped_and_word_vectors_stay(tmp_path: Path) -> None:
    network, tokens = begun(tmp_path)
    frozen = {name for name, one in network.named_parameters() if not one.requires_grad}
    assert {"encoder.embeddings.word_embeddings.weight"} == frozen
    [batch] = collate(asked(tokens)[0], [[]] * 3, [0, 1, 2], PAD, 1000)
    network.train()
    first, second = (network(batch.ids, batch.mask, batch.types)[0] for _ in range(2))
    assert torch.equal(first, second)


def test_with_dropout_some_of_what_it_computes_is_left_out_while_it_trains(tmp_path: Path) -> None:
    _, tokens = begun(tmp_path)
    [batch] = collate(asked(tokens)[0], [[]] * 3, [0, 1, 2], PAD, 1000)
    networks = [load_network(tmp_path, 0, dropout).train() for dropout in (0.3, 0.0)]
    first, second = (networks[0](batch.ids, batch.mask, batch.types)[0] for _ in range(2))
    assert not torch.allclose(first, second)
    dropping, none = (one.eval()(batch.ids, batch.mask, batch.types)[0] for one in networks)
    assert torch.equal(dropping, none)


def test_a_network_tells_its_shape(tiny: tuple[SpanNetwork, ReaderInput]) -> None:
    assert "2 layers of 32 (0.0 million parameters)" == tiny[0].shape()


@pytest.mark.parametrize("config", [None, "", "[]", "{}", '{"model_type": "roberta"}', '{"model_type": "bert"}'])
def test_a_folder_without_a_bert_is_named(tmp_path: Path, config: str | None) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(ModelProblem, match=f"There is no BERT to begin with in {tmp_path}"):
        load_network(tmp_path, 0)


def test_the_weights_are_those_of_the_folder(tmp_path: Path) -> None:
    config = BertConfig(vocab_size=50, hidden_size=16, intermediate_size=16, num_attention_heads=2, num_hidden_layers=1)
    saved = BertModel(config)
    saved.save_pretrained(tmp_path)
    loaded = load_network(tmp_path, 0).encoder
    own = dict(loaded.named_parameters())
    assert all(torch.equal(one, own[name]) for name, one in saved.named_parameters() if "pooler" not in name)
