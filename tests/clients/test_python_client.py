"""The Python client: against the real app over HTTP, and installed into an environment of its own."""

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from citeline_client import Citeline, Refused, Unreachable, replies
from flask import Flask, Response

from tests.conftest import FERRY, MakeApp
from tests.processes import ROOT, running_server
from tests.web_server import Site, answer, served, site

__all__ = ["site"]
FOLDER = ROOT / "clients" / "python"
# The schemas of /openapi.json that the types of the client stand for, where they are not of the same name with "Out".
SCHEMAS = {
    **{"Article": "ArticleWhole", "ListedArticle": "ArticleListed", "AddedArticle": "ArticleAdded"},
    **{
        "ArticlePage": "ArticlesOut",
        "DateExpression": "DateOut",
        "VerifiedDraft": "VerifyOut",
        "SearchResult": "SearchOut",
    },
    **{"ArticleRef": "ArticleRef", "InvalidField": "InvalidField"},
}


@pytest.fixture
def citeline(make_app: MakeApp) -> Iterator[Citeline]:
    with served(make_app()) as port:
        yield Citeline(f"http://127.0.0.1:{port}/")


def test_a_question_is_answered_by_typed_words(citeline: Citeline) -> None:
    reply = citeline.ask("When does the ferry leave?", top_k=1, selectors=True)
    (found,) = reply.answers
    assert reply.answered
    assert found.text == FERRY[found.start : found.end] == found.sentence.text
    assert citeline.article(found.article.id).text[found.start : found.end] == found.text
    assert found.selectors is not None
    assert [found.text, None] == [one.exact for one in found.selectors]


def test_a_batch_comes_line_by_line(citeline: Citeline) -> None:
    first, second = citeline.ask_batch(["When does the ferry leave?", ""], top_k=1)
    assert first.reply is not None
    assert (1, None, 1) == (first.number, first.problem, len(first.reply.answers))
    assert (2, None) == (second.number, second.reply)
    assert "empty" in str(second.problem)


def test_a_line_of_a_batch_is_there_before_the_next_one_is_answered() -> None:
    app, go_on = Flask(__name__), threading.Event()

    def lines() -> Iterator[str]:
        for number in (1, 2):
            yield f'{{"number": {number}, "question": "Who?", "reply": null, "problem": "none"}}\n'
            assert go_on.wait(30)

    app.add_url_rule("/ask/batch", view_func=lambda: Response(lines()), endpoint="batch", methods=["POST"])
    with served(app) as port:
        replies_ = Citeline(f"http://127.0.0.1:{port}").ask_batch(["Who?", "Who?"])
        assert 1 == next(replies_).number
        go_on.set()
        assert [2] == [line.number for line in replies_]


def test_articles_are_added_found_edited_and_deleted(citeline: Citeline, tmp_path: Path) -> None:
    before = citeline.changes("now")
    added = citeline.add("The mill grinds oats on Mondays.", title="Mill", tags=["food"], wait=True)
    assert (True, ["food"]) == (added.indexed, added.tags)
    assert "Mill" == citeline.search("oats at the mill", top_k=1).sentences[0].article.title
    (tmp_path / 'mill "new".md').write_text("# Wind\n\nThe wind mill is new.", encoding="utf-8")
    filed = citeline.add_file(tmp_path / 'mill "new".md', source="Gazette – north")
    assert ("Wind", "Gazette – north") == (filed.title, filed.source)
    lines = list(citeline.add_many([{"text": "One more text.", "title": "One"}, {"title": "none"}]))
    assert ["added", "failed"] == [line.state for line in lines]
    assert "Old mill" == citeline.edit(added.id, title="Old mill", wait=True).title
    assert {"Old mill"} == {one.title for one in citeline.articles(q="Old").articles}
    citeline.delete(added.id)
    with pytest.raises(Refused, match=r"\(404\)"):
        citeline.article(added.id)
    kinds = [change.kind for change in citeline.changes(before.cursor).changes]
    assert {"added", "deleted"} <= set(kinds)


