"""How replies, outcomes and progress look in a terminal."""

import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from tqdm import tqdm

from corpus.library import Outcome
from index.builder import Progress
from qa.types import Answer, Closest, Reply

_WIDTH = 100


def plain(text: str) -> str:
    """Return text without what a terminal would take for commands: names of files may hold anything."""
    return "".join(_shown(character) for character in text)


def reply(found: Reply) -> str:
    """Return a reply as text."""
    if found.hint is not None:
        return found.hint
    if found.answered:
        return "\n\n".join(_answer(answer) for answer in found.answers)
    lines = [click.style("The articles don't say.", bold=True)]
    if found.closest:
        lines += ["", "The closest sentences, so that you can judge:"]
    return "\n".join(lines + [_closest(closest) for closest in found.closest])


def outcome(found: Outcome) -> str:
    """Return what became of a file as a line."""
    if found.article is not None:
        return plain(f"{found.state:<9}  {found.article.id}  {found.article.title}")
    return plain(f"{found.state:<9}  {_problem(found.name, found.problem)}")


def outcome_json(found: Outcome) -> dict[str, Any]:
    """Return what became of a file as JSON."""
    article = found.article
    return {
        "name": found.name,
        "state": found.state,
        "id": None if article is None else article.id,
        "title": None if article is None else article.title,
        "problem": found.problem,
    }


def state(index: dict[str, Any]) -> str:
    """Return the state of the index as text."""
    rows = [
        f"{name:<11} {index[name]}" for name in ("generation", "articles", "sentences", "pending", "model", "built_at")
    ]
    if index["problem"] is not None:
        rows.append(f"{'problem':<11} {index['problem']}")
    rows += [plain(f"{'unreadable':<11} {_problem(file['name'], file['problem'])}") for file in index["files"]]
    return "\n".join(rows)


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Yield what shows a build's progress on standard error, with speed and time left; short work shows nothing."""
    bar: tqdm[Any] | None = None

    def show(progress: Progress) -> None:
        nonlocal bar
        if bar is None or bar.desc != progress.stage:
            if bar is not None:
                bar.close()
            # disable=None: nothing where standard error is no terminal
            bar = tqdm(total=progress.total, desc=progress.stage, delay=0.5, leave=False, disable=None)
            bar.desc = progress.stage  # a bar that is not shown knows no description
        bar.total = progress.total
        bar.update(progress.done - bar.n)

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()


def _problem(name: str, problem: str | None) -> str:
    """Return what is wrong with what, naming it once."""
    if problem is None:
        return name
    return problem if name in problem else f"{name}: {problem}"


def _answer(answer: Answer) -> str:
    before, words, after = _parts(answer)
    quoted = f"{before}{click.style(words, bold=True, fg='yellow')}{after}"
    words_first = "" if answer.span == answer.sentence else f"{click.style(words, bold=True)}\n"
    return f"{words_first}{_indented(quoted)}\n{_where(answer)}"


def _parts(answer: Answer) -> tuple[str, str, str]:
    sentence, span = answer.sentence, answer.span
    text = sentence.text
    return text[: span.start - sentence.start], span.text, text[span.end - sentence.start :]


def _where(answer: Answer) -> str:
    article = answer.span.article
    parts = [article.title, article.published, article.source, article.url, f"{answer.confidence:.0%} sure"]
    return click.style("    " + " · ".join(part for part in parts if part is not None), dim=True)


def _closest(closest: Closest) -> str:
    article = closest.sentence.article
    return f"{_indented(closest.sentence.text)}\n{click.style(f'    {article.title}', dim=True)}"


def _shown(character: str) -> str:
    if character in "\t\n" or unicodedata.category(character) != "Cc":
        return character
    return f"\\x{ord(character):02x}"


def _indented(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH, initial_indent="  ", subsequent_indent="  ")
