from pathlib import Path

import pytest

from eval.survival.soak import memory_trend, soak


@pytest.mark.model
@pytest.mark.system
def test_a_short_soak_has_no_problems(tmp_path: Path) -> None:
    found = soak(tmp_path, 3, clients=3, seed=2, flags=("--reader", "sentences"))
    assert () == found.problems
    assert (3, 3) == (found.seconds, found.clients)
    assert 0 < found.questions
    assert 0 < found.p50 <= found.p95 <= found.max
    assert 0 < found.adds
    assert 0 < found.generation
    if found.memory is not None:
        assert 0 < found.memory.start
        assert found.memory.flat is None, "three seconds are too short"


def line(slope: float, noise: float = 0.0, minutes: int = 10, start: float = 300.0) -> list[tuple[float, float]]:
    """Memory that doubles while it warms up, then grows by slope MiB a minute."""
    seconds = range(0, 60 * minutes, 2)
    return [
        (float(at), start / 2 if at < 60 else start + slope * at / 60 + noise * (-1) ** (at // 2)) for at in seconds
    ]


def test_varying_memory_is_flat_and_growing_memory_is_not() -> None:
    memory = memory_trend(line(0.0, noise=20.0))
    assert memory is not None
    assert memory.flat
    assert abs(memory.slope) < 0.1
    memory = memory_trend(line(3.0))
    assert memory is not None
    assert memory.flat is False
    assert 3.0 == pytest.approx(memory.slope)
    assert 20.0 == pytest.approx(memory.grown, abs=0.5)
    assert memory.start + memory.grown == pytest.approx(memory.end, abs=0.5)


def test_memory_has_no_verdict_over_a_short_time_or_if_unknown() -> None:
    memory = memory_trend(line(3.0, minutes=1))
    assert memory is not None
    assert memory.flat is None
    assert memory_trend([]) is None
