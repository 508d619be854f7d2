"""`unanswered`: what a service has kept, in a terminal."""

import json
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.test_app import Command, Place, in_process


@pytest.fixture
def command(
    tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    place = Place(tmp_path)
    place.state, place.articles = tmp_path / "state", articles
    return lambda *args: in_process(place, monkeypatch, capsys, *args)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app(threshold=0.5)


def test_kept_questions_are_listed_and_cleared(app: Flask, command: Command) -> None:
    client = app.test_client()
    for question in ("When does the museum of glass open?", "When does the museum of glass open today?", "Who sings?"):
        client.post("/ask", json={"question": question})
    article = client.get("/articles").json["articles"][0]["id"]
    feedback = {"question": "When?", "verdict": "down", "article": article, "start": 0, "end": 9, "reason": "Not so."}
    client.post("/feedback", json=feedback)
    assert 3 == client.get("/questions").json["total"]  # they are saved by now
    status, out, error = command("unanswered")
    assert (0, "") == (status, error)
    lines = out.splitlines()
    assert ["2", "no", "answer"] == lines[0].split()[:3]
    assert 3 == len(lines)
    assert lines[0].endswith("glass open today?")
    assert "Not so." in command("unanswered", "--feedback")[1]
    assert 2 == json.loads(command("unanswered", "--json")[1])["total"]
    assert "cleared" == command("unanswered", "--clear")[1].strip()
    assert "There are no such questions." == command("unanswered")[1].strip()
