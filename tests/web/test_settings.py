from pathlib import Path

import pytest

from corpus.errors import InvalidInput
from index.embedding.embedder import DEFAULT_MODEL
from web.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "state": "/s",
    "articles": "/a",
    "models": "/m",
    "model": "some/model",
    "reader": "some/reader",
    "threshold": "0.25",
    "host": "localhost",
    "port": "0",
    "token": "a-token-of-some-length",
    "read": "token",
    "keep_questions": "never",
    "question_days": "7",
    "metrics_token": "a token of the metrics",
    "hosts": "a.example,b.example",
    "widget_origins": "https://a.example,http://localhost:3000",
    "trusted_proxies": "127.0.0.1,10.1.0.0/16",
    "watch": "false",
    "max_upload": "7",
    "keep_originals": "0",
    "keep_versions": "30",
    "fetch_timeout": "1.5",
    "feed_interval": "120",
    "allow_private_urls": "true",
    "wait_seconds": "2",
    "purge_days": "1",
    "rate_limit": "120",
    "server_threads": "3",
    "log_level": "info",
    "log_format": "json",
}


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = Settings.load()
    assert (ROOT / "var", ROOT / "corpus" / "articles") == (settings.state, settings.articles)
    assert ("127.0.0.1", 8000, None, DEFAULT_MODEL) == (settings.host, settings.port, settings.token, settings.model)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_a_description_and_a_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.model_fields[name].description
    before = getattr(Settings.load(), name)
    monkeypatch.setenv(f"CITELINE_{name.upper()}", GOOD[name])
    after = getattr(Settings.load(), name)
    assert before != after
    assert after == getattr(Settings.load(**{name: GOOD[name]}), name)


def test_values_override_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITELINE_PORT", "1234")
    assert (1234, 99) == (Settings.load().port, Settings.load(port="99").port)
    assert 1234 == Settings.load(port=None).port


@pytest.mark.parametrize("name", Settings.model_fields)
def test_an_empty_variable_is_ignored(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"CITELINE_{name.upper()}", raising=False)
    expected = getattr(Settings.load(), name)
    monkeypatch.setenv(f"CITELINE_{name.upper()}", "")
    assert expected == getattr(Settings.load(), name)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("port", "abc", "it must be a whole number."),
        ("port", "65536", "it must be less than or equal to 65535."),
        ("port", "-1", "greater than or equal to 0"),
        ("threshold", "much", "it must be a number."),
        ("read", "closed", "it must be open or token."),
        ("log_format", "xml", "it must be text or json."),
        ("threshold", "1.5", "less than or equal to 1"),
        ("threshold", "nan", ""),
        ("max_upload", "0", "greater"),
        ("server_threads", "0", "greater"),
        ("fetch_timeout", "0", "greater than 0"),
        ("feed_interval", "59", "greater than or equal to 60"),
        ("wait_seconds", "-3", "greater than 0"),
        ("log_level", "loud", "it must be debug, info, warning or error."),
        ("watch", "perhaps", "it must be true or false."),
        ("hosts", "http://a.example", "plain host names"),
        ("hosts", "*.example", "plain host names"),
        ("hosts", "a.example:8443", "without ports"),
        ("widget_origins", "a.example", "such as https://www.example.org"),
        ("widget_origins", "https://*.example", "origins of web pages"),
        ("widget_origins", "https://a.example/blog", "without paths"),
        ("widget_origins", "*", "origins of web pages"),
        ("widget_origins", "null", "origins of web pages"),
        ("trusted_proxies", "nginx", "IP addresses or networks"),
        ("trusted_proxies", "10.0.0.0/33", "IP addresses or networks"),
        ("state", "  ", "name a folder"),
        ("state", "~nobody-of-that-name/x", "home folder"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(
    name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CITELINE_{name.upper()}", value)
    with pytest.raises(InvalidInput) as caught:
        Settings.load()
    assert f"{name} (CITELINE_{name.upper()}) is {value!r}: " in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("given", "expected"), [("Quick", "quick"), ("DEFAULT", "default"), ("acme/QA", "acme/QA")])
def test_built_in_readers_are_named_in_any_case(given: str, expected: str) -> None:
    assert expected == Settings.load(reader=given).reader


def test_a_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CITELINE_STATE", "~/kept")
    assert tmp_path / "kept" == Settings.load().state


def test_host_names_are_split_at_commas_and_lowercased() -> None:
    assert ("a.example", "b.example") == Settings.load(hosts=" A.example., b.EXAMPLE ,,").hosts
    assert ("fd00::7", "[fd00::8]") == Settings.load(hosts="fd00::7,[FD00::8]").hosts


def test_origins_are_those_that_browsers_send() -> None:
    written = " https://A.example:443/, http://[::1]:80 ,https://bücher.example,, http://localhost:3000"
    sent = ("https://a.example", "http://[::1]", "https://xn--bcher-kva.example", "http://localhost:3000")
    assert sent == Settings.load(widget_origins=written).widget_origins


def test_the_token_of_the_metrics_is_long_enough() -> None:
    with pytest.raises(InvalidInput, match=r"CITELINE_METRICS_TOKEN.*16 characters or more") as raised:
        Settings.load(metrics_token="a secret")
    assert "a secret" not in str(raised.value)


def test_trusted_proxies_are_addresses_and_networks() -> None:
    settings = Settings.load(trusted_proxies="127.0.0.1, 10.1.2.3/8 ,fd00::/8,", token="a-token-of-some-length")
    assert ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"] == [str(one) for one in settings.trusted_proxies]


def test_a_service_behind_a_proxy_serves_others_and_needs_a_token() -> None:
    assert not Settings.load().serves_others
    for proxied in ({"trusted_proxies": "127.0.0.1"}, {"hosts": "notes.example.org"}):
        assert Settings.load(**proxied).serves_others
        with pytest.raises(InvalidInput, match=f"A proxy .CITELINE_{next(iter(proxied)).upper()}. lets other machines"):
            Settings.load(**proxied).require_token(has_stored=False)
    Settings.load(hosts="localhost").require_token(has_stored=False)


@pytest.mark.parametrize("token", ["gehärtet", "two\nlines", " a-token-in-spaces ", "\x00"])
def test_a_token_unfit_for_a_header_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(InvalidInput, match="CITELINE_TOKEN") as caught:
        Settings.load(token=token)
    assert token not in str(caught.value)


def test_the_repr_of_settings_hides_the_token() -> None:
    assert "hush-hush-hush-hush" not in repr(Settings.load(token="hush-hush-hush-hush")) + str(
        Settings.load(token="hush-hush-hush-hush")
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.9", "notes.example.org"])
def test_listening_beyond_this_machine_needs_a_token(host: str) -> None:
    with pytest.raises(InvalidInput, match="CITELINE_TOKEN"):
        Settings.load(host=host).require_token(has_stored=False)
    Settings.load(host=host).require_token(has_stored=True)
    Settings.load(host=host, token="a-token-of-some-length").require_token(has_stored=False)


def test_protected_reading_needs_a_token() -> None:
    with pytest.raises(InvalidInput, match="nobody can read without a token"):
        Settings.load(read="token").require_token(has_stored=False)


def test_a_short_token_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidInput, match="16 characters or more") as caught:
        Settings.load(token="fifteen-letters")
    assert "fifteen" not in str(caught.value)


@pytest.mark.parametrize(("values", "problem"), [({"prot": "8000"}, "no setting prot"), ({"state": ""}, "state")])
def test_an_unknown_setting_or_empty_folder_is_refused(values: dict[str, str], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        Settings.load(**values)
