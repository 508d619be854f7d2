from pathlib import Path

import pytest
import torch
from torch import nn

from tests.training_parts import examples, untrained, weights, write_data
from training.data.batches import Batch, collate
from training.models.losses import supervised_loss
from training.models.network import SpanNetwork, read
from training.models.quantization import (
    FakeQuantizedLinear,
    calibrate_smoothing,
    prepare_quantization,
    quantize_activations,
    quantize_weights,
)


def one_batch(tmp_path: Path) -> tuple[SpanNetwork, Batch]:
    network, tokens = untrained(tmp_path)
    asked = examples(write_data(tmp_path / "data"))
    pairs = tokens.pairs([one.question for one in asked], [(one.title, one.text) for one in asked])
    [batch] = collate(pairs, [one.spans for one in asked], list(range(len(asked))), 100_000)
    return network.eval(), batch


def test_each_text_has_its_own_steps_with_0_among_them() -> None:
    values = torch.tensor([[[0.0, 1.0], [-1.0, 0.3]], [[0.0, 100.0], [-100.0, 30.0]]])
    rounded = quantize_activations(values)
    assert torch.allclose(values[0], rounded[0], atol=2 / 255)  # a whole step at the ends, since 0 must be one
    assert torch.allclose(values[1], rounded[1], atol=200 / 255)
    assert [0.0, 0.0] == rounded[:, 0, 0].tolist()
    assert 0.0 == quantize_activations(torch.zeros(1, 2, 2)).abs().max()


def test_values_of_one_sign_are_rounded_from_0_on() -> None:
    values = torch.tensor([[[5.0, 5.1], [5.2, 2.55]]])
    assert torch.allclose(values, quantize_activations(values), atol=0.5 * 5.2 / 255 + 1e-6)


def test_weights_are_rounded_to_7_bits_in_each_row() -> None:
    torch.manual_seed(0)
    weight = torch.randn(3, 50) * torch.tensor([[1.0], [0.01], [100.0]])
    rounded = quantize_weights(weight)
    for one, row in zip(weight, rounded, strict=True):
        step = one.abs().max() / 64
        assert torch.allclose(one, row, atol=float(step) / 2 + 1e-6)
        assert torch.allclose(row / step, (row / step).round(), atol=1e-3)
    assert 0.0 == quantize_weights(torch.zeros(2, 2)).abs().max()


def test_rounding_equals_fake_quantization_of_torch() -> None:
    torch.manual_seed(2)
    values = torch.randn(4, 6, 30) * torch.tensor([1.0, 0.01, 50.0, 3.0]).reshape(4, 1, 1) + 0.5
    low, high = values.amin(dim=(1, 2)).clamp(max=0), values.amax(dim=(1, 2)).clamp(min=0)
    step = (high - low) / 255
    zero = (-low / step).round().to(torch.int32)
    expected = torch.fake_quantize_per_channel_affine(values, step, zero, 0, 0, 255)
    torch.testing.assert_close(quantize_activations(values), expected)
    weights = torch.randn(5, 40)
    step = weights.abs().amax(dim=1) / 64
    expected = torch.fake_quantize_per_channel_affine(weights, step, torch.zeros(5, dtype=torch.int32), 0, -64, 64)
    torch.testing.assert_close(quantize_weights(weights), expected)


def test_gradients_pass_at_the_ends_of_the_range_too() -> None:
    values = torch.tensor([[[-0.5, 0.2, 0.77]]], requires_grad=True)
    quantize_activations(values).sum().backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    assert [1.0, 1.0, 1.0] == values.grad.flatten().tolist()


def test_gradients_pass_the_rounding() -> None:
    values = torch.tensor([[[0.11, 0.52]]], requires_grad=True)
    (quantize_activations(values) * torch.tensor([2.0, 3.0])).sum().backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    assert [2.0, 3.0] == values.grad.flatten().tolist()


def test_a_prepared_network_computes_the_same_until_it_quantizes(tmp_path: Path) -> None:
    network, batch = one_batch(tmp_path)
    names = [name for name, _ in network.named_parameters()]
    [(before, _)] = read(network, [batch])
    layers = prepare_quantization(network)
    assert 2 * 6 == len(layers)
    assert names == [name for name, _ in network.named_parameters()]
    assert torch.equal(before, read(network, [batch])[0][0])
    assert [] == prepare_quantization(network)
    calibrate_smoothing(layers, lambda: read(network, [batch]))
    assert torch.equal(before, read(network, [batch])[0][0])
    for layer in layers:
        layer.quantizes = True
    [(after, _)] = read(network, [batch])
    assert not torch.equal(before, after)
    assert torch.allclose(before, after, atol=0.2 * before[before > -100].std().item())


def test_smoothing_alone_changes_no_output() -> None:
    torch.manual_seed(1)
    layer = FakeQuantizedLinear(nn.Linear(20, 5))
    values = torch.randn(2, 7, 20) * torch.tensor([50.0, *[1.0] * 19])
    calibrate_smoothing([layer], lambda: layer(values))
    assert float(layer.smooth[0]) == float(layer.smooth.max())
    assert pytest.approx(1.0, abs=1e-4) == float(layer.smooth.log().mean().exp())
    exact = layer(values).detach()

    def error() -> float:
        return float((layer(values) - exact).detach().abs().mean())

    layer.quantizes = True
    smoothed = error()
    layer.smooth.fill_(1.0)
    assert smoothed < error()  # outliers leave few of the 256 steps to the others


def test_a_network_learns_while_it_quantizes(tmp_path: Path) -> None:
    network, batch = one_batch(tmp_path)
    for layer in prepare_quantization(network):
        layer.quantizes = True
    optimizer = torch.optim.AdamW([one for one in network.parameters() if one.requires_grad], lr=4e-3)
    before = weights(network)
    losses = []
    for _ in range(40):
        value = supervised_loss(network, [batch])
        losses.append(value.item())
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < 0.8 * losses[0]
    assert not all((a == b).all() for a, b in zip(before, weights(network), strict=True))
