import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from corpus.errors import NotReady, StorageProblem
from tests.conftest import MakeApp
from tests.waiting import comes
from tests.web_server import Site
from web.access.authentication import MAX_GUESSES

TOKEN = "a token for the metrics"
ROOT = Path(__file__).parents[3]
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(client: FlaskClient, token: str | None = None) -> Figures:
    """The figures, by their names and labels."""
    response = client.get("/metrics", headers={} if token is None else {"Authorization": f"Bearer {token}"})
    assert (200, "text/plain") == (response.status_code, response.mimetype)
    families = [*text_string_to_metric_families(response.get_data(as_text=True))]
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def questions(found: Figures) -> dict[str, float]:
    return {labels[0][1]: value for (name, labels), value in found.items() if name == "citeline_questions_total"}


@pytest.fixture
def client(make_app: MakeApp) -> Iterator[FlaskClient]:
    with make_app().test_client() as client:
        yield client


def test_questions_are_counted_by_outcome(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(threshold=0.2)
    client = app.test_client()
    assert {"answered": 0, "refused": 0, "invalid": 0, "error": 0} == questions(figures(client))
    client.post("/ask", json={"question": "When does the ferry leave?"})
    client.get("/ask", query_string={"question": "When does the ferry leave?", "source": "nobody"})
    client.post("/ask", json={"question": "Zxqw vbnm?"})
    monkeypatch.setattr(app.extensions["citeline"].indexer, "generation", _not_ready)
    client.post("/ask", json={"question": "When does the ferry leave?"})
    found = figures(client)
    assert {"answered": 1, "refused": 1, "invalid": 1, "error": 1} == questions(found)
    assert 2 == found["citeline_question_seconds_count", ()]
    assert 1 == found["citeline_answer_confidence_count", ()]
    assert 0 < found["citeline_answer_confidence_sum", ()] <= 1


def test_questions_that_are_only_tried_as_suggestions_are_not_counted(make_app: MakeApp) -> None:
    client = make_app().test_client()
    asked = {"question": "When does the ferry leave?"}
    client.post("/ask", json=asked)
    client.post("/next-questions", json=asked)
    assert 1 == questions(figures(client))["answered"]


def _not_ready() -> None:
    raise NotReady("There is no index yet.")


def test_the_state_of_the_index_is_shown(client: FlaskClient) -> None:
    index, found = client.get("/index").get_json(), figures(client)
    for name in ("generation", "articles", "sentences"):
        assert index[name] == found[f"citeline_index_{name}", ()]
    assert 0 == found["citeline_index_problem", ()]
    assert 0 == found["citeline_queue_length", ()]
    assert found["citeline_index_built_timestamp_seconds", ()] > 1.7e9


def test_feeds_are_counted_by_state(make_app: MakeApp, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(allow_private_urls=True)
    client = app.test_client()
    for path in ("/feed", "/broken"):
        client.post("/feeds", json={"url": site.url(path)})

    def states() -> tuple[float, float]:
        found = figures(client)
        return found["citeline_feeds", (("state", "ok"),)], found["citeline_feeds", (("state", "failing"),)]

    assert comes(lambda: states() == (1, 1))

    def fail() -> None:
        raise StorageProblem("The disk fails.")

    monkeypatch.setattr(app.extensions["citeline"].subscriptions, "counts", fail)
    assert "citeline_feeds" not in {name for name, _ in figures(client)}


def test_problems_are_counted_by_kind(client: FlaskClient) -> None:
    client.get("/nothing-here")
    client.get("/articles/nothing")
    client.post("/ask", json={"question": ""})
    found = figures(client)
    kinds = {labels[0][1]: value for (name, labels), value in found.items() if name == "citeline_errors_total"}
    assert {"not_found": 2, "unprocessable_entity": 1} == kinds


def test_no_label_comes_from_outside(client: FlaskClient) -> None:
    before = figures(client).keys()
    for number in range(30):
        client.post("/ask", json={"question": f"Where is word{number}?"})
        client.get(f"/nothing-{number}", headers={"User-Agent": f"agent {number}"})
    new = {key for key in figures(client).keys() - before if not key[0].startswith("process_")}
    assert {("citeline_errors_total", (("kind", "not_found"),))} == new


@pytest.mark.parametrize("others", [{"host": "0.0.0.0"}, {"hosts": "notes.example.org"}])
def test_they_are_off_where_others_are_served(make_app: MakeApp, others: dict[str, str]) -> None:
    app = make_app(**others, token="a token of sixteen")
    response = app.test_client().get("/metrics")
    assert 403 == response.status_code
    assert "CITELINE_METRICS_TOKEN" in response.get_json()["detail"]


def test_with_a_token_they_are_shown_to_who_sends_it(make_app: MakeApp) -> None:
    client = make_app(hosts="notes.example.org", token="a token of sixteen", metrics_token=TOKEN).test_client()
    for sent in (None, "Bearer wrong", f"Basic {TOKEN}", "Bearer ", "Bearer é"):
        response = client.get("/metrics", headers={} if sent is None else {"Authorization": sent})
        assert (401, "Bearer") == (response.status_code, response.headers["WWW-Authenticate"])
    assert 0 == figures(client, TOKEN)["citeline_index_problem", ()]


def test_guesses_of_their_token_are_logged_and_stopped(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    client = make_app(metrics_token=TOKEN).test_client()
    statuses = [
        client.get("/metrics", headers={"Authorization": f"Bearer guess {n}"}).status_code
        for n in range(MAX_GUESSES + 1)
    ]
    assert [401] * MAX_GUESSES + [429] == statuses
    assert 429 == client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code
    assert MAX_GUESSES == caplog.text.count("A wrong token came from")


def test_the_token_of_the_metrics_changes_nothing(make_app: MakeApp) -> None:
    client = make_app(token="a token of sixteen", metrics_token=TOKEN).test_client()
    sent = {"Authorization": f"Bearer {TOKEN}"}
    assert 401 == client.post("/articles", json={"text": "A text."}, headers=sent).status_code


def test_the_board_shows_figures_that_are_there(client: FlaskClient) -> None:
    board = json.loads((ROOT / "deploy" / "grafana-board.json").read_text("utf-8"))
    client.get("/nothing-here")
    client.post("/ask", json={"question": "When does the ferry leave?"})
    shown = " ".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    named = set(re.findall(r"\b(?:citeline|process)_\w+", shown))
    there = {name for name, _ in figures(client)}
    assert set() == named - there
    ours = {name for name in there if re.fullmatch("citeline_(?!.*(?:_sum|_count)$).*", name)}
    assert set() == ours - named, "a figure that the board does not show"
    assert len(board["panels"]) == len({panel["id"] for panel in board["panels"]})


def test_the_documents_name_each_figure(client: FlaskClient) -> None:
    client.get("/nothing-here")
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    there = {re.sub(r"_(?:bucket|sum|count|created)$", "", name) for name, _ in figures(client)}
    assert set() == {name for name in there if name.startswith("citeline_") and f"`{name}`" not in text}
