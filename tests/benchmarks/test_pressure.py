from pathlib import Path

import pytest

from benchmarks import pressure
from eval.service_process import Server

FERRY = "The ferry leaves at noon from the northern pier."


@pytest.mark.system
def test_no_question_is_lost_beside_attacks(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "ferry.txt").write_text(FERRY, encoding="utf-8")
    with Server(tmp_path / "state", articles, token="a token of sixteen") as server:
        results = pressure.measure(server, ["When does the ferry leave?"] * 24, 8)
        assert "Traceback" not in server.output()
    assert ["none", *pressure.ATTACKS] == [one.attack for one in results]
    assert all(0 < one.p50 <= one.p95 <= one.max for one in results)


@pytest.mark.system
def test_mixed_clients_lose_nothing_beside_all_attacks_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressure, "LIKE_WORDS", 2_000)
    monkeypatch.setattr(pressure, "_SETTLE_SECONDS", 5)
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "ferry.txt").write_text(FERRY, encoding="utf-8")
    with Server(tmp_path / "state", articles, token="a token of sixteen") as server:
        pressure.add_like_words(server.port)
        load = pressure.measure_load(server, ["When does the ferry leave?"], 8, 0.2)
        assert "Traceback" not in server.output()
    assert ((), 0) == (load.failed, load.lost)
    assert load.requests > 0 < load.changes
