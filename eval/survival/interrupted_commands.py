"""Kill `restore` and `add --jsonl` in the middle, and check that each did all of its work or none."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from corpus.errors import CitelineError
from corpus.ingest.bulk import BATCH_ROWS
from corpus.store.article_store import ArticleStore
from eval.service_process import MODELS, ROOT
from eval.survival.ledger import KnownArticle, compose_article
from eval.survival.service_kills import check_problems
from index.maintenance.backup import RESTORE_PREFIX
from index.state_folder import StateFolder

_POLL_SECONDS = 0.002
_COMMAND_TIMEOUT = 600.0  # seconds


@dataclass(slots=True)
class CommandCounts:
    """The counts of a run: kills, those that hit the command at work, and the problems found."""

    restores: int = 0
    restores_hit: int = 0
    loads: int = 0
    loads_hit: int = 0
    loads_partly: int = 0
    rows: int = 0
    problems: tuple[str, ...] = ()


class CommandKills:
    """A run of commands that are killed while they work on state folders."""

    def __init__(self, folder: Path, seed: int, rows: int, flags: Sequence[str] = ()) -> None:
        self._folder = folder
        self._articles = folder / "articles"
        self._articles.mkdir(parents=True, exist_ok=True)
        self._rng = random.Random(seed)
        self._rows = rows
        self._flags = flags
        self._number = 0
        self._problems: list[str] = []

    def run(self, times: int, report: Callable[[int], None] = lambda kills: None) -> CommandCounts:
        """Kill each of the two commands so many times, and return the counts."""
        counts = CommandCounts()
        self._kill_restores(times, counts, report)
        self._kill_loads(times, counts, report)
        counts.problems = tuple(self._problems)
        return counts

    def _kill_restores(self, times: int, counts: CommandCounts, report: Callable[[int], None]) -> None:
        state = self._folder / "restored"
        backups = [self._make_backup(f"backup{number}") for number in range(2)]
        span, before = 1.0, set[str]()
        for turn in range(times):
            file, articles = backups[turn % 2]
            restored = {one.id for one in articles}
            command = ["restore", str(file), "--state", str(state), "--force"]
            hit, _ = self._run_and_kill(command, lambda: any(state.glob(f"{RESTORE_PREFIX}*")), span)
            counts.restores_hit += hit
            stored = self._stored_ids(state)
            if stored not in (before, restored):
                self._problems.append(
                    f"A killed restore left {len(stored)} articles, neither the former nor the new ones."
                )
            self._check_answers(state, articles if stored == restored else [])
            span = max(0.1, 0.7 * self._completed(command))  # the rest is the start of Python
            before = restored
            self._compare(state, before, "a restore")
            self._problems += [f"A restore left {path.name} behind." for path in state.glob(f"{RESTORE_PREFIX}*")]
            self._problems += check_problems(state)
            counts.restores += 1
            report(counts.restores)

    def _kill_loads(self, times: int, counts: CommandCounts, report: Callable[[int], None]) -> None:
        state, span = self._folder / "loaded", 1.0
        before = set[str]()
        for turn in range(times):
            file, articles = self._write_rows(f"rows{turn}.jsonl", self._rows)
            command = ["add", "--jsonl", str(file), "--state", str(state)]
            with closing(ArticleStore.open(StateFolder(state).articles)) as store:
                is_loading = partial(lambda store, count: store.count() > count, store, len(before))
                hit, after = self._run_and_kill(command, is_loading, span)
            counts.loads_hit += hit
            counts.loads_partly += self._check_loaded(self._stored_ids(state) - before, articles)
            span = max(0.1, self._completed(command) - after)
            before |= {one.id for one in articles}
            self._compare(state, before, "a resumed load")
            self._check_answers(state, articles)
            counts.loads += 1
            counts.rows = len(before)
            report(times + counts.loads)

    def _check_loaded(self, loaded: set[str], articles: Sequence[KnownArticle]) -> bool:
        """Check that a killed load left whole batches; return whether these are some, but not all."""
        count = len(loaded)
        if loaded != {one.id for one in articles[:count]} or (count % BATCH_ROWS and count < len(articles)):
            self._problems.append(f"A killed load left {count} rows, which are no whole batches.")
        return 0 < count < len(articles)

    def _compare(self, state: Path, expected: set[str], after: str) -> None:
        stored = self._stored_ids(state)
        if stored != expected:
            lost = len(expected - stored)
            self._problems.append(f"After {after}, {lost} articles are missing, {len(stored - expected)} are too many.")

    def _completed(self, command: Sequence[str]) -> float:
        """Run a command to its end; return the seconds."""
        begun = time.perf_counter()
        self._run_command(command)
        return time.perf_counter() - begun

    def _run_and_kill(self, command: Sequence[str], begun: Callable[[], bool], span: float) -> tuple[bool, float]:
        """Kill a command at a random moment of the `span` seconds after it begins to work.

        Return whether it was still at work, and after how many seconds it had begun.
        """
        started = time.perf_counter()
        process = self._start(command)
        try:
            while process.poll() is None and not begun():
                time.sleep(_POLL_SECONDS)
            after = time.perf_counter() - started
            time.sleep(self._rng.uniform(0, span))
        finally:
            process.kill()
            output, _ = process.communicate()
        if process.returncode > 0:
            self._problems.append(f"{command[0]} failed: {output.strip()}")
        return process.returncode < 0, after

    def _run_command(self, command: Sequence[str]) -> str:
        process = self._start(command)
        try:
            output, _ = process.communicate(timeout=_COMMAND_TIMEOUT)
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            self._problems.append(f"{command[0]} failed: {output.strip()}")
        return output

    def _start(self, command: Sequence[str]) -> "subprocess.Popen[str]":
        arguments = [sys.executable, str(ROOT / "app.py"), *command, "--models", str(MODELS), *self._flags]
        arguments += ["--articles", str(self._articles)]
        return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def _check_answers(self, state: Path, articles: Sequence[KnownArticle]) -> None:
        """Ask about one of the articles, which updates the index first, and check that it is found."""
        known = self._rng.choice(articles) if articles else None
        question = "When?" if known is None else known.question
        output = self._run_command(["ask", question, "--json", "--state", str(state)])
        if known is not None and known.id not in output:
            self._problems.append(f"The article {known.id} is not found by {known.question!r}: {output}")
        self._problems += check_problems(state)

    def _stored_ids(self, state: Path) -> set[str]:
        """Return the ids of the articles in a state folder, after checking each against its content."""
        if not StateFolder(state).articles.exists():
            return set()
        try:
            with closing(ArticleStore.open(StateFolder(state).articles)) as store:
                return {article.id for article, _ in store.each()}
        except CitelineError as error:
            self._problems.append(str(error))
            return set()

    def _make_backup(self, name: str) -> tuple[Path, list[KnownArticle]]:
        """Make a backup of 50 to 100 articles, few since it is restored often."""
        file, articles = self._write_rows(f"{name}.jsonl", min(self._rows, self._rng.randint(50, 100)))
        state, backup = self._folder / name, self._folder / f"{name}.tar"
        self._run_command(["add", "--jsonl", str(file), "--state", str(state)])
        self._run_command(["backup", str(backup), "--state", str(state)])
        if not backup.exists():
            raise click.ClickException(f"There is no backup to restore: {self._problems[-1]}")
        return backup, articles

    def _write_rows(self, name: str, rows: int) -> tuple[Path, list[KnownArticle]]:
        numbers = range(self._number + 1, self._number + rows + 1)
        self._number += rows
        articles = [compose_article(number, None, self._rng, sentences=1) for number in numbers]
        lines = [json.dumps({"text": one.article.text, "title": one.article.title}) for one in articles]
        file = self._folder / name
        file.write_text("\n".join(lines), encoding="utf-8")
        return file, articles
