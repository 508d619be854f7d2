"""Commands that look after the state folder."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from cli import commands, terminal
from corpus.errors import CorruptIndex
from index.maintenance.backup import Saved, back_up, restore
from index.maintenance.consistency import Findings, check_state
from index.search.indexed_sentences import Splitter
from index.state_folder import StateFolder
from web.status import index_json

_REMEDY = (
    "What is wrong with the index, `python app.py rebuild` mends: it makes it anew from the articles. What is damaged "
    "in the article store, `python app.py restore` brings back from a backup, or delete the article and add it again."
)


def upkeep_commands(opening: commands.Opening, split: Splitter) -> list[click.Command]:
    """Return the commands; `opening` wires the parts by the settings, `split` is what articles are indexed with."""
    return [_check(split), _rollback(opening), _backup(), _restore()]


def _check(split: Splitter) -> click.Command:
    @click.command("check")
    @commands.json_option
    @commands.setting_options()
    def check(as_json: bool, **given: Any) -> None:
        """Compare the index with the articles, sentence by sentence."""
        found = check_state(StateFolder(commands.begin(given, reads=True).state), split)
        commands.show(asdict(found) if as_json else _findings(found))
        if found.problems:
            count = len(found.problems)
            said = "1 thing is not as it should be." if count == 1 else f"{count} things are not as they should be."
            raise CorruptIndex(f"{said} {_REMEDY}")

    return check


def _rollback(opening: commands.Opening) -> click.Command:
    @click.command("rollback")
    @commands.json_option
    @commands.setting_options()
    def rollback(as_json: bool, **given: Any) -> None:
        """Go back to the generation of the index before the current one."""
        with commands.opened(opening, given, reads=True) as parts:
            with terminal.progress_bar() as report:
                parts.services.indexer.roll_back(report)
            state = index_json(parts.services)
        commands.show(state if as_json else terminal.state(state))

    return rollback


def _backup() -> click.Command:
    @click.command("backup")
    @click.argument("file", type=click.Path(path_type=Path))
    @commands.json_option
    @commands.setting_options()
    def backup(file: Path, as_json: bool, **given: Any) -> None:
        """Write articles and index into one file, also while a service uses them."""
        saved = back_up(StateFolder(commands.begin(given, reads=True).state), file)
        commands.show(asdict(saved) if as_json else _saved("Backed up", saved))

    return backup


def _restore() -> click.Command:
    @click.command("restore")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--force", is_flag=True, help="replace the articles that are there")
    @commands.json_option
    @commands.setting_options()
    def restore_command(file: Path, force: bool, as_json: bool, **given: Any) -> None:
        """Put a backup into a state folder without articles."""
        saved = restore(file, StateFolder(commands.begin(given).state), force)
        commands.show(asdict(saved) if as_json else _saved("Restored", saved))

    return restore_command


def _saved(done: str, saved: Saved) -> str:
    index = "without an index" if saved.generation is None else f"with generation {saved.generation} of the index"
    return f"{done} {saved.articles} articles, {index}.{'' if saved.note is None else f' {saved.note}'}"


def _findings(found: Findings) -> str:
    rows = [f"{name:<11} {value}" for name, value in asdict(found).items() if name != "problems"]
    told = [terminal.plain(f"{'problem':<11} {line}") for line in found.problems]
    return "\n".join([*rows, *(told or ["The index and the articles agree."])])
