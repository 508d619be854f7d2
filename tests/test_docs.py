"""The documents are true: commands run, examples match, links resolve, and the references are complete."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from app import cli, close_app, create_app
from cli.terminal import confidence_in_words
from tests.fakes import WordEmbedder
from tests.processes import running_server
from web.access.audit import ACTIONS
from web.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
ADDRESS = "http://127.0.0.1:8000"
ARTICLES = Path("corpus/articles")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
USING, API, OPERATIONS = (
    (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("using.md", "http-api.md", "operations.md")
)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """The commands in all documents, each once: those that run offline stand in `sh` blocks, others do not."""
    found = (block for page in PAGES for block in blocks(page.read_text(encoding="utf-8"), "sh"))
    return list(dict.fromkeys(line for block in found for line in block.splitlines() if line.strip()))


CURLS = [command for command in commands() if command.startswith("curl ")]
APPS = [command for command in commands() if command.startswith("python ")]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a fresh checkout: without the articles that someone has dropped into this one."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / ARTICLES).mkdir(parents=True)
    for sample in (ROOT / ARTICLES).glob("kazakhstan-withdrawal.*"):
        shutil.copy2(sample, folder / ARTICLES)
    for name in ("app.py", "eval", "benchmarks"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope="module")
def server(checkout: Path) -> Iterator[str]:
    with running_server(checkout / "served", "--articles", str(checkout / ARTICLES)) as address:
        yield address


@pytest.fixture(scope="module")
def library(checkout: Path) -> Path:
    """The checkout with a library in its state folder, and a backup of it, which restoring needs."""
    for command in ("python app.py rebuild", "python app.py backup var/backup.tar"):
        assert 0 == run(command, checkout).returncode
    return checkout


def run(command: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable if word == "python" else word for word in shlex.split(command)]
    environment = os.environ | {
        "CITELINE_STATE": str(checkout / "var"),
        "CITELINE_ARTICLES": str(checkout / ARTICLES),
        "HF_HUB_OFFLINE": "1",
    }
    return subprocess.run(
        words, cwd=checkout, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_every_command_is_run_here() -> None:
    assert [] == [command for command in commands() if command not in CURLS + APPS]
    assert len(CURLS) >= 10
    assert len(APPS) >= 10


@pytest.mark.model
@pytest.mark.parametrize("command", CURLS)
def test_curl_commands_get_what_they_ask_for(command: str, server: str, checkout: Path) -> None:
    done = run(command.replace("curl -s", "curl -sS --fail-with-body").replace(ADDRESS, server), checkout)
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    reply = json.loads(done.stdout)
    assert reply.get("answered", True), "an example that is refused"


@pytest.mark.model
@pytest.mark.parametrize("command", APPS)
def test_commands_run(command: str, library: Path) -> None:
    done = run(command, library)
    assert 0 == done.returncode, done.stderr
    assert done.stdout.strip()


@pytest.mark.model
def test_the_example_reply_is_what_the_service_says(server: str, checkout: Path) -> None:
    example = json.loads(blocks(API, "json")[0])
    reply = json.loads(run(CURLS[0].replace(ADDRESS, server), checkout).stdout)
    assert example.keys() == reply.keys()
    shown, real = example["answers"][0], reply["answers"][0]
    assert shown.keys() == real.keys()
    for name in ("text", "start", "end", "sentence", "article"):
        assert shown[name] == real[name]
    assert real["confidence"] == pytest.approx(shown["confidence"], abs=0.05)  # other tests add articles


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_links_of_a_page_resolve(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)\s]+)\)", page.read_text(encoding="utf-8"))
    assert [] == [link for link in links if not resolves(page, link)]


def resolves(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page if name == "" else page.parent / name
    return target.exists() and (anchor == "" or anchor in anchors(target.read_text(encoding="utf-8")))


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings get: lower case, spaces as hyphens, other marks left out."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_path_that_a_page_names_exists() -> None:
    named = re.compile(r"`((?:corpus|index|qa|web|cli|eval|training|benchmarks|tests|docs)/[\w./*-]*)`")
    missing = {
        (page.name, path)
        for page in PAGES
        for path in named.findall(page.read_text(encoding="utf-8"))
        if not any(ROOT.glob(path.rstrip("/")))
    }
    assert set() == missing


def test_every_module_that_a_page_runs_exists() -> None:
    run_here = re.compile(r"python -m ((?:eval|training|benchmarks)[\w.]*)")
    names = {name for page in PAGES for name in run_here.findall(page.read_text(encoding="utf-8"))}
    assert len(names) >= 5
    places = {name: ROOT / name.rstrip(".").replace(".", "/") for name in names}
    assert [] == [name for name, at in places.items() if not (at.with_suffix(".py").exists() or at.is_dir())]


def test_every_setting_is_in_the_reference_with_its_default() -> None:
    rows = dict(re.findall(rf"^\| `{PREFIX}(\w+)` \| `?([^`|]+?)`? \|", OPERATIONS, re.MULTILINE))
    assert {name.upper() for name in Settings.model_fields} == rows.keys()
    for name in ("model", "reader", "host", "port", "max_upload", "server_threads", "log_level"):
        assert str(Settings.model_fields[name].default) == rows[name.upper()]
    assert Settings.model_fields["threshold"].default is None
    assert "the reader's own: nine in ten answers right" == rows["THRESHOLD"]


def test_every_setting_but_the_token_is_a_flag_of_a_command() -> None:
    assert isinstance(cli, click.Group)
    flags = {parameter.name for command in cli.commands.values() for parameter in command.params}
    assert {"token", "metrics_token"} == Settings.model_fields.keys() - flags


@pytest.mark.parametrize("page", [USING, OPERATIONS], ids=["using", "operations"])
def test_every_command_is_in_the_references(page: str) -> None:
    assert isinstance(cli, click.Group)
    elsewhere = {"serve", "check", "rollback", "backup", "restore", "tokens", "audit"} if page is USING else set()
    assert [] == [name for name in cli.commands.keys() - elsewhere if f"python app.py {name}" not in page]


def test_every_command_of_the_feeds_is_described() -> None:
    assert isinstance(cli, click.Group)
    feeds = cli.commands["feeds"]
    assert isinstance(feeds, click.Group)
    assert [] == [name for name in feeds.commands if f"feeds {name}" not in USING]


@pytest.fixture
def openapi(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The OpenAPI document."""
    app = create_app(Settings.load(state=tmp_path / "state", articles=tmp_path, watch=False), WordEmbedder())
    yield app.test_client().get("/openapi.json").get_json()
    close_app(app)


