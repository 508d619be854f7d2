"""The retrievers for LangChain, LlamaIndex and Haystack, in their real libraries, against the real service."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.examples.conftest import EXAMPLES

pytestmark = pytest.mark.system
QUESTION = "When does the withdrawal finish?"
SENTENCE = "The final withdrawal of peacekeepers is scheduled to be completed on January 19."
TITLE = "CSTO peacekeepers withdraw from Kazakhstan"
# Each prints a list of [content, metadata, score] and the message of a search that is refused.
PROGRAMS = {
    "langchain_retriever": """
from langchain_core.runnables import RunnableLambda
retriever = CitelineRetriever(server=server, top_k=3, filters={"language": "en"})
found = (retriever | RunnableLambda(list)).invoke(question)
show = [[one.page_content, one.metadata, one.metadata["score"]] for one in found]
refused = lambda: CitelineRetriever(server=server, filters={"published_from": "soon"}).invoke(question)
""",
    "llama_index_retriever": """
from llama_index.core.schema import MetadataMode
found = CitelineRetriever(server, top_k=3, filters={"language": "en"}).retrieve(question)
show = [[one.text, one.metadata, one.score] for one in found]
assert "context" not in found[0].node.get_content(MetadataMode.LLM)
refused = lambda: CitelineRetriever(server, filters={"published_from": "soon"}).retrieve(question)
""",
    "haystack_retriever": """
from haystack import Pipeline
from haystack.utils import Secret
pipeline = Pipeline()
pipeline.add_component("retriever", CitelineRetriever(server, 3, {"language": "en"}, Secret.from_env_var("TOKEN")))
pipeline = Pipeline.loads(pipeline.dumps(), allowed_modules=["haystack_retriever"])
found = pipeline.run({"retriever": {"query": question}})["retriever"]["documents"]
show = [[one.content, one.meta, one.score] for one in found]
refused = lambda: CitelineRetriever(server, filters={"published_from": "soon"}).run(question)
""",
}
START = "import json, sys\nfrom {module} import CitelineRetriever\nserver, question = sys.argv[1:]\n"
END = """
try:
    refused()
except ValueError as error:
    print(json.dumps([show, str(error)]))
"""


def run(python: Path, module: str, service: str) -> tuple[list[tuple[str, dict[str, Any], float]], str]:
    program = START.format(module=module) + PROGRAMS[module] + END
    environment = os.environ | {"PYTHONPATH": str(EXAMPLES), "TOKEN": "t", "HAYSTACK_TELEMETRY_ENABLED": "False"}
    done = subprocess.run(
        [python, "-c", program, service, QUESTION], check=False, capture_output=True, text=True, env=environment
    )
    assert 0 == done.returncode, done.stderr
    found, message = json.loads(done.stdout.splitlines()[-1])
    return found, message


@pytest.mark.parametrize("module", PROGRAMS)
def test_a_retriever_finds_exact_sentences_with_their_place(module: str, python: Path, service: str) -> None:
    found, refused = run(python, module, service)
    assert 3 == len(found)
    content, metadata, score = found[0]
    assert SENTENCE == content
    assert (TITLE, "2022-01-13") == (metadata["title"], metadata["published"])
    assert score > 0
    assert content in metadata["context"]
    article = httpx.get(f"{service}/articles/{metadata['article']}").json()
    assert article["url"] == metadata["url"]
    for text, place, _ in found:
        assert article["text"][place["start"] : place["end"]] == text
    assert refused.startswith("Citeline refused the search: ")
    assert "published_from" in refused


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_typed_and_a_retriever_short(path: Path, python: Path) -> None:
    assert path.stem not in PROGRAMS or len(path.read_text(encoding="utf-8").splitlines()) < 80
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=EXAMPLES)
    assert 0 == done.returncode, done.stdout
