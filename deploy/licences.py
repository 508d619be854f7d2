"""Lists the licences of the packages that serving installs, as docs/licences.md: `python -m deploy.licences`."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path

from packaging.markers import Marker

LOCK = Path(__file__).resolve().parent.parent / "requirements-serve.lock"
_LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; (.*?))? \\$", re.MULTILINE)
_PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "CNRI-Python",
    "MIT",
    "MIT-0",
} | {
    "PSF-2.0",
    "ZPL-2.1",
    "Zlib",
}
_WEAK_COPYLEFT = {"LGPL-2.1-or-later", "MPL-1.1", "MPL-2.0"}
_SPDX = {  # of what packages write that name no SPDX expression
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "The BSD 2-Clause License": "BSD-2-Clause",
    "ZPL 2.1": "ZPL-2.1",
}
_BY_HAND = {
    # It also names the GPL, for an Emacs mode that the installed package does not hold.
    "docutils": "BSD-2-Clause",
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
}
_HEAD = """# Licences

Citeline itself is under the Apache License 2.0 ([LICENSE](../LICENSE)); [NOTICE](../NOTICE) names the models and data
that come with it. These are the packages that serving installs (`requirements-serve.lock`) on Linux, as each states its
licence. All are permissive, or weak copyleft (MPL, LGPL), which asks for the source of changes to the package itself.
`make lock` writes this page.

| package | version | licence |
|---|---|---|
"""


def locked() -> Iterator[tuple[str, str]]:
    """Yield name and version of each package that the lock file installs on this platform."""
    for name, version, marker in _LOCKED.findall(LOCK.read_text("utf-8")):
        if not marker or Marker(marker).evaluate():
            yield name, version


def licence(package: PackageMetadata) -> str:
    """Return the SPDX expression of a package's licence, or what it says instead."""
    name = package["Name"].lower()
    if name in _BY_HAND:
        return _BY_HAND[name]
    classifiers = [line.split(" :: ")[-1] for line in package.get_all("Classifier") or () if "License ::" in line]
    stated = [package[field] for field in ("License-Expression", "License") if field in package]
    found = (stated or [" AND ".join(classifiers)])[0]
    return _SPDX.get(found, found)


def is_allowed(expression: str) -> bool:
    """Return whether one alternative of an SPDX expression is permissive or weak copyleft throughout."""
    alternatives = [set(part.split(" AND ")) for part in expression.split(" OR ")]
    return any(part <= _PERMISSIVE | _WEAK_COPYLEFT for part in alternatives)


def page() -> str:
    """Return docs/licences.md; the packages must be installed."""
    return _HEAD + "".join(f"| {name} | {version} | {licence(metadata(name))} |\n" for name, version in locked())


if __name__ == "__main__":
    sys.stdout.write(page())
