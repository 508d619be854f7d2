import numpy as np
import pytest

from training.models.gptq import MOST, rounded

Floats = np.ndarray


def flowing(seed: int, count: int = 4_000, channels: int = 160) -> Floats:
    """Vectors as they flow through a network: channels that say nearly the same, and some far larger than others."""
    shaped = np.random.default_rng(7)
    mixing = shaped.normal(size=(channels, channels)) * np.exp(shaped.normal(size=channels))
    return (np.random.default_rng(seed).normal(size=(count, channels)) @ mixing).astype(np.float32)


@pytest.fixture
def weights() -> Floats:
    return np.random.default_rng(3).normal(size=(20, 160)).astype(np.float32)


def gram(vectors: Floats) -> Floats:
    return (vectors.T @ vectors).astype(np.float64)


def off(weights: Floats, whole: Floats, steps: Floats) -> float:
    """How far products are off, for vectors that nothing was rounded for."""
    difference = flowing(2) @ (weights - whole * steps[:, None]).T
    return float(np.square(difference).mean())


def test_products_are_far_nearer_than_with_each_weight_rounded_by_itself(weights: Floats) -> None:
    steps = np.full(20, 0.7, np.float32)
    whole = rounded(weights, gram(flowing(1)), steps)
    assert np.int8 == whole.dtype
    assert off(weights, whole, steps) < 0.6 * off(weights, np.round(weights / steps[:, None]), steps)


def test_where_channels_tell_nothing_of_each_other_each_is_rounded_to_the_nearest(weights: Floats) -> None:
    steps = np.linspace(0.3, 1, 20).astype(np.float32)
    np.testing.assert_array_equal(np.round(weights / steps[:, None]), rounded(weights, np.eye(160) * 5, steps))


def test_what_needs_no_rounding_stays(weights: Floats) -> None:
    even = np.round(weights)
    np.testing.assert_array_equal(even, rounded(even, gram(flowing(1)), np.ones(20, np.float32)))


def test_no_weight_has_more_steps_than_there_are(weights: Floats) -> None:
    weights[3, 5], weights[3, 6] = 1e4, -1e4
    whole = rounded(weights, gram(flowing(1)), np.ones(20, np.float32))
    assert (MOST, -MOST) == (whole[3, 5], whole[3, 6])


def test_where_nothing_flows_any_number_will_do(weights: Floats) -> None:
    whole = rounded(weights, np.zeros((160, 160)), np.ones(20, np.float32))
    np.testing.assert_array_equal(np.round(weights), whole)
