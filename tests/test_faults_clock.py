"""A clock that goes back: what comes then is taken in, indexed and answered as ever."""

import datetime
import os
import random
import time
from pathlib import Path

import pytest

import corpus.store.article_store
import index.generations.builder
import index.generations.indexer
from app import close_app
from corpus.text.sentences import split
from index.maintenance.consistency import check_state
from index.state_folder import StateFolder
from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.waiting import comes

DAY = 86_400.0
REAL = time.time


class Clock:
    """The time of day, so many seconds off."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.off = 0.0
        clock = self

        class Now(datetime.datetime):
            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> "Now":
                return cls.fromtimestamp(clock(), tz)

        patch.setattr(time, "time", self)
        for module in (corpus.store.article_store, index.generations.builder, index.generations.indexer):
            patch.setattr(module, "datetime", Now)

    def __call__(self) -> float:
        return REAL() + self.off


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def answered(client: CheckedClient, word: str) -> bool:
    """Tell whether an article answers about a ship, and nothing but that article."""
    reply = client.post("/ask", json={"question": f"When did the {word} sail?"}).json
    return any(word in answer["text"] for answer in reply["answers"])


def sailed(word: str) -> str:
    return f"The {word} sailed at noon from the old harbour."


def test_generations_follow_each_other_where_the_clock_goes_back(
    make_app: MakeApp, clock: Clock, tmp_path: Path
) -> None:
    app, numbers, built, ids = make_app(), [], [], []
    for turn, word in enumerate(("Aurora", "Borealis", "Corona", "Dorado")):
        client = app.test_client()
        clock.off = -400 * DAY * turn
        added = client.post("/articles?wait=true", json={"text": sailed(word)})
        assert 201 == added.status_code
        assert answered(client, word)
        state = client.get("/index").json
        assert (0, None) == (state["pending"], state["problem"])
        numbers.append(state["generation"])
        built.append(state["built_at"])
        ids.append(added.json["id"])
        if turn % 2:
            close_app(app)
            app = make_app()
            assert numbers[-1] == app.test_client().get("/index").json["generation"]
    assert sorted(set(numbers)) == numbers
    assert sorted(built, reverse=True) == built
    client = app.test_client()
    assert 204 == client.delete(f"/articles/{ids[0]}").status_code
    assert not answered(client, "Aurora")
    assert comes(lambda: client.get("/index").json["pending"] == 0)
    assert () == check_state(StateFolder(tmp_path / "state"), split).problems


def test_a_changed_file_is_picked_up_whatever_its_time_says(make_app: MakeApp, clock: Clock, articles: Path) -> None:
    client = make_app(watch=True).test_client()
    file, rng = articles / "ship.txt", random.Random(2)
    words = [f"Ship{letter}" for letter in "abcdef"]
    for before, word in zip([None, *words], words, strict=False):
        clock.off -= DAY
        other = articles.parent / "other.txt"
        other.write_text(sailed(word), encoding="utf-8")  # as long as the one before
        moment = clock() + rng.choice([-10_000, -30, 30, 10_000]) * DAY
        os.utime(other, (moment, moment))
        other.replace(file)
        assert comes(lambda word=word: answered(client, word))
        assert before is None or not answered(client, before)
