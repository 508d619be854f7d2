"""Quantization-aware training (Jacob et al. 2018): the network computes with numbers rounded as its export rounds them.

Gradients pass the rounding unchanged (straight-through estimator, Bengio et al. 2013).
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, FunctionCtx
from torch.nn import functional

from index.onnx.quantization import STRENGTH
from qa.reader.export import BITS

_ACTIVATION_STEPS = 255  # 8 bits
_EPSILON = 1e-5


class FakeQuantizedLinear(nn.Linear):
    """A linear layer that can round its activations to 8 bits, per text, and its weights to 7.

    Before rounding, channel j of the activations is divided by smooth[j] and column j of the weights multiplied by it,
    as the export does (index/onnx/quantization.py). It shares the parameters of the layer it replaces.
    """

    smooth: Tensor

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__(1, 1)
        self.in_features, self.out_features = layer.in_features, layer.out_features
        self.weight, self.bias = layer.weight, layer.bias
        self.register_buffer("smooth", torch.ones(layer.in_features, device=layer.weight.device))
        self.quantizes = False

    def forward(self, input: Tensor) -> Tensor:
        """Return the layer's output; the input is of shape (texts, tokens, channels)."""
        if not self.quantizes:
            return functional.linear(input, self.weight, self.bias)
        activations = quantize_activations(input.float() / self.smooth)
        return functional.linear(activations, quantize_weights(self.weight * self.smooth), self.bias)


class _StraightThrough(Function):
    """Rounds to whole steps, clamped to [low, high] steps; gradients pass unchanged.

    torch's own fake quantization reads its scales back from a GPU, and so waits for it at every layer.
    """

    @staticmethod
    def forward(_: FunctionCtx, values: Tensor, step: Tensor, low: Tensor, high: Tensor) -> Tensor:
        """Return the rounded values; the other tensors must broadcast to their shape."""
        return torch.div(values, step).round_().clamp_(low, high).mul_(step)

    @staticmethod
    def backward(_: FunctionCtx, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        """Return the gradient unchanged."""
        return gradient, None, None, None


def quantize_activations(values: Tensor) -> Tensor:
    """Round each text's values to 256 steps between its smallest and its largest, 0 among them."""
    low = values.detach().amin(dim=(1, 2), keepdim=True).clamp(max=0)
    high = values.detach().amax(dim=(1, 2), keepdim=True).clamp(min=0)
    step = ((high - low) / _ACTIVATION_STEPS).clamp(min=_EPSILON)
    below = (-low / step).round().clamp(0, _ACTIVATION_STEPS)
    return _fake_quantized(values, step, -below, _ACTIVATION_STEPS - below)


def quantize_weights(weights: Tensor) -> Tensor:
    """Round weights of shape (out, in) to 7 bits, symmetrically in each row."""
    steps = 2 ** (BITS - 1)
    step = (weights.detach().abs().amax(dim=1, keepdim=True) / steps).clamp(min=_EPSILON / steps)
    return _fake_quantized(weights, step, torch.full_like(step, -steps), torch.full_like(step, steps))


def _fake_quantized(values: Tensor, step: Tensor, low: Tensor, high: Tensor) -> Tensor:
    rounded: Tensor = _StraightThrough.apply(values, step, low, high)  # type: ignore[no-untyped-call]
    return rounded


def prepare_quantization(network: nn.Module) -> list[FakeQuantizedLinear]:
    """Replace the linear layers of a network's encoder by ones that can quantize; return them.

    The network computes the same until `quantizes` is set.
    """
    encoder = network.encoder
    assert isinstance(encoder, nn.Module)
    prepared = []
    for module in list(encoder.modules()):
        for name, layer in list(module.named_children()):
            if isinstance(layer, nn.Linear) and not isinstance(layer, FakeQuantizedLinear):
                prepared.append(FakeQuantizedLinear(layer))
                setattr(module, name, prepared[-1])
    return prepared


def calibrate_smoothing(layers: list[FakeQuantizedLinear], run: Callable[[], object]) -> None:
    """Set each layer's smoothing by the activations while `run` runs, which must not train."""
    peaks = [torch.zeros_like(layer.smooth) for layer in layers]  # the largest magnitude of each input channel

    def update(at: int) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            torch.maximum(peaks[at], inputs[0].detach().float().abs().amax(dim=(0, 1)), out=peaks[at])

        return hook

    hooks = [layer.register_forward_pre_hook(update(at)) for at, layer in enumerate(layers)]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    for layer, highest in zip(layers, peaks, strict=True):
        columns = layer.weight.detach().abs().amax(dim=0)
        scale = highest.clamp(min=_EPSILON) ** STRENGTH / columns.clamp(min=_EPSILON) ** (1 - STRENGTH)
        layer.smooth.copy_(scale / scale.log().mean().exp())
