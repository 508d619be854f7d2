"""Records the replies of a running service, and compares two recordings: which answers does an upgrade change?

`python -m eval.replies record --url http://127.0.0.1:8000 --questions FILE --out BEFORE`, the same after the upgrade,
then `python -m eval.replies compare BEFORE AFTER`.
"""

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
import httpx

from cli.progress import progress_bar
from cli.runner import run
from cli.terminal import escape_control_characters
from corpus.errors import InvalidInput
from eval.datasets import read_lines, read_rows
from eval.report import writing
from index.generations.builder import Progress

TIMEOUT = 60.0  # seconds for one reply
REPLIES = (200, 422)  # 422: a question that the service declines, such as "?"
VOLATILE = ("took_ms", "generation")  # differ from one request, or one start, to the next


class Difference(StrEnum):
    """What is different between two replies to a question: the first of these that applies."""

    NONE = "identical"
    CONFIDENCE = "only confidence differs"
    REFUSED = "answered before, refused after"
    ANSWERED = "refused before, answered after"
    FIRST_ANSWER = "another first answer"
    FURTHER_ANSWERS = "other further answers"
    OTHER = "other sentences, contexts or hints"


Reply = dict[str, Any]
Recording = list[tuple[str, Reply]]
Compared = dict[Difference, list[tuple[str, Reply, Reply]]]


def read_question_list(path: Path) -> list[str]:
    """Read the `question` of every row of JSON Lines (.jsonl, .jsonl.gz), or the lines of any other text file.

    Raises UnreadableDocument.
    """
    if ".jsonl" in path.suffixes:
        return read_rows(path, lambda row: str(row["question"]))
    return read_lines(path)


def ask(client: httpx.Client, question: str) -> Reply:
    """Return the reply of a service without VOLATILE fields, or the problem details where it declines the question.

    Raises ClickException where there is no such service, or it fails.
    """
    try:
        response = client.post("/ask", json={"question": question})
        reply = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise click.ClickException(f"{client.base_url} does not answer as the service does: {error}") from error
    if response.status_code not in REPLIES:
        raise click.ClickException(f"{client.base_url} answers {response.status_code} to {question!r}: {reply}")
    return {name: value for name, value in reply.items() if name not in VOLATILE}


def read_recording(path: Path) -> Recording:
    """Read questions and replies as `record` writes them; raises UnreadableDocument."""
    return read_rows(path, lambda row: (str(row["question"]), dict(row["reply"])))


def difference(before: Reply, after: Reply) -> Difference:
    """Return what is different between two replies to one question."""
    if before == after:
        return Difference.NONE
    if without_confidence(before) == without_confidence(after):
        return Difference.CONFIDENCE
    old, new = _answers(before), _answers(after)
    if bool(old) != bool(new):
        return Difference.REFUSED if old else Difference.ANSWERED
    if old[:1] != new[:1]:
        return Difference.FIRST_ANSWER
    return Difference.OTHER if old == new else Difference.FURTHER_ANSWERS


def without_confidence(value: Any) -> Any:
    """Return JSON without the field `confidence`, wherever it is."""
    if isinstance(value, dict):
        return {name: without_confidence(each) for name, each in value.items() if name != "confidence"}
    return [without_confidence(each) for each in value] if isinstance(value, list) else value


def _answers(reply: Reply) -> list[tuple[str, int, int]]:
    """Return the spans of a reply's answers."""
    return [(one["article"]["id"], one["start"], one["end"]) for one in reply.get("answers", ())]


def compare(before: Recording, after: Recording) -> Compared:
    """Return the questions and both replies by their difference; raises InvalidInput for other questions."""
    if [question for question, _ in before] != [question for question, _ in after]:
        raise InvalidInput("The two recordings are not of the same questions in the same order.")
    found: Compared = {kind: [] for kind in Difference}
    for (question, old), (_, new) in zip(before, after, strict=True):
        found[difference(old, new)].append((question, old, new))
    return found


def report(found: Compared) -> Iterator[str]:
    """Yield lines: the counts, then every question whose replies differ by more than confidence."""
    yield f"{sum(map(len, found.values())):>7,}  questions"
    yield from (f"{len(replies):>7,}  {kind}" for kind, replies in found.items())
    for kind, replies in found.items():
        if replies and kind not in {Difference.NONE, Difference.CONFIDENCE}:
            yield f"\n{kind}:"
            for question, before, after in replies:
                yield f"  {question}\n      before: {_summary(before)}\n      after:  {_summary(after)}"


def _summary(reply: Reply) -> str:
    answers: Sequence[Reply] = reply.get("answers", ())
    if answers:
        return " | ".join(f"{one['text']} ({one['confidence']:.2f})" for one in answers)
    return str(reply.get("hint") or reply.get("detail") or "no answer")


@click.group(help=__doc__)
def main() -> None:
    """Record or compare."""


@main.command()
@click.option("--url", required=True, help="of the running service, such as http://127.0.0.1:8000")
@click.option("--questions", type=click.Path(path_type=Path), required=True, help="JSON Lines, or one question a line")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="file for the replies, as JSON Lines")
def record(url: str, questions: Path, out: Path) -> None:
    """Ask a running service every question of a list, and write the replies."""
    asked = read_question_list(questions)
    with (
        progress_bar() as progress,
        httpx.Client(base_url=url, timeout=TIMEOUT) as client,
    ):
        rows = []
        for done, question in enumerate(asked):
            progress(Progress("questions", done, len(asked)))
            rows.append(json.dumps({"question": question, "reply": ask(client, question)}, ensure_ascii=False))
    with writing(out):  # at the end: a service that fails half-way leaves an earlier recording as it was
        out.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    click.echo(f"{len(asked):,} replies are in {out}.")


@main.command("compare")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
def compare_command(before: Path, after: Path) -> None:
    """Count how two recordings differ, and list the questions that are answered otherwise."""
    found = compare(read_recording(before), read_recording(after))
    click.echo(escape_control_characters("\n".join(report(found))))


if __name__ == "__main__":
    run(main)
