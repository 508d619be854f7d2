"""Clients that generators make of the OpenAPI document ask a question of the real service."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.processes import ROOT, running_server

pytestmark = pytest.mark.system
GENERATOR = "openapi-python-client==0.29.1"
PACKAGES = ("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3", "@types/node@22.19.1")
QUESTION = "When does the withdrawal finish?"
PYTHON = """
import sys
from generated import Client
from generated.api.ask import ask
from generated.models import AskBody, Problem, ReplyOut
client = Client(base_url=sys.argv[1])
reply = ask.sync(client=client, body=AskBody(question=sys.argv[2], top_k=1))
assert isinstance(reply, ReplyOut), reply
print(reply.answers[0].text)
refused = ask.sync(client=client, body=AskBody(question=sys.argv[2], top_k=100))
assert isinstance(refused, Problem) and refused.status == 422, refused
"""
TYPESCRIPT = """
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";
const [address, question] = process.argv.slice(2) as [string, string];
const client = createClient<paths>({ baseUrl: address });
const { data, error } = await client.POST("/ask", { body: { question, top_k: 1, offsets: "utf-16" } });
if (error !== undefined) throw new Error(error.detail);
const answer = data.answers[0]!;
const article = await client.GET("/articles/{article_id}", { params: { path: { article_id: answer.article.id } } });
console.log(article.data!.text.slice(answer.start, answer.end));
const refused = await client.POST("/ask", { body: { question, top_k: 100 } });
if (refused.error?.status !== 422) throw new Error("it was not refused");
"""
PROJECT = {"compilerOptions": {"module": "nodenext", "target": "es2022", "strict": True, "skipLibCheck": True}}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    state = tmp_path_factory.mktemp("generated") / "state"
    with running_server(state, "--articles", str(ROOT / "corpus" / "articles")) as address:
        yield address


@pytest.fixture
def folder(tmp_path: Path, address: str) -> Path:
    with urlopen(f"{address}/openapi.json") as response:
        (tmp_path / "openapi.json").write_bytes(response.read())
    return tmp_path


def run(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_a_generated_python_client_asks(folder: Path, address: str) -> None:
    run(folder, sys.executable, "-m", "venv", "venv")
    bin_ = folder / "venv" / "bin"
    installed = subprocess.run([bin_ / "pip", "install", "-q", GENERATOR], capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"{GENERATOR} can't be installed; is there a network? {installed.stderr[-300:]}")
    (folder / "config.yml").write_text("project_name_override: generated\npackage_name_override: generated\n")
    generate = (bin_ / "openapi-python-client", "generate", "--path", "openapi.json", "--config", "config.yml")
    run(folder, *generate, "--meta", "none", "--output-path", "generated")
    assert "January 19" == run(folder, bin_ / "python", "-c", PYTHON, address, QUESTION).strip()


def test_a_generated_typescript_client_asks(folder: Path, address: str) -> None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs Node.js and npm")
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    installed = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"the npm packages can't be installed; is there a network? {installed.stderr[-300:]}")
    programs = folder / "node_modules" / ".bin"
    run(folder, programs / "openapi-typescript", "openapi.json", "-o", "schema.d.ts", "--default-non-nullable", "false")
    (folder / "ask.ts").write_text(TYPESCRIPT, encoding="utf-8")
    (folder / "tsconfig.json").write_text(json.dumps(PROJECT))
    run(folder, programs / "tsc")
    assert "January 19" == run(folder, "node", "ask.js", address, QUESTION).strip()
