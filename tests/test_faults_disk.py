"""The service on a disk that is full, and in a folder that can't be written to: it says so, and loses nothing."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import click
import pytest

from corpus.article import Article
from corpus.errors import StorageProblem
from eval.service_process import MODELS, ROOT, Client, Server
from eval.survival.clients import ask
from eval.survival.ledger import LONG_ARTICLE, KnownArticle, Ledger, compose_article
from eval.survival.service_kills import check_problems, wait_until_indexed
from index.embedding.cache import EmbeddingCache
from index.maintenance.backup import back_up, restore
from index.state_folder import StateFolder
from tests.disks import Disk, read_only, small_disk
from tests.fakes import CountingEmbedder
from tests.indexing import Workspace
from tests.waiting import comes

FLAGS = ("--reader", "sentences", "--wait-seconds", "1")
RNG = random.Random(6)
THREADS = 12  # more than the service has


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk", "6m") as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An articles folder with nothing in it."""
    (tmp_path / "articles").mkdir()
    return tmp_path / "articles"


NUMBERS = count(1)


def article(sentences: int = 4) -> KnownArticle:
    return compose_article(next(NUMBERS), None, RNG, sentences)


def add(client: Client, known: KnownArticle, wait: bool = False) -> tuple[int, Any]:
    body = {"text": known.article.text, "title": known.article.title}
    return client.request("POST", f"/articles{'?wait=true' if wait else ''}", body)


def added(client: Client, number: int, sentences: int = 4) -> list[KnownArticle]:
    """Add articles that are answered from then on."""
    made = [article(sentences) for _ in range(number)]
    assert [201] * number == [add(client, known)[0] for known in made]
    wait_until_indexed(client)
    return made


def whole(client: Client, kept: Sequence[KnownArticle]) -> None:
    """Hold what the service has against what it acknowledged."""
    assert {known.id for known in kept} == {
        row["id"] for row in client.call("GET", "/articles?per_page=200")["articles"]
    }
    for known in kept:
        assert known.article.text == client.call("GET", f"/articles/{known.id}")["text"]


def answers(client: Client, kept: Sequence[KnownArticle]) -> None:
    ledger = Ledger.of(0)
    assert [] == [known.question for known in kept if not ask(client, ledger, known)]
    assert [] == ledger.problems


def rebuilt(client: Client) -> Any:
    """Have the index rebuilt; return the job once it has ended."""
    asked = client.call("POST", "/index/rebuild", status=202)

    def job() -> Any:
        return client.call("GET", "/index")["job"]

    assert comes(lambda: job()["id"] == asked["id"] and job()["state"] != "running")
    return job()


def command(*arguments: str) -> tuple[int, str]:
    """Run a command; return its exit status and what it said on standard error."""
    line = [sys.executable, "app.py", *arguments, "--models", str(MODELS)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, check=False, text=True)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def refusal(state: Path, folder: Path) -> str:
    """Start a service that can't; return what it says, a line."""
    with pytest.raises(click.ClickException) as caught, Server(state, folder, *FLAGS):
        pass
    said = caught.value.message.partition("It said: ")[2].strip()
    assert said.startswith("Error: ")
    assert "\n" not in said
    assert str(state) in said
    return said


@pytest.mark.model
def test_a_full_disk_refuses_articles_loses_none_and_takes_them_again(disk: Disk, folder: Path) -> None:
    state = disk.folder / "state"
    with Server(state, folder, *FLAGS) as server, closing(server.client()) as client:
        indexed = added(client, 2)
        kept, refused = list(indexed), []
        disk.fill(200_000)
        while len(refused) < 5:
            known = article(LONG_ARTICLE)
            status, reply = add(client, known)
            assert status in {201, 507}, reply
            if status == 201:
                kept.append(known)
            else:
                refused.append(reply)
        assert {"It can't be stored"} == {reply["title"] for reply in refused}
        assert all("Make room on the disk" in reply["detail"] for reply in refused)
        assert all(str(state) in reply["detail"] for reply in refused)
        waiting = article(LONG_ARTICLE)  # what a build that failed has cleared away may be room for it
        status, reply = add(client, waiting, wait=True)
        assert status in {201, 503, 507}, reply
        kept += [waiting] if status != 507 else []
        status, reply = client.request("DELETE", f"/articles/{kept[0].id}")
        assert status in {204, 507}, reply
        kept = kept[1:] if status == 204 else kept
        assert comes(lambda: (index := client.call("GET", "/index"))["problem"] is not None or not index["pending"])
        whole(client, kept)
        answers(client, indexed[1:])
        before = disk.names
        status, said = command("backup", str(disk.folder / "backup.tar"), "--state", str(state))
        assert (1, before) == (status, disk.names)
        assert str(disk.folder) in said
        disk.empty()
        kept += added(client, 1)
        whole(client, kept)
        answers(client, kept)
        client.call("DELETE", f"/articles/{kept[-1].id}", status=204)
        wait_until_indexed(client)
        assert [] == check_problems(state)
        assert "Traceback" not in server.output()


@pytest.mark.model
def test_a_build_that_fills_the_disk_is_given_up_and_the_last_generation_answers_on(disk: Disk, folder: Path) -> None:
    state = disk.folder / "state"
    with Server(state, folder, *FLAGS) as server, closing(server.client()) as client:
        kept, failed = added(client, 3, LONG_ARTICLE), 0
        for room in range(0, 2_000_000, 60_000):
            generation = client.call("GET", "/index")["generation"]
            disk.fill(room)
            job = rebuilt(client)
            answers(client, kept)
            disk.empty()
            if job["state"] == "done":
                break
            failed += 1
            assert str(state) in job["error"]
            assert "No space left" in job["error"] or "full" in job["error"]
            assert generation == client.call("GET", "/index")["generation"]
            assert [] == list(StateFolder(state).index.glob("unfinished-*"))
        assert failed > 1, "it was never full"
        assert "done" == job["state"]
        assert [] == check_problems(state)
        assert "Traceback" not in server.output()


