import hashlib
import json
import tarfile
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pytest

from corpus.errors import InvalidInput, OtherVersion, StorageProblem
from index.maintenance.archive import CONTENTS, pack, unpack

FILES = {"articles.sqlite": b"articles" * 500, "index/manifest.json": b"{}", "index/keywords/.managed.json": b""}


def packed(tmp_path: Path) -> Path:
    with ExitStack() as held:
        sources = {}
        for name, content in FILES.items():
            path = tmp_path / name.replace("/", "_")
            path.write_bytes(content)
            sources[name] = held.enter_context(path.open("rb"))
            held.callback(path.unlink)
        pack(tmp_path / "backup.tar", sources)
    return tmp_path / "backup.tar"


def member_of(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


def archive(folder: Path, listing: bytes, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """Write an archive with any list of its members, and with any members."""
    with tarfile.open(folder / "made.tar", "w") as tar:
        for member, content in [(member_of(CONTENTS), listing), *members]:
            if member.isreg():
                member.size = len(content)
            tar.addfile(member, BytesIO(content))
    return folder / "made.tar"


def listed(named: dict[str, bytes]) -> bytes:
    files = {name: [len(content), hashlib.sha256(content).hexdigest()] for name, content in named.items()}
    return json.dumps({"format": 1, "files": files}).encode()


def test_what_was_packed_is_unpacked(tmp_path: Path) -> None:
    file = packed(tmp_path)
    assert [file] == list(tmp_path.iterdir())
    assert list(FILES) == unpack(file, tmp_path / "out")
    assert FILES == {name: (tmp_path / "out" / name).read_bytes() for name in FILES}


def test_an_older_backup_is_replaced_and_another_file_is_not(tmp_path: Path) -> None:
    before = packed(tmp_path).read_bytes()
    assert before == packed(tmp_path).read_bytes()
    (tmp_path / "backup.tar").write_text("a letter")
    with pytest.raises(InvalidInput, match="no backup"):
        packed(tmp_path)
    assert "a letter" == (tmp_path / "backup.tar").read_text()


def test_a_folder_that_is_not_there_is_a_storage_problem(tmp_path: Path) -> None:
    with pytest.raises(StorageProblem, match="nowhere"):
        pack(tmp_path / "nowhere" / "backup.tar", {})


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 0.4, 0.6])
def test_a_truncated_archive_is_refused(tmp_path: Path, share: float) -> None:
    file = packed(tmp_path)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InvalidInput, match=r"backup\.tar"):
        unpack(file, tmp_path / "out")


def test_a_flipped_bit_is_noticed_wherever_it_matters(tmp_path: Path) -> None:
    file = packed(tmp_path)
    content = file.read_bytes()
    refused = 0
    for place in range(0, len(content), 97):
        changed = bytearray(content)
        changed[place] ^= 1
        file.write_bytes(changed)
        out = tmp_path / f"out{place}"
        try:
            unpack(file, out)
        except (InvalidInput, OtherVersion):
            refused += 1
        else:  # in the padding between files, which holds nothing
            assert FILES == {name: (out / name).read_bytes() for name in FILES}
    assert refused > 40


@pytest.mark.parametrize("content", [b"", b"a letter " * 500, b"\x1f\x8b" + b"\0" * 900, b"\0" * 10240])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    for path in (tmp_path / "file", tmp_path / "nowhere", tmp_path):
        with pytest.raises(InvalidInput, match=path.name):
            unpack(path, tmp_path / "out")


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "index/../../evil", "index/..", "a\\b", "index/a/b", "", "."])
def test_paths_out_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    file = archive(tmp_path / "in", listed({name: b"evil"}), (member_of(name), b"evil"))
    with pytest.raises(InvalidInput, match="no backup: it names"):
        unpack(file, tmp_path / "out")
    assert [tmp_path / "in"] == list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    member = member_of("articles.sqlite", kind, "/etc/passwd")
    file = archive(tmp_path, listed({"articles.sqlite": b""}), (member, b""))
    with pytest.raises(InvalidInput, match="not as its list says"):
        unpack(file, tmp_path / "out")


MORE: list[Callable[[], list[tuple[tarfile.TarInfo, bytes]]]] = [
    lambda: [(member_of("more"), b"")],
    lambda: [(member_of(name), content) for name, content in [*FILES.items(), *FILES.items()]],
    lambda: [(member_of("articles.sqlite"), b"longer" * 5000)],
    lambda: [(member_of("articles.sqlite"), b"Articles" * 500)],
    lambda: [(member_of(name), FILES[name]) for name in list(FILES)[:2]],
]


@pytest.mark.parametrize("members", MORE, ids=["unlisted", "twice", "longer", "changed", "missing"])
def test_other_files_than_the_list_says_are_refused(
    tmp_path: Path, members: Callable[[], list[tuple[tarfile.TarInfo, bytes]]]
) -> None:
    with pytest.raises(InvalidInput, match=r"made\.tar is"):
        unpack(archive(tmp_path, listed(FILES), *members()), tmp_path / "out")


@pytest.mark.parametrize("listing", [b"{", b"[]", b"{}", b'{"format": 1, "files": {"a": 1}}', b"[" * 50_000])
def test_a_list_that_is_none_is_refused(tmp_path: Path, listing: bytes) -> None:
    with pytest.raises(InvalidInput, match="list of files"):
        unpack(archive(tmp_path, listing), tmp_path / "out")


def test_another_format_is_another_version(tmp_path: Path) -> None:
    with pytest.raises(OtherVersion, match="2, not 1"):
        unpack(archive(tmp_path, b'{"format": 2, "files": {}}'), tmp_path / "out")
