"""What the README says works: its commands run, its examples are true, its tables are complete."""

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

import click
import pytest

from app import cli
from cli.terminal import sureness
from tests.processes import running_server
from web.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
ARTICLES = Path("corpus/articles")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


CURLS = [command for command in commands() if command.startswith("curl ")]
APPS = [command for command in commands() if command.startswith("python app.py ")]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a fresh checkout: without the articles that someone has dropped into this one."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / ARTICLES).mkdir(parents=True)
    for sample in (ROOT / ARTICLES).glob("kazakhstan-withdrawal.*"):
        shutil.copy2(sample, folder / ARTICLES)
    for name in ("app.py", "eval"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope="module")
def server(checkout: Path) -> Iterator[str]:
    with running_server(checkout / "served", "--articles", str(checkout / ARTICLES)) as address:
        yield address


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


def test_every_command_of_the_readme_is_run_here() -> None:
    assert [] == [command for command in commands() if command not in CURLS + APPS]
    assert len(CURLS) >= 5
    assert len(APPS) >= 5


@pytest.mark.model
@pytest.mark.parametrize("command", CURLS)
def test_curl_commands_get_what_they_ask_for(command: str, server: str, checkout: Path) -> None:
    done = run(command.replace("curl -s", "curl -sS --fail-with-body").replace(ADDRESS, server), checkout)
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    reply = json.loads(done.stdout)
    assert reply.get("answered", True), "an example that is refused"


@pytest.fixture(scope="module")
def library(checkout: Path) -> Path:
    """The same, with a library in its state folder: commands that only read make none."""
    assert 0 == run("python app.py rebuild", checkout).returncode
    return checkout


@pytest.mark.model
@pytest.mark.parametrize("command", APPS)
def test_commands_of_the_command_line_run(command: str, library: Path) -> None:
    done = run(command, library)
    assert 0 == done.returncode, done.stderr
    assert done.stdout.strip()


@pytest.mark.model
def test_the_example_reply_is_what_the_service_says(server: str, checkout: Path) -> None:
    example = json.loads(blocks("json")[0])
    reply = json.loads(run(CURLS[0].replace(ADDRESS, server), checkout).stdout)
    assert example.keys() == reply.keys()
    told, given = example["answers"][0], reply["answers"][0]
    assert told.keys() == given.keys()
    for name in ("text", "start", "end", "sentence", "article"):
        assert told[name] == given[name]
    assert given["confidence"] == pytest.approx(told["confidence"], abs=0.05)  # other tests add articles


def test_every_setting_is_in_the_table_with_its_default() -> None:
    rows = dict(re.findall(rf"^\| `{PREFIX}(\w+)` \| `?([^`|]+?)`? \|", README, re.MULTILINE))
    assert {name.upper() for name in Settings.model_fields} == rows.keys()
    for name in ("model", "reader", "host", "port", "max_upload", "server_threads", "log_level"):
        assert str(Settings.model_fields[name].default) == rows[name.upper()]
    assert Settings.model_fields["threshold"].default is None
    assert "the reader's own: nine in ten answers right" == rows["THRESHOLD"]


def test_the_words_of_confidence_are_those_that_are_shown() -> None:
    told = re.findall(r'"([a-z ]+)" from (\d)', " ".join(README.split()))
    assert ["sure", "fairly sure", "not so sure"] == [words for words, _ in told]
    for words, tenths in told:
        assert words == sureness(int(tenths) / 10)
        assert words != sureness(int(tenths) / 10 - 0.001)
    assert f'below that "{sureness(0.0)}"' in " ".join(README.split())


def test_every_setting_but_the_token_is_a_flag_of_a_command() -> None:
    assert isinstance(cli, click.Group)
    flags = {parameter.name for command in cli.commands.values() for parameter in command.params}
    assert {"token"} == Settings.model_fields.keys() - flags


def test_every_command_is_mentioned() -> None:
    assert isinstance(cli, click.Group)
    assert [] == [name for name in cli.commands if f"python app.py {name}" not in README]


def test_every_file_it_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert [] == [link for link in links if not (ROOT / link).exists()]


def test_the_sidecar_shown_is_the_one_that_is_there() -> None:
    shown = tomllib.loads(blocks("toml")[0])
    assert tomllib.loads((ROOT / "corpus/articles/kazakhstan-withdrawal.txt.toml").read_text()) == shown


def test_the_question_line_shown_is_one_of_the_set() -> None:
    shown = json.loads(blocks("json")[1])
    lines = (ROOT / "eval/kazakhstan.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert shown in [{name: row[name] for name in shown} for row in rows]
