"""Lets a network learn with its numbers rounded as its export rounds them, so that it loses less by that.

Rounding has no slope; backwards it counts as nothing at all (straight-through, Bengio et al. 2013; quantization-aware
training, Jacob et al. 2018).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, FunctionCtx
from torch.nn import functional

from index.onnx.quantization import STRENGTH
from qa.reader.export import BITS

_STEPS = 255  # of what flows in: 8 bits
_LEAST = 1e-5


class RoundingLinear(nn.Linear):
    """A product with a bias that can round what flows in to 8 bits, each text by itself, and its weights to 7.

    Before it, channel j of what flows in is divided by smooth[j], and column j of the weights multiplied by it, as
    the export does (index/onnx/quantization.py). It has the parameters of the layer it is made of.
    """

    smooth: Tensor

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__(1, 1)
        self.in_features, self.out_features = layer.in_features, layer.out_features
        self.weight, self.bias = layer.weight, layer.bias
        self.register_buffer("smooth", torch.ones(layer.in_features, device=layer.weight.device))
        self.rounds = False

    def forward(self, input: Tensor) -> Tensor:
        """Return the product; input is of shape (texts, tokens, channels)."""
        if not self.rounds:
            return functional.linear(input, self.weight, self.bias)
        rounded = rounded_texts(input.float() / self.smooth)
        return functional.linear(rounded, rounded_weights(self.weight * self.smooth), self.bias)


class _Stepped(Function):
    """Rounds to whole steps from `low` to `high` of them; backwards it is as if nothing was rounded.

    torch's own fake quantization reads its steps back from a GPU, which waits for that at every product.
    """

    @staticmethod
    def forward(_: FunctionCtx, values: Tensor, step: Tensor, low: Tensor, high: Tensor) -> Tensor:
        """Return the rounded values; the others must be of shapes that spread over them."""
        return torch.div(values, step).round_().clamp_(low, high).mul_(step)

    @staticmethod
    def backward(_: FunctionCtx, slope: Tensor) -> tuple[Tensor, None, None, None]:
        """Return the slope as it is."""
        return slope, None, None, None


def rounded_texts(values: Tensor) -> Tensor:
    """Round each text's values to 256 steps from its lowest to its highest, 0 among them."""
    low = values.detach().amin(dim=(1, 2), keepdim=True).clamp(max=0)
    high = values.detach().amax(dim=(1, 2), keepdim=True).clamp(min=0)
    step = ((high - low) / _STEPS).clamp(min=_LEAST)
    below = (-low / step).round().clamp(0, _STEPS)
    return _stepped(values, step, -below, _STEPS - below)


def rounded_weights(weights: Tensor) -> Tensor:
    """Round weights, (out, in), to 7 bits, evenly around 0 for each of what flows out."""
    most = 2 ** (BITS - 1)
    step = (weights.detach().abs().amax(dim=1, keepdim=True) / most).clamp(min=_LEAST / most)
    return _stepped(weights, step, torch.full_like(step, -most), torch.full_like(step, most))


def _stepped(values: Tensor, step: Tensor, low: Tensor, high: Tensor) -> Tensor:
    rounded: Tensor = _Stepped.apply(values, step, low, high)  # type: ignore[no-untyped-call]
    return rounded


def can_round(network: nn.Module) -> list[RoundingLinear]:
    """Let every product of a network's encoder be able to round; return them. What it computes stays the same."""
    encoder = network.encoder
    assert isinstance(encoder, nn.Module)
    found = []
    for module in list(encoder.modules()):
        for name, layer in list(module.named_children()):
            if isinstance(layer, nn.Linear) and not isinstance(layer, RoundingLinear):
                setattr(module, name, RoundingLinear(layer))
                found.append(module.get_submodule(name))
    return [layer for layer in found if isinstance(layer, RoundingLinear)]


def smooth(layers: list[RoundingLinear], run: Callable[[], object]) -> None:
    """Set how each layer is smoothed, by what flows through it while `run` runs, which must not learn."""
    with _peaks(layers) as peaks:
        run()
    for layer, highest in zip(layers, peaks, strict=True):
        columns = layer.weight.detach().abs().amax(dim=0)
        scale = highest.clamp(min=_LEAST) ** STRENGTH / columns.clamp(min=_LEAST) ** (1 - STRENGTH)
        layer.smooth.copy_(scale / scale.log().mean().exp())


@contextmanager
def _peaks(layers: list[RoundingLinear]) -> Iterator[list[Tensor]]:
    """Note the largest magnitude of each channel that flows into the layers."""
    peaks = [torch.zeros_like(layer.smooth) for layer in layers]

    def note(at: int) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def hook(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            torch.maximum(peaks[at], given[0].detach().float().abs().amax(dim=(0, 1)), out=peaks[at])

        return hook

    hooks = [layer.register_forward_pre_hook(note(at)) for at, layer in enumerate(layers)]
    try:
        yield peaks
    finally:
        for one in hooks:
            one.remove()
