"""The command `unanswered`: questions that the articles did not answer, and feedback on answers."""

from collections.abc import Iterator
from typing import Any

import click

from cli.runtime import Wiring, command_options, opened_runtime, print_result
from cli.terminal import escape_control_characters, format_moment
from corpus.questions.kept import MAX_KEPT
from web.access.store import LOCAL
from web.routes.questions import questions_json

_LABELS = {"unanswered": "no answer", "up": "thumb up", "down": "thumb down"}


@click.command("unanswered")
@click.option("--feedback", is_flag=True, help="list the feedback on answers, too")
@click.option("--clear", is_flag=True, help="delete all kept questions and feedback instead")
@command_options()
@click.pass_obj
def unanswered(wiring: Wiring, /, feedback: bool, clear: bool, as_json: bool, **flags: Any) -> None:
    """List the questions that a running service could not answer, those that ask about the same together."""
    with opened_runtime(wiring, flags, needs_library=True) as runtime:
        keeper = runtime.services.questions
        if clear:
            keeper.clear()
            runtime.services.access.record(LOCAL, "questions clear")
            click.echo("cleared")
            return
        found = questions_json(keeper, None if feedback else "unanswered", 1, len(_LABELS) * MAX_KEPT)
    lines = [line for group in found["groups"] for line in _lines(group)]
    print_result(found if as_json else escape_control_characters("\n".join(lines) or "There are no such questions."))


def _lines(group: dict[str, Any]) -> Iterator[str]:
    for at, one in enumerate(group["questions"]):
        times = f"{group['times']:>4}" if at == 0 else " " * 4
        label = "answered" if one["answered_since"] is not None else _LABELS[one["kind"]]
        yield f"{times}  {label:<10}  {format_moment(one['asked_at'])}  {one['question']}"
        if one["answer"] is not None:
            yield f"{'':<18}{one['answer']['text']}  ({one['answer']['article']})"
        if one["reason"] is not None:
            yield f"{'':<18}{one['reason']}"
