"""Backs up a state folder while it is in use, and restores backups."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from filelock import FileLock, Timeout

from corpus.errors import CitelineError, Conflict, CorruptIndex, InvalidInput, NotFound, OtherVersion, StorageProblem
from corpus.store.article_store import ArticleStore
from corpus.store.database import copy_database, has_schema, open_exclusively, replace_contents
from corpus.store.schema import SCHEMA
from index.embedding.cache import SCHEMA as CACHE_SCHEMA
from index.embedding.cache import open_cache
from index.generations.generation import Generation
from index.generations.manifest import MANIFEST, GenerationManifest, compare_files
from index.generations.repository import GenerationRepository
from index.maintenance.archive import pack, unpack
from index.state_folder import StateFolder

_OF_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}  # problems of the disk, not of the backup
RESTORE_PREFIX = "restoring-"  # of the folder that a restore unpacks into
_ARTICLES_AT_ONCE = 200
_LOCK_SECONDS = 10.0  # that a restore waits for a build to end


@dataclass(frozen=True, slots=True)
class BackupContents:
    """How many articles a backup holds, and which generation; `note` says why a generation is left out."""

    articles: int
    generation: int | None
    note: str | None = None


def back_up(state: StateFolder, file: Path) -> BackupContents:
    """Write the articles, the current generation and the embedding cache into one archive, while they are in use.

    A damaged generation is left out: it is made again from the articles. Damaged articles are not backed up, lest they
    replace a good backup. Raises NotFound where there is no article store, InvalidInput where the file can't be a
    backup, StorageProblem where the articles are damaged or the disk refuses.
    """
    if not state.articles.exists():
        raise NotFound(f"There is no article store in {state.folder}.")
    if not file.parent.is_dir():
        raise InvalidInput(f"There is no folder {file.parent} to write a backup to.")
    with ExitStack() as held:
        members: dict[str, BufferedReader] = {}
        manifest, note = None, None
        try:  # before the articles: the store has what a generation was made of
            manifest = _open_current_files(GenerationRepository(state.index), held, members)
        except (CorruptIndex, OtherVersion) as error:
            note = f"The index is left out: it is made again from the articles. {error}"
        folder = Path(held.enter_context(_temporary_folder(file.parent, f".{file.name}.")))
        with closing(ArticleStore.open(state.articles)) as store:
            copy_database(store.database, folder / state.articles.name)
        articles = _count_articles(folder / state.articles.name)
        if state.embeddings.exists():
            _copy_cache(state.embeddings, folder)
        for path in (folder / state.articles.name, folder / state.embeddings.name):
            if path.exists():
                members[path.name] = held.enter_context(path.open("rb"))
        pack(file, members)
    return BackupContents(articles, None if manifest is None else manifest.generation, note)


def restore(file: Path, state: StateFolder, force: bool = False) -> BackupContents:
    """Replace the content of a state folder by a backup's, once all of the backup is checked.

    Raises Conflict where the folder has articles already (unless `force`) or a service uses it, InvalidInput for
    anything but a complete backup, OtherVersion, StorageProblem.
    """
    _raise_if_filled(state, force)
    new = not state.folder.exists()
    try:
        with _restore_lock(state), _temporary_folder(state.folder, RESTORE_PREFIX) as folder:
            unpack(file, folder)
            contents = _check(file, StateFolder(folder), GenerationRepository(folder / "index"))
            with _wrapped(state.folder):
                _replace_state(StateFolder(folder), state, contents, force)
        return contents
    except BaseException:
        if new and not state.articles.exists():
            shutil.rmtree(state.folder, ignore_errors=True)
        raise


def _open_current_files(
    repository: GenerationRepository, held: ExitStack, members: dict[str, BufferedReader]
) -> GenerationManifest | None:
    """Open all files of the current generation, so that they stay readable when it is removed."""
    while (number := repository.current()) is not None:
        folder = repository.path(number)
        with ExitStack() as opened:
            try:
                manifest = GenerationManifest.read(folder)
                found = {f"index/{name}": opened.enter_context((folder / name).open("rb")) for name in manifest.files}
                found[f"index/{MANIFEST}"] = opened.enter_context((folder / MANIFEST).open("rb"))
                _, problems = compare_files(folder, manifest, {})
                if problems:
                    raise CorruptIndex(problems[0])
            except (CorruptIndex, OSError) as error:
                if repository.current() != number:
                    continue  # another one was published, and this one removed
                raise error if isinstance(error, CorruptIndex) else CorruptIndex(str(error)) from error
            members |= found
            held.push(opened.pop_all())
            return manifest
    return None


def _copy_cache(path: Path, folder: Path) -> None:
    try:
        with closing(open_cache(path)) as cache:
            if not cache.damage():
                copy_database(cache, folder / path.name)
    except (StorageProblem, OtherVersion):
        (folder / path.name).unlink(missing_ok=True)  # it is made again


def _raise_if_filled(state: StateFolder, force: bool) -> None:
    if force or not state.articles.exists():
        return
    try:
        with closing(ArticleStore.open(state.articles)) as store:
            count = store.count()
    except CitelineError as error:
        raise Conflict(f"{error} --force replaces it.") from error
    if count:
        raise Conflict(f"{state.folder} has {count} articles already. --force replaces them by those of the backup.")


def _check(file: Path, state: StateFolder, repository: GenerationRepository) -> BackupContents:
    """Check an unpacked backup: its articles, and its generation; raises InvalidInput, StorageProblem."""
    if not state.articles.exists():
        raise InvalidInput(f"{file} is no backup: it holds no articles.")
    try:
        articles = _count_articles(state.articles)  # which migrates a store of an earlier version
        schemas = {state.articles: SCHEMA, state.embeddings: CACHE_SCHEMA}
        foreign = [path.name for path, schema in schemas.items() if path.exists() and not has_schema(path, schema)]
        if foreign:
            raise InvalidInput(f"{file} can't be restored: {foreign[0]} has other tables than Citeline's.")
    except (OtherVersion, StorageProblem) as error:
        if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF in _OF_DISK:
            raise
        raise InvalidInput(f"{file} can't be restored. {error}") from error
    if not (repository.folder / MANIFEST).exists():
        return BackupContents(articles, None)
    try:
        return BackupContents(articles, Generation.open(repository.folder).number)
    except (CorruptIndex, OtherVersion) as error:
        return BackupContents(articles, None, f"The index is left out: it is made again from the articles. {error}")


def _count_articles(path: Path) -> int:
    """Return how many articles a store has; raises StorageProblem where the store or an article is damaged."""
    with closing(ArticleStore.open(path)) as store:
        damage = store.database.damage()
        if damage:
            raise StorageProblem(f"The article store is damaged: {damage[0]}")
        numbers = store.numbers()
        for start in range(0, len(numbers), _ARTICLES_AT_ONCE):
            store.by_number(numbers[start : start + _ARTICLES_AT_ONCE])
    return len(numbers)


def _replace_state(source: StateFolder, state: StateFolder, contents: BackupContents, force: bool) -> None:
    """Replace the index, the articles and the cache, while nobody else uses the folder.

    A crash in between leaves the former articles or the new ones, without an index, which is made again.
    """
    repository = GenerationRepository(state.index)
    with repository.lock(_LOCK_SECONDS), open_exclusively(state.articles) as db:
        rows = db.execute("SELECT name FROM sqlite_master WHERE name = 'articles'").fetchall()
        if rows and not force and db.execute("SELECT count(*) FROM articles").fetchone()[0]:
            raise Conflict(f"{state.folder} has articles by now. --force replaces them by those of the backup.")
        for number in repository.numbers():
            repository.withdraw(number)
        repository.clear(1)
        replace_contents(db, source.articles)
        for made_again in (state.embeddings, state.suggestions):
            for path in state.folder.glob(f"{made_again.name}*"):  # whoever opens it opens the articles, too
                path.unlink()
        if source.embeddings.exists():
            source.embeddings.rename(state.embeddings)
        if contents.generation is not None:
            repository.publish(source.index, contents.generation)


@contextmanager
def _restore_lock(state: StateFolder) -> Iterator[None]:
    """Exclude other restores into a folder, and remove what killed ones left; raises Conflict, StorageProblem."""
    with _wrapped(state.folder):
        state.index.mkdir(parents=True, exist_ok=True)
        try:
            held = FileLock(state.index / "restore.lock").acquire(timeout=0)
        except Timeout as error:
            raise Conflict(f"Another backup is being restored into {state.folder}.") from error
    try:
        for leftover in state.folder.glob(f"{RESTORE_PREFIX}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield
    finally:
        held.lock.release()


@contextmanager
def _temporary_folder(parent: Path, prefix: str) -> Iterator[Path]:
    with _wrapped(parent):
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _wrapped(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageProblem(f"The folder {folder} can't be written: {error.strerror or error}.") from error
