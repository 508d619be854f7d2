"""Settings that change while the service runs."""

import pytest

from tests.api_client import CheckedClient
from tests.conftest import MakeApp
from tests.waiting import comes
from tests.web.test_api import is_problem

QUESTION = {"question": "When does the ferry leave?"}
TOKEN = {"Authorization": "Bearer 0123456789abcdef"}


def test_a_change_holds_at_once_and_is_audited(make_app: MakeApp) -> None:
    client = make_app(threshold=None).test_client()
    before = client.get("/settings.json").json
    assert client.post("/ask", json=QUESTION).json["answered"]
    changed = client.patch("/settings.json", json={"threshold": 1, "feed_interval": 120}).json
    assert (1, 120) == (changed["threshold"]["value"], changed["feed_interval"]["value"])
    assert not client.post("/ask", json=QUESTION).json["answered"]
    assert 120 == client.application.extensions["citeline"].poller.interval
    (entry, *_) = client.get("/audit").json["entries"]
    assert ("settings", "threshold=1.0 feed_interval=120.0") == (entry["action"], entry["target"])
    assert before == client.patch("/settings.json", json={"threshold": None, "feed_interval": None}).json
    assert client.post("/ask", json=QUESTION).json["answered"]


def test_a_change_survives_a_restart(make_app: MakeApp) -> None:
    make_app(threshold=None).test_client().patch("/settings.json", json={"threshold": 0.99})
    again = make_app(threshold=None).test_client().get("/settings.json").json
    assert again is not None
    assert 0.99 == again["threshold"]["value"]


def test_what_a_flag_sets_can_not_be_changed(make_app: MakeApp) -> None:
    client = make_app(threshold=0.4).test_client()
    found = client.get("/settings.json").json
    assert found is not None
    assert {"value": 0.4, "default": 0.4, "fixed": True} == found["threshold"]
    assert is_problem(client.patch("/settings.json", json={"threshold": 0.5}), 409, "CITELINE_THRESHOLD")
    assert 200 == client.patch("/settings.json", json={"feed_interval": 60}).status_code


@pytest.mark.parametrize("body", [{"threshold": 2}, {"threshold": "0.5"}, {"feed_interval": 59}, {"theme": "dark"}])
def test_bad_settings_are_refused(client: CheckedClient, body: dict[str, object]) -> None:
    assert is_problem(client.patch("/settings.json", json=body), 422, next(iter(body)))


def test_changing_needs_the_right_admin(make_app: MakeApp) -> None:
    client = make_app(threshold=None, token="0123456789abcdef").test_client()
    assert 200 == client.get("/settings.json").status_code
    assert is_problem(client.patch("/settings.json", json={"threshold": 0.5}), 401, "admin")
    assert 200 == client.patch("/settings.json", json={"threshold": 0.5}, headers=TOKEN).status_code


def test_a_change_reaches_the_other_processes_of_the_state(make_app: MakeApp) -> None:
    client, other = (make_app(threshold=None).test_client() for _ in range(2))
    assert other.post("/ask", json=QUESTION).json["answered"]
    client.patch("/settings.json", json={"threshold": 1, "feed_interval": 120})
    assert comes(lambda: not other.post("/ask", json=QUESTION).json["answered"])
    assert comes(lambda: other.application.extensions["citeline"].poller.interval == 120)


def test_a_change_of_nothing_is_not_audited(make_app: MakeApp) -> None:
    client = make_app().test_client()
    assert 200 == client.patch("/settings.json", json={}).status_code
    assert [] == client.get("/audit").json["entries"]
