from tests.conftest import MakeApp
from web.access.rights import Right


def test_each_client_has_its_own_limit(make_app: MakeApp) -> None:
    app = make_app(rate_limit=3)
    client, other = app.test_client(), {"REMOTE_ADDR": "192.0.2.9"}
    assert [200] * 3 + [429] == [client.get("/articles").status_code for _ in range(4)]
    refused = client.get("/ask?question=ferry")
    assert 429 == refused.status_code
    assert "application/problem+json" == refused.mimetype
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert "CITELINE_RATE_LIMIT" in refused.json["detail"]
    assert 200 == client.get("/articles", environ_overrides=other).status_code
    for path in ("/healthz", "/readyz", "/static/css/base.css"):
        with client.get(path) as response:
            assert 200 == response.status_code
    token = app.extensions["citeline"].access.add_token("bot", Right.READ)
    assert 200 == client.get("/articles", headers={"Authorization": f"Bearer {token}"}).status_code


def test_by_default_there_is_no_limit(make_app: MakeApp) -> None:
    client = make_app().test_client()
    assert {200} == {client.get("/healthz").status_code for _ in range(50)} | {client.get("/sources").status_code}
