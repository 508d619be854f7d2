"""The commands `tokens ...` and `audit`."""

from contextlib import closing
from dataclasses import asdict
from typing import Any

import click

from cli.runtime import command_options, load_settings, print_result
from cli.terminal import escape_control_characters
from index.state_folder import StateFolder
from web.access.rights import GRANTED, Right
from web.access.store import LOCAL, MAX_AUDIT_ENTRIES, AccessStore


@click.group("tokens")
def tokens() -> None:
    """Make, list and withdraw tokens. A running service follows at once."""


@tokens.command("add")
@click.argument("name")
@click.option(
    "--rights",
    type=click.Choice(GRANTED),
    default=Right.READ.label,
    show_default=True,
    help="what it allows; each includes those before",
)
@command_options()
def add(name: str, rights: str, as_json: bool, **flags: Any) -> None:
    """Make a token, and print it this once: only its hash is kept."""
    with closing(_open(flags)) as store:
        token = store.add_token(name, Right[rights.upper()])
        store.record(LOCAL, "token add", name)
    print_result({"name": name, "right": rights, "token": token} if as_json else token)


@tokens.command("list")
@command_options()
def list_(as_json: bool, **flags: Any) -> None:
    """Show the tokens by name: their rights, and when they were made."""
    with closing(_open(flags)) as store:
        found = store.tokens()
    rows = [{"name": one.name, "right": one.right.label, "created_at": one.created_at} for one in found]
    lines = [f"{one.name:<24}  {one.right.label:<5}  {one.created_at[:10]}" for one in found]
    print_result(rows if as_json else "\n".join(lines) or "There are no tokens.")


@tokens.command("remove")
@click.argument("name")
@command_options(as_json=False)
def remove(name: str, **flags: Any) -> None:
    """Withdraw a token."""
    with closing(_open(flags)) as store:
        store.remove_token(name)
        store.record(LOCAL, "token remove", name)
    click.echo(escape_control_characters(f"removed    {name}"))


@click.command("audit")
@click.option(
    "--limit", type=click.IntRange(1, MAX_AUDIT_ENTRIES), default=100, show_default=True, help="number of entries"
)
@command_options()
def audit(limit: int, as_json: bool, **flags: Any) -> None:
    """Show the changes that were made by people and programs: when, by whom, what, newest first."""
    with closing(_open(flags)) as store:
        entries = store.entries(limit)
    lines = [f"{one.at[:19]}Z  {one.who:<16}  {one.action:<12}  {one.target or ''}".rstrip() for one in entries]
    text = "\n".join(lines) or "No changes are recorded."
    print_result([asdict(one) for one in entries] if as_json else escape_control_characters(text))


def _open(flags: dict[str, Any]) -> AccessStore:
    return AccessStore(StateFolder(load_settings(flags).state).access)
