"""The lock file agrees with its source (`make lock` makes it so), and the licences of what it installs are allowed."""

import re
from importlib.metadata import metadata, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.licences import LOCK, is_allowed, licence, locked
from tests.processes import ROOT

SOURCE = (ROOT / "requirements-serve.txt").read_text("utf-8")
PINNED = {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", SOURCE, re.MULTILINE)}
LICENCES = (ROOT / "docs" / "licences.md").read_text("utf-8")


def test_the_lock_file_has_each_requirement_at_its_version() -> None:
    assert len(PINNED) > 30
    assert PINNED == {name: version for name, version in locked() if name in PINNED}


def test_the_lock_file_has_what_the_requirements_require() -> None:
    needed = {Requirement(line) for name in PINNED for line in requires(name) or ()}
    here = {canonicalize_name(one.name) for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})}
    assert set() == here - {name for name, _ in locked()}


def test_each_package_of_the_lock_file_has_a_hash_and_no_address() -> None:
    text = LOCK.read_text("utf-8")
    entries = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) >= len([*locked()])
    assert [] == [entry.partition(" ")[0] for entry in entries if "--hash=sha256:" not in entry]
    assert [] == re.findall(r"^\s*(?:--(?!hash)\S+|.*://.*)$", text, re.MULTILINE)


def test_each_package_is_in_the_list_of_licences() -> None:
    rows = re.findall(r"^\| ([a-z0-9-]+) \| (\d\S*) \| (.+) \|$", LICENCES, re.MULTILINE)
    assert sorted(locked()) == sorted((name, version) for name, version, _ in rows)
    assert [] == [row for row in rows if not is_allowed(row[2])]


@pytest.mark.parametrize("name", sorted(PINNED))
def test_the_list_says_what_the_package_says(name: str) -> None:
    assert f"| {name} | {PINNED[name]} | {licence(metadata(name))} |\n" in LICENCES


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("MIT AND Zlib", True),
        ("MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later", True),
        ("GPL-2.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("", False),
        ("Proprietary", False),
    ],
)
def test_a_licence_is_allowed_where_one_alternative_is(expression: str, expected: bool) -> None:
    assert expected == is_allowed(expression)
