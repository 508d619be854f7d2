import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from corpus.ingest.writer import folder_prefix, origin_of, path_of

NAMES = st.binary(min_size=1, max_size=20).filter(lambda name: b"/" not in name and b"\0" not in name)


@given(NAMES)
def test_every_file_name_survives_as_an_origin(name: bytes) -> None:
    path = Path("/folder") / os.fsdecode(name)
    assert path == path_of(origin_of(path))
    assert origin_of(path).isascii()


def test_origins_below_a_folder_share_its_prefix_and_others_do_not() -> None:
    assert origin_of(Path("/a b/c.txt")).startswith(folder_prefix(Path("/a b")))
    assert not origin_of(Path("/a bc/c.txt")).startswith(folder_prefix(Path("/a b")))
    assert origin_of(Path("/c.txt")).startswith(folder_prefix(Path("/")))
