"""The container, the units and the proxies name what is there: settings, commands, accounts, files."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import cli
from tests.processes import ROOT
from web.settings import PREFIX, Settings

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
FILES = [ROOT / "Dockerfile", ROOT / "compose.yaml", DEPLOY / "install.sh", *UNITS]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
SERVED_TO = {"domain", "upstream"}  # the variables of the proxy
MAX_EXPOSURE = 2.0  # of 10; systemd calls this OK


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of compose.yaml."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_variables_are_settings(path: Path) -> None:
    named = {name.lower() for name in re.findall(rf"\b{PREFIX}([A-Z_]+)\b", path.read_text("utf-8"))}
    assert set() == named - Settings.model_fields.keys() - SERVED_TO - {"name"}


def test_the_image_is_of_a_fixed_python_and_runs_as_the_account_that_is_installed() -> None:
    assert ["python:3.11-slim-bookworm"] == re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    (user,) = re.findall(r"^USER (\d+):\1$", DOCKERFILE, re.MULTILINE)
    script = (DEPLOY / "install.sh").read_text("utf-8")
    assert f"--gid {user} " in script
    assert f"--uid {user} " in script
    assert "/src/deploy/install.sh /opt/citeline" in DOCKERFILE


def test_what_is_installed_gets_into_the_build() -> None:
    script = (DEPLOY / "install.sh").read_text("utf-8")
    (parts,) = re.findall(r"^for part in (.+); do$", script, re.MULTILINE)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"}
    assert {*parts.split(), "deploy"} == kept
    assert [] == [name for name in kept if not (ROOT / name).exists()]


def test_the_container_can_write_its_state_only(services: dict[str, Any]) -> None:
    service = services["citeline"]
    assert service["read_only"] is True
    assert ["ALL"] == service["cap_drop"]
    assert ["no-new-privileges:true"] == service["security_opt"]
    assert ["state:/var/lib/citeline", "./articles:/articles:ro"] == service["volumes"]
    assert "ports" not in service, "only the proxy is reached from outside"
    assert re.fullmatch(r"caddy:\d+\.\d+", services["proxy"]["image"])


def test_the_proxies_keep_the_host() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert "proxy_set_header Host $http_host;" in nginx
    assert "header_up" not in (DEPLOY / "Caddyfile").read_text("utf-8"), "Caddy keeps it by itself"


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_the_units_run_commands_that_there_are(unit: Path) -> None:
    text = unit.read_text("utf-8")
    (command,) = re.findall(r"^ExecStart=/opt/citeline/.venv/bin/python app.py (.+)$", text, re.MULTILINE)
    name, *words = command.replace("%S", "/var/lib").split()
    known = {option for one in cli.commands[name].params for option in one.opts}  # type: ignore[attr-defined]
    assert set() == {word for word in words if word.startswith("--")} - known


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_units_and_calls_them_well_shut(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze (apt-get install systemd)")
    here = unit.read_text("utf-8").replace("/opt/citeline/.venv/bin/python", sys.executable)
    (tmp_path / unit.name).write_text(here.replace("/opt/citeline", str(ROOT)), "utf-8")
    verify = ["systemd-analyze", "verify", "--man=no", tmp_path / unit.name]
    done = subprocess.run(verify, check=False, capture_output=True, text=True)
    assert (0, "") == (done.returncode, done.stderr)
    score = ["systemd-analyze", "security", "--offline=true", "--no-pager", tmp_path / unit.name]
    found = subprocess.run(score, check=False, capture_output=True, text=True).stdout
    (exposure,) = re.findall(r"Overall exposure level for \S+ (\d+\.\d)", found)
    assert float(exposure) <= MAX_EXPOSURE
