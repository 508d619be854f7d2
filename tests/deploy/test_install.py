"""The steps of the Dockerfile, in a Debian with nothing but Python: install.sh, then serving without a network."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.system
PATIENCE_S = 1200
# What .dockerignore lets into the build.
IN_CONTEXT = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
# Runs outside the new root, in namespaces of its own: without a network, the root read-only but for /tmp and the state.
ISOLATE = """
import fcntl, os, socket, struct, subprocess, sys
root, script = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:  # the loopback device, down in a new namespace
    fcntl.ioctl(link, 0x8914, struct.pack("16sh14x", b"lo", 1 | 0x40))
def mount(*words): subprocess.run(["mount", *words], check=True)
mount("--bind", root, root)
mount("--bind", f"{root}/var/lib/citeline", f"{root}/var/lib/citeline")
mount("-t", "proc", "proc", f"{root}/proc")
mount("-t", "tmpfs", "tmpfs", f"{root}/tmp")
mount("-o", "remount,bind,ro", root)
os.execvp("chroot", ["chroot", "--userspec=10001:10001", root, "/opt/citeline/.venv/bin/python", "-c", script])
"""
# Runs inside the new root as the account of the service.
SERVE = """
import http.client, json, os, re, socket, subprocess
found = {"uid": os.getuid(), "read-only": bool(os.statvfs("/opt/citeline").f_flag & os.ST_RDONLY), "network": "there"}
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as error:
    found["network"] = error.strerror
environment = {"PATH": "/usr/bin:/bin", "CITELINE_HOST": "0.0.0.0", "CITELINE_PORT": "0",
    "CITELINE_STATE": "/var/lib/citeline", "CITELINE_MODELS": "/opt/citeline/models",
    "CITELINE_TOKEN": "a token of sixteen"}
command = ["/opt/citeline/.venv/bin/python", "app.py", "serve"]
server = subprocess.Popen(command, cwd="/opt/citeline", env=environment, stderr=subprocess.PIPE, text=True)
try:
    said = []
    for line in server.stderr:
        said.append(line)
        if ready := re.search(r"127.0.0.1:(\\d+)/", line):
            break
    else:
        raise SystemExit("".join(said))
    def get(method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", int(ready[1]), timeout=60)
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, response.read().decode()
    found["ready"] = get("GET", "/readyz")[0]
    found["reply"] = json.loads(get("POST", "/ask", json.dumps({"question": "When does the withdrawal finish?"}))[1])
    added = json.dumps({"title": "Ferry", "text": "The ferry leaves at noon from the northern pier."})
    found["added"] = get("POST", "/articles?wait=true", added, Authorization="Bearer a token of sixteen")[0]
    found["after"] = json.loads(get("POST", "/ask", json.dumps({"question": "When does the ferry leave?"}))[1])
finally:
    server.terminate()
    found["stopped"] = server.wait(60)
print(json.dumps(found))
"""


@pytest.fixture
def debian(tmp_path: Path) -> Iterator[Path]:
    """The root of a Debian 12 with Python and nothing else."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("needs root and debootstrap (apt-get install debootstrap)")
    root = tmp_path / "debian"
    packages = "--include=python3,python3-venv,ca-certificates"
    command = ["debootstrap", "--variant=minbase", packages, "bookworm", root]
    made = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    if made.returncode != 0:
        pytest.skip(f"debootstrap can't make a root here: {made.stdout[-300:]}")
    # How this machine reaches the packages.
    for path in ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt"):
        if Path(path).exists():
            shutil.copyfile(path, root / path.removeprefix("/"))
    yield root
    shutil.rmtree(root)


def test_it_installs_into_a_clean_root_and_serves_without_a_network(debian: Path) -> None:
    (debian / "src").mkdir()
    for name in IN_CONTEXT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, debian / "src" / name)
    clean = ["/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
    install = ["chroot", debian, *clean, "sh", "/src/deploy/install.sh"]
    done = subprocess.run(install, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    assert 0 == done.returncode, done.stderr
    assert "Citeline is installed in /opt/citeline.\n" == done.stdout
    shutil.rmtree(debian / "src")
    isolated = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", sys.executable, "-c", ISOLATE]
    served = subprocess.run(
        [*isolated, str(debian), SERVE], check=False, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert 0 == served.returncode, served.stderr
    found = json.loads(served.stdout)
    assert (10001, True, "Network is unreachable") == (found["uid"], found["read-only"], found["network"])
    assert (200, 201, 0) == (found["ready"], found["added"], found["stopped"])
    assert "January 19" == found["reply"]["answers"][0]["text"]
    assert "noon" in found["after"]["answers"][0]["text"]