@pytest.mark.model
def test_a_service_that_can_not_write_says_so_and_starts_once_it_can(disk: Disk, folder: Path) -> None:
    state = disk.folder / "state"
    disk.fill()
    assert "Make room on the disk" in refusal(state, folder)
    disk.empty()
    with Server(state, folder, *FLAGS) as server, closing(server.client()) as client:
        kept = added(client, 1)
    disk.fill()
    assert "full" in refusal(state, folder)
    disk.empty()
    with read_only(state):
        assert "write to" in refusal(state, folder)
    with Server(state, folder, *FLAGS) as server, closing(server.client()) as client:
        answers(client, kept)
        assert [] == check_problems(state)


@pytest.mark.model
def test_a_read_only_folder_is_answered_from_and_takes_changes_again_afterwards(tmp_path: Path, folder: Path) -> None:
    state = tmp_path / "state"
    with Server(state, folder, *FLAGS) as server, closing(server.client()) as client:
        indexed = [article()]
        assert 201 == add(client, indexed[0], wait=True)[0]  # few requests: other threads open the file later
        with read_only(state):
            tried = [article() for _ in range(4 * THREADS)]
            replies = at_once(server, tried)
            kept = indexed + [known for known, status, _ in replies if status == 201]
            refused = [reply["detail"] for _, status, reply in replies if status != 201]
            assert {status for _, status, _ in replies} <= {201, 507}  # a thread that has the file open goes on
            assert refused
            assert all(str(state) in said and "needs to write" in said for said in refused)
            client.call("POST", "/index/rebuild", status=202)
            assert comes(lambda: "can't be written" in str(client.call("GET", "/index")))
            answers(client, indexed)
            whole(client, kept)
        again = [article() for _ in range(4 * THREADS)]
        assert {201} == {status for _, status, _ in at_once(server, again)}
        wait_until_indexed(client)
        whole(client, [*kept, *again])
        answers(client, [*kept, *again[:4]])
        assert [] == check_problems(state)
        assert "Traceback" not in server.output()


def at_once(server: Server, articles: Sequence[KnownArticle]) -> list[tuple[KnownArticle, int, Any]]:
    """Add articles by so many clients at once that every thread of the service has some of them."""

    def some(mine: Sequence[KnownArticle]) -> list[tuple[KnownArticle, int, Any]]:
        with closing(server.client()) as client:
            return [(known, *add(client, known)) for known in mine]

    with ThreadPoolExecutor(THREADS) as pool:
        shares = [articles[at::THREADS] for at in range(THREADS)]
        return [reply for replies in pool.map(some, shares) for reply in replies]


def outcome(attempt: Callable[[], object]) -> str | None:
    """Return the problem of what can't be stored, None where it could."""
    try:
        attempt()
    except StorageProblem as error:
        return str(error)
    return None


def indexed_workspace(folder: Path) -> tuple[Workspace, list[Article]]:
    """Return a closed workspace with 300 articles, and the articles."""
    workspace = Workspace.open(folder / "state")
    articles = workspace.add_many(0, 300)
    workspace.update()
    workspace.close()
    return workspace, articles


def test_a_backup_to_a_full_disk_leaves_nothing_behind(disk: Disk, tmp_path: Path) -> None:
    workspace, kept = indexed_workspace(tmp_path)
    failed = 0
    for room in range(0, 4_000_000, 150_000):
        disk.fill(room)
        problem = outcome(lambda: back_up(StateFolder(workspace.folder), disk.folder / "backup.tar"))
        if problem is None:
            break
        failed += 1
        assert str(disk.folder) in problem
        assert [] == disk.names
    assert failed > 2, "it was never full"
    assert ["backup.tar"] == disk.names
    disk.empty()
    assert len(kept) == restore(disk.folder / "backup.tar", StateFolder(tmp_path / "restored")).articles


def test_a_restore_to_a_full_disk_leaves_what_was_there(disk: Disk, tmp_path: Path) -> None:
    workspace, kept = indexed_workspace(tmp_path)
    back_up(StateFolder(workspace.folder), tmp_path / "backup.tar")
    other = Workspace.open(disk.folder / "state")
    former = other.add("Ship1 sailed.")
    other.update()
    other.close()
    state, failed = StateFolder(disk.folder / "state"), 0
    for room in range(0, 5_000_000, 300_000):
        disk.fill(room)
        problem = outcome(lambda: restore(tmp_path / "backup.tar", state, force=True))
        disk.empty()
        there = Workspace.open(state.folder)
        numbers = there.store.numbers()
        still_there = problem is None or former == there.store.get(former.id)
        there.close()
        assert still_there
        if problem is None:
            assert len(kept) == len(numbers)
            break
        failed += 1
    assert failed > 2, "it was never full"


def test_an_embedding_cache_on_a_full_disk_keeps_its_rows_and_recovers(disk: Disk) -> None:
    embedder = CountingEmbedder()
    cache = EmbeddingCache(disk.folder / "embeddings.sqlite", embedder)
    known = [f"Ship{number} sailed." for number in range(20)]
    before = cache.embed(known)
    disk.fill()
    more = [f"Ship{number} sank." for number in range(2000)]
    problem = outcome(lambda: cache.embed(more))
    assert problem is not None
    assert "Make room on the disk" in problem
    assert before.tolist() == cache.embed(known).tolist()
    disk.empty()
    assert len(more) == len(cache.embed(more))
    cache.close()
