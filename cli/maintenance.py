"""The commands that check, back up and restore a state folder."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cli.progress import progress_bar
from cli.runtime import Wiring, command_options, load_settings, opened_runtime, print_result
from cli.terminal import escape_control_characters, format_status
from corpus.errors import CorruptIndex, InvalidInput
from index.maintenance.backup import BackupContents, back_up, restore
from index.maintenance.consistency import check_state
from index.maintenance.rotation import back_up_into
from index.state_folder import StateFolder
from web.access.store import LOCAL
from web.serialization import index_json

_REMEDY = (
    "`python app.py rebuild` repairs the index from the articles. For damage in the article store, restore a backup "
    "with `python app.py restore`, or delete the article and add it again."
)


@click.command("check")
@command_options()
@click.pass_obj
def check(wiring: Wiring, /, as_json: bool, **flags: Any) -> None:
    """Compare the index with the articles, sentence by sentence."""
    found = check_state(StateFolder(load_settings(flags, needs_library=True).state), wiring.split)
    if as_json:
        print_result(asdict(found))
    else:
        rows = [
            f"{'index files' if name == 'files' else name:<11} {value}"
            for name, value in asdict(found).items()
            if name != "problems"
        ]
        problems = [escape_control_characters(f"{'problem':<11} {line}") for line in found.problems]
        print_result("\n".join([*rows, *(problems or ["The index and the articles agree."])]))
    if count := len(found.problems):
        raise CorruptIndex(f"{count} {'problem was' if count == 1 else 'problems were'} found. {_REMEDY}")


@click.command("rollback")
@command_options()
@click.pass_obj
def rollback(wiring: Wiring, /, as_json: bool, **flags: Any) -> None:
    """Go back to the previous generation of the index."""
    with opened_runtime(wiring, flags, needs_library=True) as runtime:
        with progress_bar() as report:
            runtime.services.indexer.roll_back(report)
        runtime.services.access.record(LOCAL, "rollback")
        state = index_json(runtime.services)
    print_result(state if as_json else format_status(state))


@click.command("backup")
@click.argument("target", metavar="FILE_OR_FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--keep",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="name a new file in a folder by the time, and delete all but the N newest backups of this library there",
)
@command_options()
def backup(target: Path, keep: int | None, as_json: bool, **flags: Any) -> None:
    """Write the articles and the index into one file, also while a service uses them."""
    state = StateFolder(load_settings(flags, needs_library=True).state)
    if keep is None:
        if target.is_dir():
            raise InvalidInput(f"{target} is a folder. Name a file, or say with --keep how many backups it keeps.")
        saved = back_up(state, target)
        print_result(asdict(saved) if as_json else _format_saved("Backed up", saved))
        return
    written = back_up_into(state, target, keep, datetime.now(UTC))
    if as_json:
        deleted = [str(path) for path in written.deleted]
        print_result({**asdict(written.contents), "file": str(written.file), "deleted": deleted})
    else:
        lines = [_format_saved(f"{written.file}: backed up", written.contents)]
        print_result("\n".join([*lines, *(f"{path}: deleted" for path in written.deleted)]))


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="replace the articles that are there")
@command_options()
def restore_command(file: Path, force: bool, as_json: bool, **flags: Any) -> None:
    """Restore a backup into a state folder without articles."""
    saved = restore(file, StateFolder(load_settings(flags).state), force)
    print_result(asdict(saved) if as_json else _format_saved("Restored", saved))


def _format_saved(action: str, saved: BackupContents) -> str:
    index = "without an index" if saved.generation is None else f"with generation {saved.generation} of the index"
    return f"{action} {saved.articles} articles, {index}.{'' if saved.note is None else f' {saved.note}'}"