def test_every_route_is_in_the_reference_of_the_http_interface(openapi: dict[str, Any]) -> None:
    routes = [f"{method.upper()} {path}" for path, methods in openapi["paths"].items() for method in methods]
    assert len(routes) > 10
    assert [] == [route for route in routes if f"`{route}`" not in API]


def test_every_field_is_in_the_reference_of_the_http_interface(openapi: dict[str, Any]) -> None:
    fields = {field for schema in openapi["components"]["schemas"].values() for field in schema.get("properties", ())}
    assert "confidence" in fields
    assert set() == {field for field in fields if f"`{field}`" not in API}


def test_every_event_and_audited_action_is_in_the_references() -> None:
    folders = (ROOT / name for name in ("corpus", "index", "qa", "web", "cli"))
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py")]
    events = {name for one in sources for name in re.findall(r"log_event\(\s*\w+, logging\.\w+, \"(\w+)\"", one)}
    assert "webhook_failed" in events
    assert set() == {name for name in events if f"`{name}`" not in OPERATIONS}
    assert set() == {name for name in ACTIONS.values() if f"`{name}`" not in API}


def test_the_words_of_confidence_are_those_that_are_shown() -> None:
    text = " ".join(USING.split())
    shown = re.findall(r'"([a-z ]+)" from (\d)', text)
    assert ["sure", "fairly sure", "not so sure"] == [words for words, _ in shown]
    for words, tenths in shown:
        assert words == confidence_in_words(int(tenths) / 10)
        assert words != confidence_in_words(int(tenths) / 10 - 0.001)
    assert f'below that "{confidence_in_words(0.0)}"' in text


def test_the_sidecar_shown_is_the_one_that_is_there() -> None:
    shown = tomllib.loads(blocks(USING, "toml")[0])
    assert tomllib.loads((ROOT / "corpus/articles/kazakhstan-withdrawal.txt.toml").read_text()) == shown


def test_the_question_line_shown_is_one_of_the_set() -> None:
    shown = json.loads(blocks(USING, "json")[0])
    lines = (ROOT / "eval/kazakhstan.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert shown in [{name: row[name] for name in shown} for row in rows]
