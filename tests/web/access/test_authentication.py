import logging
from pathlib import Path

import pytest
from werkzeug.datastructures import Headers
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized
from werkzeug.sansio.request import Request

from web.access.authentication import COOKIE, MAX_GUESSES, Authenticator, client_of
from web.access.rights import GRANTED, Right, needed_right
from web.access.store import AccessStore

TOKEN = "correct horse battery"


@pytest.fixture
def store(tmp_path: Path) -> AccessStore:
    return AccessStore(tmp_path / "access.sqlite")


def request(method: str, path: str, token: str | None = None, address: str = "192.0.2.1", **headers: str) -> Request:
    given = {name.title(): value for name, value in headers.items()}
    if token is not None:
        given["Authorization"] = f"Bearer {token}"
    return Request(method, "http", None, "", path, b"", Headers(given), address)


def is_allowed(authenticator: Authenticator, asked: Request) -> bool:
    try:
        authenticator.authorize(asked)
    except (Unauthorized, Forbidden):
        return False
    return True


REQUESTS = {
    Right.NONE: [("GET", "/healthz"), ("GET", "/static/css/base.css"), ("POST", "/sign-in")],
    Right.ASK: [("GET", "/ask"), ("POST", "/ask"), ("GET", "/suggest"), ("POST", "/feedback")],
    Right.READ: [("GET", "/"), ("GET", "/articles"), ("GET", "/read/x"), ("GET", "/feeds"), ("GET", "/openapi.json")],
    Right.WRITE: [
        ("POST", "/articles"),
        ("DELETE", "/articles/x"),
        ("GET", "/feeds.opml"),
        ("GET", "/questions"),
        ("GET", "/open-questions"),
        ("PUT", "/anything"),
    ],
    Right.ADMIN: [("POST", "/index/rebuild"), ("GET", "/audit")],
}


@pytest.mark.parametrize("right", Right)
def test_each_right_includes_those_before(store: AccessStore, right: Right) -> None:
    token = None if right is Right.NONE else store.add_token("bot", right)
    authenticator = Authenticator(store, TOKEN, is_local=False, protects_reading=True)
    for needed, requests in REQUESTS.items():
        for method, path in requests:
            assert needed is needed_right(method, path)
            assert (right >= needed) is is_allowed(authenticator, request(method, path, token))
    assert ("ask", "read", "write", "admin") == GRANTED


def test_a_right_that_is_too_low_is_named(store: AccessStore) -> None:
    authenticator = Authenticator(store, None, is_local=True, protects_reading=False)
    with pytest.raises(Forbidden, match="'bot' has the right read; this needs the right write"):
        authenticator.authorize(request("POST", "/articles", store.add_token("bot", Right.READ)))


def test_without_any_token_this_machine_may_do_all_until_there_was_one(store: AccessStore) -> None:
    authenticator = Authenticator(store, None, is_local=True, protects_reading=False)
    who = authenticator.authorize(request("GET", "/audit"))
    assert ("local", Right.ADMIN) == (who.name, who.right)
    store.add_token("bot", Right.ASK)
    assert not is_allowed(authenticator, request("POST", "/articles"))
    assert is_allowed(authenticator, request("GET", "/articles"))
    store.remove_token("bot")
    assert not is_allowed(authenticator, request("POST", "/articles"))
    assert is_allowed(authenticator, request("GET", "/articles"))
    restarted = Authenticator(store, None, is_local=True, protects_reading=False)
    assert is_allowed(restarted, request("POST", "/articles"))


def test_a_token_that_was_there_at_the_start_is_remembered(store: AccessStore) -> None:
    store.add_token("bot", Right.ASK)
    authenticator = Authenticator(store, None, is_local=True, protects_reading=False)
    store.remove_token("bot")
    assert not is_allowed(authenticator, request("POST", "/articles"))


def test_protected_reading_stays_protected_once_all_tokens_are_withdrawn(store: AccessStore) -> None:
    authenticator = Authenticator(store, None, is_local=True, protects_reading=True)
    for path in ("/articles", "/audit", "/ask"):
        assert not is_allowed(authenticator, request("GET", path))


def test_beyond_this_machine_nothing_is_changed_once_all_tokens_are_withdrawn(store: AccessStore) -> None:
    assert not is_allowed(Authenticator(store, None, False, False), request("POST", "/articles"))


def test_the_setting_is_a_token_of_all_rights(store: AccessStore) -> None:
    who = Authenticator(store, TOKEN, False, True).authorize(request("GET", "/audit", TOKEN))
    assert ("CITELINE_TOKEN", Right.ADMIN) == (who.name, who.right)


def test_a_cookie_reads_and_changes_only_for_a_page_of_this_site(store: AccessStore) -> None:
    authenticator = Authenticator(store, None, False, True)
    cookie = f"{COOKIE}={store.add_token('desk', Right.WRITE)}"
    assert authenticator.authorize(request("GET", "/", cookie=cookie)).by_cookie
    assert not is_allowed(authenticator, request("POST", "/articles", cookie=cookie))
    assert is_allowed(authenticator, request("POST", "/articles", cookie=cookie, origin="http://localhost"))
    assert not is_allowed(authenticator, request("GET", "/", cookie=f"{COOKIE}=wrong"))


def test_guesses_of_a_client_are_counted_logged_and_stopped(
    store: AccessStore, caplog: pytest.LogCaptureFixture
) -> None:
    authenticator = Authenticator(store, TOKEN, False, False)
    for number in range(MAX_GUESSES):
        with pytest.raises(Unauthorized):
            authenticator.authorize(request("GET", "/articles", f"guess {number}"))
    for token in ("another", TOKEN):  # the right one, too: whoever guesses must not learn that it is right
        with pytest.raises(TooManyRequests) as caught:
            authenticator.authorize(request("POST", "/articles", token))
        assert ("Retry-After", "60") in caught.value.get_headers()
    assert MAX_GUESSES == caplog.text.count("A wrong token came from 192.0.2.1.")
    assert "guess" not in caplog.text
    assert caplog.records[0].levelno == logging.WARNING
    assert is_allowed(authenticator, request("POST", "/articles", TOKEN, "192.0.2.2"))
    assert is_allowed(authenticator, request("GET", "/articles"))  # without a token, nothing is guessed


def test_a_program_with_an_old_token_is_no_guesser(store: AccessStore) -> None:
    authenticator = Authenticator(store, TOKEN, False, False)
    for _ in range(3 * MAX_GUESSES):
        assert not is_allowed(authenticator, request("POST", "/articles", "of last year"))
    assert is_allowed(authenticator, request("POST", "/articles", TOKEN))


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "an unknown address"),
    ],
)
def test_a_client_is_an_address_or_a_network(address: str | None, client: str) -> None:
    assert client == client_of(address)
