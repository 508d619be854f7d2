"""Kills `restore` and `add --jsonl` in the middle, and looks whether all of it is there, or nothing."""

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
from eval.survival.kills import checked
from eval.survival.ledger import Known, compose
from index.maintenance.backup import WORKPLACE
from index.state_folder import StateFolder

_GLANCE = 0.002
_LONGEST = 600.0  # seconds that a command may take


@dataclass(slots=True)
class Interruptions:
    """What happened: kills, how many of them hit the command at its work, and what was wrong after them."""

    restores: int = 0
    restores_hit: int = 0
    loads: int = 0
    loads_hit: int = 0
    loads_partly: int = 0
    rows: int = 0
    problems: tuple[str, ...] = ()


class Commands:
    """Folders with articles, and commands that are killed while they work on them."""

    def __init__(self, folder: Path, seed: int, rows: int, flags: Sequence[str] = ()) -> None:
        self._folder = folder
        self._articles = folder / "articles"
        self._articles.mkdir(parents=True, exist_ok=True)
        self._rng = random.Random(seed)
        self._rows = rows
        self._flags = flags
        self._number = 0
        self._problems: list[str] = []

    def run(self, times: int, report: Callable[[int], None] = lambda kills: None) -> Interruptions:
        """Kill each of the two commands so many times, and return what happened."""
        tally = Interruptions()
        self._restores(times, tally, report)
        self._loads(times, tally, report)
        tally.problems = tuple(self._problems)
        return tally

    def _restores(self, times: int, tally: Interruptions, report: Callable[[int], None]) -> None:
        state = self._folder / "restored"
        backups = [self._backup(f"backup{number}") for number in range(2)]
        span, before = 1.0, set[str]()
        for turn in range(times):
            file, articles = backups[turn % 2]
            command = ["restore", str(file), "--state", str(state), "--force"]
            hit, _ = self._killed(command, lambda: any(state.glob(f"{WORKPLACE}*")), span)
            tally.restores_hit += hit
            self._look_at_restored(state, before, articles)
            span = max(0.1, 0.7 * self._completed(command))  # the rest of it is Python's start
            before = {one.id for one in articles}
            self._compare(state, before, "a restore")
            self._problems += [f"A restore left {path.name} behind." for path in state.glob(f"{WORKPLACE}*")]
            self._problems += checked(state)
            tally.restores += 1
            report(tally.restores)

    def _look_at_restored(self, state: Path, before: set[str], articles: Sequence[Known]) -> None:
        """Look whether a restore that was killed left the former articles or the new ones."""
        kept = self._kept(state)
        whole = {one.id for one in articles}
        if kept not in (before, whole):
            self._problems.append(f"A restore that was killed left {len(kept)} articles, neither those before nor its.")
        self._take_up(state, articles if kept == whole else [])

    def _loads(self, times: int, tally: Interruptions, report: Callable[[int], None]) -> None:
        state, span = self._folder / "loaded", 1.0
        before = set[str]()
        for turn in range(times):
            file, articles = self._file(f"rows{turn}.jsonl", self._rows)
            command = ["add", "--jsonl", str(file), "--state", str(state)]
            with closing(ArticleStore.open(StateFolder(state).articles)) as store:
                hit, after = self._killed(command, partial(_has_more, store, len(before)), span)
            tally.loads_hit += hit
            tally.loads_partly += self._look_at_loaded(self._kept(state) - before, articles)
            span = max(0.1, self._completed(command) - after)
            before |= {one.id for one in articles}
            self._compare(state, before, "a load that went on")
            self._take_up(state, articles)
            tally.loads += 1
            tally.rows = len(before)
            report(times + tally.loads)

    def _look_at_loaded(self, fresh: set[str], articles: Sequence[Known]) -> bool:
        """Look whether a load that was killed left whole batches; return whether these are some, but not all."""
        count = len(fresh)
        if fresh != {one.id for one in articles[:count]} or (count % BATCH_ROWS and count < len(articles)):
            self._problems.append(f"A load that was killed left {count} rows, which are no whole batches.")
        return 0 < count < len(articles)

    def _compare(self, state: Path, wanted: set[str], after: str) -> None:
        kept = self._kept(state)
        if kept != wanted:
            lost = len(wanted - kept)
            self._problems.append(f"After {after}, {lost} articles are missing, {len(kept - wanted)} are too many.")

    def _completed(self, command: Sequence[str]) -> float:
        """Run a command to its end, and return how many seconds it took."""
        begun = time.perf_counter()
        self._finished(command)
        return time.perf_counter() - begun

    def _killed(self, command: Sequence[str], begun: Callable[[], bool], span: float) -> tuple[bool, float]:
        """Kill a command at a random moment of the span after it begins to work.

        Return whether that found it at work, and after how many seconds it had begun.
        """
        started = time.perf_counter()
        process = self._start(command)
        try:
            while process.poll() is None and not begun():
                time.sleep(_GLANCE)
            after = time.perf_counter() - started
            time.sleep(self._rng.uniform(0, span))
        finally:
            process.kill()
            told, _ = process.communicate()
        if process.returncode > 0:
            self._problems.append(f"{command[0]} failed: {told.strip()}")
        return process.returncode < 0, after

    def _finished(self, command: Sequence[str]) -> str:
        process = self._start(command)
        try:
            told, _ = process.communicate(timeout=_LONGEST)
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            self._problems.append(f"{command[0]} failed: {told.strip()}")
        return told

    def _start(self, command: Sequence[str]) -> "subprocess.Popen[str]":
        arguments = [sys.executable, str(ROOT / "app.py"), *command, "--models", str(MODELS), *self._flags]
        arguments += ["--articles", str(self._articles)]
        return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def _take_up(self, state: Path, articles: Sequence[Known]) -> None:
        """Have the index follow, as the next command does, and look whether it finds an article."""
        known = self._rng.choice(articles) if articles else None
        told = self._finished(["ask", "When?" if known is None else known.question, "--json", "--state", str(state)])
        if known is not None and known.id not in told:
            self._problems.append(f"The article {known.id} is not found by {known.question!r}: {told}")
        self._problems += checked(state)

    def _kept(self, state: Path) -> set[str]:
        """Return the ids of the articles that a folder has, all of which are read and compared with their ids."""
        if not StateFolder(state).articles.exists():
            return set()
        try:
            with closing(ArticleStore.open(StateFolder(state).articles)) as store:
                return {article.id for article, _ in store.each()}
        except CitelineError as error:
            self._problems.append(str(error))
            return set()

    def _backup(self, name: str) -> tuple[Path, list[Known]]:
        """Make a backup of some articles; there are at most a hundred, since it is restored again and again."""
        file, articles = self._file(f"{name}.jsonl", min(self._rows, self._rng.randint(50, 100)))
        state, backup = self._folder / name, self._folder / f"{name}.tar"
        self._finished(["add", "--jsonl", str(file), "--state", str(state)])
        self._finished(["backup", str(backup), "--state", str(state)])
        if not backup.exists():
            raise click.ClickException(f"There is no backup to restore: {self._problems[-1]}")
        return backup, articles

    def _file(self, name: str, rows: int) -> tuple[Path, list[Known]]:
        articles = [self._article() for _ in range(rows)]
        lines = [json.dumps({"text": one.article.text, "title": one.article.title}) for one in articles]
        file = self._folder / name
        file.write_text("\n".join(lines), encoding="utf-8")
        return file, articles

    def _article(self) -> Known:
        self._number += 1
        return compose(self._number, None, self._rng, sentences=1)


def _has_more(store: ArticleStore, count: int) -> bool:
    return store.count() > count
