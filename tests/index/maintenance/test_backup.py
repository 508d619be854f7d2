import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from corpus.article import Article, Block, BlockKind, Draft, Original, article_id
from corpus.errors import ArticleReplaced, Conflict, InvalidInput, NotFound, StorageProblem
from corpus.store.article_store import ArticleStore
from index.maintenance.archive import pack
from index.maintenance.backup import RESTORE_PREFIX, BackupContents, back_up, restore
from index.maintenance.consistency import check, check_state
from index.state_folder import StateFolder
from tests.indexing import Workspace, found, split_lines
from tests.near_duplicates import article_text, framed
from tests.old_stores import write_old_store


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with closing(Workspace.open(tmp_path / "state")) as workspace:
        workspace.add("Ship1 sailed.")
        workspace.add("Ship2 sailed.")
        workspace.update()
        yield workspace


@pytest.fixture
def file(workspace: Workspace, tmp_path: Path) -> Path:
    assert BackupContents(2, 1) == back_up(StateFolder(workspace.folder), tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


def test_what_is_restored_is_whole_and_embeds_nothing_again(file: Path, workspace: Workspace, tmp_path: Path) -> None:
    assert {"state", "backup.tar"} == {path.name for path in tmp_path.iterdir()}
    assert BackupContents(2, 1) == restore(file, StateFolder(tmp_path / "new"))
    assert {path.name for path in (tmp_path / "new").iterdir()} <= {"articles.sqlite", "embeddings.sqlite", "index"}
    assert () == check_state(StateFolder(tmp_path / "new"), split_lines).problems
    with closing(Workspace.open(tmp_path / "new")) as other:
        assert workspace.store.store_id == other.store.store_id
        assert ["Ship1 sailed.", "Ship2 sailed."] == found(other, other.update(), "sailed")
        other.rebuild()
        assert 0 == other.embedder.embedded


def test_a_backup_has_the_structure_and_the_originals_of_articles(workspace: Workspace, tmp_path: Path) -> None:
    original, blocks = Original("tea.md", "text/markdown", b"# Tea"), (Block(0, 3, BlockKind.HEADING, 1, 7),)
    article = Article.from_draft(Draft("Tea", blocks=blocks, original=original))
    workspace.store.put(Article.from_draft(Draft("Coffee")), "file:///tea.md")
    workspace.store.put(article, "file:///tea.md")
    back_up(StateFolder(workspace.folder), tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", StateFolder(tmp_path / "new"))
    with closing(ArticleStore.open(tmp_path / "new" / "articles.sqlite")) as restored:
        assert (blocks, original) == (restored.blocks(article.id), restored.original(article.id))
        with pytest.raises(ArticleReplaced):
            restored.get(article_id("Coffee"))


def test_a_backup_while_articles_come_in_is_of_one_moment(workspace: Workspace, tmp_path: Path) -> None:
    done = threading.Event()

    def add() -> None:
        other = Workspace.open(workspace.folder)
        generation = None
        for number in range(40):
            added = other.add_many(100 + number, 1)
            generation = other.update(generation)
            if number % 4 == 3:
                other.store.delete(added[0].id)
        other.close()
        done.set()

    adding = threading.Thread(target=add)
    adding.start()
    saved = []
    while not done.is_set():
        file = tmp_path / f"{len(saved)}.tar"
        saved.append(back_up(StateFolder(workspace.folder), file))
        assert saved[-1] == restore(file, StateFolder(tmp_path / f"new{len(saved)}"))
        state = check_state(StateFolder(tmp_path / f"new{len(saved)}"), split_lines)
        assert (saved[-1].articles, saved[-1].generation, ()) == (state.articles, state.generation, state.problems)
    adding.join()
    assert len({one.generation for one in saved}) > 1
    assert all(one.note is None for one in saved)


def test_a_damaged_index_is_left_out(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.repository.path(1) / "dead.npy").write_bytes(b"nothing")
    saved = back_up(StateFolder(workspace.folder), tmp_path / "backup.tar")
    assert (2, None) == (saved.articles, saved.generation)
    assert "dead.npy is damaged" in str(saved.note)
    assert BackupContents(2, None) == restore(tmp_path / "backup.tar", StateFolder(tmp_path / "new"))
    with closing(Workspace.open(tmp_path / "new")) as other:
        assert ["Ship1 sailed.", "Ship2 sailed."] == found(other, other.update(), "sailed")


def test_a_damaged_cache_is_left_out(workspace: Workspace, tmp_path: Path) -> None:
    workspace.embeddings.close()
    for path in workspace.folder.glob("embeddings.sqlite*"):
        path.unlink()
    (workspace.folder / "embeddings.sqlite").write_bytes(b"no database" * 500)
    assert BackupContents(2, 1) == back_up(StateFolder(workspace.folder), tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", StateFolder(tmp_path / "new"))
    assert not (tmp_path / "new" / "embeddings.sqlite").exists()


def test_damaged_articles_do_not_replace_a_good_backup(file: Path, workspace: Workspace) -> None:
    before = file.read_bytes()
    with closing(sqlite3.connect(workspace.folder / "articles.sqlite")) as db:
        db.execute("UPDATE articles SET text = 'Another text'")
        db.commit()
    with pytest.raises(StorageProblem, match="is damaged"):
        back_up(StateFolder(workspace.folder), file)
    assert before == file.read_bytes()
    assert ["backup.tar", "state"] == sorted(path.name for path in file.parent.iterdir())


def test_a_folder_without_articles_is_not_backed_up(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        back_up(StateFolder(tmp_path / "nowhere"), tmp_path / "backup.tar")
    assert [] == list(tmp_path.iterdir())


def without_its_end(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_a_bit_flipped(content: bytes) -> bytes:
    place = content.index(b"SQLite format 3") + 5000
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize("damage", [without_its_end, with_a_bit_flipped, lambda content: b"a letter"])
@pytest.mark.parametrize("force", [False, True])
def test_a_damaged_backup_changes_nothing(
    file: Path, workspace: Workspace, tmp_path: Path, damage: Callable[[bytes], bytes], force: bool
) -> None:
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(InvalidInput, match=r"backup\.tar"):
        restore(file, StateFolder(tmp_path / "new"), force)
    assert not (tmp_path / "new").exists()
    workspace.close()
    with pytest.raises(InvalidInput, match=r"backup\.tar"):
        restore(file, StateFolder(workspace.folder), force=True)
    assert () == check_state(StateFolder(workspace.folder), split_lines).problems
    assert [] == list(workspace.folder.glob("restoring-*"))


def packed(store: Path) -> Path:
    with store.open("rb") as source:
        pack(store.with_name("backup.tar"), {"articles.sqlite": source})
    return store.with_name("backup.tar")


@pytest.mark.parametrize("of_citeline", [True, False])
def test_a_store_with_other_tables_is_refused(tmp_path: Path, of_citeline: bool) -> None:
    if of_citeline:
        ArticleStore.open(tmp_path / "articles.sqlite").close()
    with closing(sqlite3.connect(tmp_path / "articles.sqlite")) as db:
        db.execute("CREATE TABLE letters (letter)")
    with pytest.raises(InvalidInput, match="other tables" if of_citeline else "another program"):
        restore(packed(tmp_path / "articles.sqlite"), StateFolder(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_backup_of_before_there_were_clusters_is_restored_with_them(tmp_path: Path) -> None:
    texts = [article_text(1), framed(article_text(1))]
    write_old_store(tmp_path / "articles.sqlite", *texts)
    assert BackupContents(2, None) == restore(packed(tmp_path / "articles.sqlite"), StateFolder(tmp_path / "new"))
    with closing(ArticleStore.open(StateFolder(tmp_path / "new").articles)) as store:
        assert texts == [kept.text for kept in store.by_cluster(article_id(texts[0])).values()]


def test_an_archive_without_articles_is_refused(tmp_path: Path) -> None:
    pack(tmp_path / "backup.tar", {})
    with pytest.raises(InvalidInput, match="no articles"):
        restore(tmp_path / "backup.tar", StateFolder(tmp_path / "new"))


def test_articles_that_are_there_are_replaced_by_force_alone(file: Path, workspace: Workspace) -> None:
    state = StateFolder(workspace.folder)
    workspace.add("Ship3 sailed.")
    workspace.update()
    with pytest.raises(Conflict, match="has 3 articles already"):
        restore(file, state)
    with pytest.raises(Conflict, match="is in use"):
        restore(file, state, force=True)
    report = check(workspace.store, workspace.repository, split_lines)
    assert (3, 0, ()) == (report.articles, report.pending, report.problems)
    workspace.close()
    assert BackupContents(2, 1) == restore(file, state, force=True)
    report = check_state(state, split_lines)
    assert (2, 1, 0, ()) == (report.articles, report.generation, report.pending, report.problems)
    with closing(Workspace.open(workspace.folder)) as other:
        other.add("Ship4 sailed.")  # gets the number that Ship3 had
        assert ["Ship1 sailed.", "Ship2 sailed.", "Ship4 sailed."] == found(other, other.update(), "sailed")
        assert () == check(other.store, other.repository, split_lines).problems


def test_what_a_restore_left_that_was_killed_is_cleared_away(file: Path, tmp_path: Path) -> None:
    left = tmp_path / "new" / f"{RESTORE_PREFIX}killed"
    left.mkdir(parents=True)
    (left / "articles.sqlite").write_bytes(b"half of it")
    restore(file, StateFolder(tmp_path / "new"))
    assert {"articles.sqlite", "embeddings.sqlite", "index"} == {path.name for path in (tmp_path / "new").iterdir()}


def test_two_restores_into_one_folder_do_not_meet(file: Path, tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "new")
    state.index.mkdir(parents=True)
    with FileLock(state.index / "restore.lock"), pytest.raises(Conflict, match="Another backup is being restored"):
        restore(file, state)
    assert not state.articles.exists()
    assert BackupContents(2, 1) == restore(file, state)