def test_a_draft_is_verified(citeline: Citeline) -> None:
    (found,) = citeline.verify(f'"{FERRY.partition(".")[0]}"').excerpts
    assert ("exact", 0) == (found.verdict, found.matches[0].start)


def test_errors_say_what_is_wrong(citeline: Citeline) -> None:
    with pytest.raises(Refused, match="published_from") as refused:
        citeline.ask("When?", published_from="soon")
    assert 422 == refused.value.status
    assert ["#/published_from"] == [one.pointer for one in refused.value.errors]
    with pytest.raises(Unreachable, match="does not answer"):
        Citeline("http://127.0.0.1:1").ask("When?")
    app = Flask(__name__)
    app.add_url_rule("/articles", view_func=lambda: "<html>", endpoint="articles")
    with served(app) as port, pytest.raises(Unreachable, match="not JSON"):
        Citeline(f"http://127.0.0.1:{port}").articles()
    with pytest.raises(ValueError, match="http://"):
        Citeline("localhost:8000")


def test_a_token_is_sent(make_app: MakeApp) -> None:
    with served(make_app(token="t" * 16, read="token")) as port:
        address = f"http://127.0.0.1:{port}"
        with pytest.raises(Refused, match=r"\(401\)"):
            Citeline(address).articles()
        assert 2 == Citeline(address, token="t" * 16).articles().total


def test_a_redirect_to_another_origin_is_not_followed(site: Site, make_app: MakeApp) -> None:
    with served(make_app()) as port:
        site.answers["/articles"] = answer(status=307, Location=f"http://127.0.0.1:{port}/articles")
        with pytest.raises(Unreachable, match=f"redirects to http://127.0.0.1:{port}/articles"):
            Citeline(site.url(), token="t" * 16).articles()
        site.answers["/articles"] = answer(status=302, Location="/moved")
        site.answers["/moved"] = answer(b'{"articles": [], "page": 1, "per_page": 9, "total": 0}')
        assert 0 == Citeline(site.url(), token="t" * 16).articles().total


def test_an_error_of_another_program_is_told(site: Site) -> None:
    site.answers["/articles"] = answer(b'["Bad gateway"]', status=502)
    with pytest.raises(Unreachable, match=r"502.*Bad gateway"):
        Citeline(site.url()).articles()


def test_the_types_have_the_fields_of_the_interface(make_app: MakeApp) -> None:
    document: dict[str, Any] = make_app(ready=False).test_client().get("/openapi.json").json
    schemas = document["components"]["schemas"]
    kinds = [one for name, one in vars(replies).items() if isinstance(one, type) and one.__module__ == replies.__name__]
    assert len(kinds) > 20
    for kind in kinds:
        if kind.__name__ == "Selector":  # of both kinds of selector
            continue
        schema = schemas[SCHEMAS.get(kind.__name__, f"{kind.__name__}Out")]
        assert set() == {one.name for one in fields(kind)} - schema["properties"].keys(), kind.__name__
        needed = {one.name for one in fields(kind) if one.default is MISSING}
        optional = needed - set(schema["required"]) - {"hint"}  # always there, but with a default
        assert set() == optional, kind.__name__


@pytest.mark.system
def test_it_installs_and_its_readme_holds(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "client", ignore=shutil.ignore_patterns("*.egg-info", "build", "__pycache__"))
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", tmp_path / "client"]
    subprocess.run(install, check=True, cwd=tmp_path)
    example = re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text("utf-8"), re.DOTALL)[0]
    with running_server(tmp_path / "state", "--articles", str(ROOT / "corpus" / "articles")) as address:
        program = example.replace("http://127.0.0.1:8000", address)
        done = subprocess.run([python, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "" == done.stderr
    answered, *rest = done.stdout.splitlines()
    assert answered.startswith("January 19 ")
    assert ["1 [", "2 [", "422 "] == [rest[0][:3], rest[1][:3], rest[2][:4]]
