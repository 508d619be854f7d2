"""How replies, outcomes and progress look in a terminal."""

import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import click
from tqdm import tqdm

from corpus.ingest.folder import describe_ignored
from corpus.ingest.sources import advice_on
from corpus.ingest.writer import Outcome
from index.generations.builder import Progress
from qa.types import Answer, Closest, Quote, Reply

_WIDTH = 100
_INDENT = "  "
_NAMED = 5  # copies, before the rest is only counted; as on the page
_OF_FOLDER = ("folder", "file")  # kinds of failures
_LEVELS = ((0.9, "sure"), (0.7, "fairly sure"), (0.5, "not so sure"), (0.0, "a guess"))  # those of the page
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def plain(text: str) -> str:
    """Return text without what a terminal would take for commands: names of files may hold anything."""
    return "".join(_shown(character) for character in text)


def reply(found: Reply) -> str:
    """Return a reply as text, styled for a terminal; a hint alone where there is nothing else to say."""
    if found.answered:
        return "\n\n".join(_answer(answer) for answer in found.answers)
    if found.hint is not None and not found.closest:
        return found.hint
    lines = [click.style("The articles don't say.", bold=True)]
    if found.hint is not None:
        lines.append(found.hint)
    if found.closest:
        lines += ["", "The closest sentences, so that you can judge:"]
    return "\n".join(lines + [_closest(closest) for closest in found.closest])


def sureness(confidence: float) -> str:
    """Return a probability in words, the same as on the page."""
    return next(words for least, words in _LEVELS if confidence >= least)


def outcome(found: Outcome) -> str:
    """Return what became of a file as a line."""
    if found.article is not None:
        line = plain(f"{found.state:<9}  {found.article.id}  {found.article.title}")
        return line if found.problem is None else f"{line}\n{' ' * 11}{plain(found.problem)}"
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


def day(published: str) -> str:
    """Return a date, or the day here of a date-time, as people write it, and as the page does: January 13, 2022."""
    try:
        return _day(date.fromisoformat(published))
    except ValueError:
        return _day(_here(published))


def moment(iso: str) -> str:
    """Return a date-time as the clock here shows it, to the minute: January 13, 2022, 09:05."""
    here = _here(iso)
    return f"{_day(here)}, {here:%H:%M}"


def _here(iso: str) -> datetime:
    when = datetime.fromisoformat(iso)
    try:
        return when.astimezone()
    except (OverflowError, OSError):  # at an end of the calendar, where there is no other zone
        return when


def _day(when: date) -> str:
    return f"{_MONTHS[when.month - 1]} {when.day}, {when.year}"  # not %B, which goes by the locale


def state(index: dict[str, Any]) -> str:
    """Return the state of the index as text."""
    names = ("generation", "articles", "sentences", "pending", "model")
    rows = [f"{name:<11} {'none yet' if index[name] is None else index[name]}" for name in names]
    rows.append(f"{'built_at':<11} {'none yet' if index['built_at'] is None else moment(index['built_at'])}")
    if index["problem"] is not None:
        rows.append(f"{'problem':<11} {index['problem']}")
    rows += [plain(f"{'source':<11} {_source(each)}") for each in index["sources"] if _is_used(each)]
    failures = [failure for each in index["sources"] for failure in each["failures"]]
    files = [failure for failure in failures if failure["kind"] in _OF_FOLDER]
    # Of the files, all are told, not only the first.
    rest = index["files"][len(files) :] if files else []
    more = [{**files[-1], **file, "advice": advice_on(file["name"])} for file in rest]
    others = failures[len(files) :]  # the folder is the first of the sources
    rows += map(plain, _failures([*files, *more, *others]))
    return "\n".join(rows)


def _is_used(source: dict[str, Any]) -> bool:
    return source["kind"] == "folder" or any(source[name] for name in ("articles", "waiting", "failed"))


def _source(source: dict[str, Any]) -> str:
    """Return a source as a line: what there is none of goes without saying."""
    count = source["articles"]
    told = [f"{count} {'article' if count == 1 else 'articles'}"]
    words = {"pending": "to be indexed", "waiting": "to be fetched", "failed": "failed"}
    told += [f"{source[name]} {said}" for name, said in words.items() if source[name]]
    ignored = f"; {describe_ignored(source['ignored'])}" if source["ignored"] else ""
    return f"{source['name']}: {', '.join(told)}{ignored}"


def _failures(failures: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each thing that failed, and what to do below those that have it in common."""
    for advice in dict.fromkeys(failure["advice"] for failure in failures):
        for failure in failures:
            if failure["advice"] == advice:
                name = "unreadable" if failure["kind"] in _OF_FOLDER else "failed"
                again = "" if failure["again_at"] is None else f" Next at {moment(failure['again_at'])}."
                yield f"{name:<11} {_problem(failure['name'], failure['problem'])}{again}"
        yield f"{'':<11} {advice}"


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


@contextmanager
def counter(stage: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Yield what shows how many bytes ("B") or things are done, of how many if known, on standard error."""
    divisor = 1024 if unit == "B" else 1000
    bar: tqdm[Any] = tqdm(
        total=total, desc=stage, unit=unit, unit_scale=True, unit_divisor=divisor, delay=0.5, leave=False, disable=None
    )

    def show(done: int) -> None:
        bar.update(done - bar.n)

    with bar:
        yield show


def beside(line: str) -> None:
    """Print a line on standard error that leaves a bar whole."""
    tqdm.write(line, file=sys.stderr)


def _problem(name: str, problem: str | None) -> str:
    """Return what is wrong with what, naming it once."""
    if problem is None:
        return name
    return problem if name in problem else f"{name}: {problem}"


def _answer(answer: Answer) -> str:
    words = "" if answer.span == answer.sentence else f"{click.style(_line(answer.span.text), bold=True)}\n"
    return f"{words}{_marked(answer.sentence, answer.span)}\n{_where(answer)}{_also(answer)}"


def _marked(sentence: Quote, span: Quote) -> str:
    """Return a sentence in lines, with the span in it marked."""
    text = _line(sentence.text)
    start = len(_line(f"{sentence.text[: span.start - sentence.start]}|")) - 1
    end = start + len(_line(span.text))
    lines, at = [], 0
    for line in _wrapped(text):
        at = text.index(line, at)
        low, high = (min(max(place - at, 0), len(line)) for place in (start, end))
        marked = click.style(line[low:high], bold=True, underline=True, fg="yellow") if low < high else ""
        lines.append(f"{_INDENT}{line[:low]}{marked}{line[high:]}")
        at += len(line)
    return "\n".join(lines)


def _where(answer: Answer) -> str:
    article = answer.span.article
    published = None if article.published is None else day(article.published)
    parts = [article.title, published, article.source, article.url, sureness(answer.confidence)]
    return click.style("    " + " · ".join(part for part in parts if part is not None), dim=True)


def _also(answer: Answer) -> str:
    """Return a line that names other articles that say it, if there are any."""
    names = [_line(article.source or article.title) for article in answer.also]
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return "\n" + click.style(f"    also in: {', '.join(names[:_NAMED])}{more}", dim=True)


def _closest(closest: Closest) -> str:
    lines = [f"{_INDENT}{line}" for line in _wrapped(_line(closest.sentence.text))]
    return "\n".join([*lines, click.style(f"    {closest.sentence.article.title}", dim=True)])


def _shown(character: str) -> str:
    if character in "\t\n" or unicodedata.category(character) != "Cc":
        return character
    return f"\\x{ord(character):02x}"


def _line(text: str) -> str:
    return " ".join(text.split())


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, _WIDTH - len(_INDENT))
