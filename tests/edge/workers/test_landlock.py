"""Landlock in a process of its own: the tests' process must stay free."""

import subprocess
import sys
from pathlib import Path

import pytest

ATTEMPT = """
import os, signal, socket, sys, threading
from edge.workers.landlock import forbid_changes
print(forbid_changes())
path, kind = sys.argv[1:]
attempts = {
    "write": lambda: open(path, "a"),
    "create": lambda: open(path + ".new", "w"),
    "remove": lambda: os.unlink(path),
    "run": lambda: os.execv("/bin/true", ["true"]),
    "connect": lambda: socket.create_connection(("127.0.0.1", 9), 1.0),
    "signal": lambda: os.kill(os.getppid(), 0),
    "read": lambda: open(path).read(),
    "discard": lambda: open("/dev/null", "w").write("x"),
}
def attempt():
    try:
        attempts[kind]()
        print("done")
    except OSError as error:
        print(type(error).__name__)
thread = threading.Thread(target=attempt)
thread.start()
thread.join()
"""


@pytest.mark.parametrize("kind", ["write", "create", "remove", "run", "connect", "signal"])
def test_changes_and_connections_are_forbidden(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("content")
    assert _attempt(tmp_path / "file", kind) == ["True", "PermissionError"]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("kind", ["read", "discard"])
def test_files_can_be_read_and_output_discarded(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("content")
    assert _attempt(tmp_path / "file", kind) == ["True", "done"]


def test_kernel_without_landlock_is_reported(tmp_path: Path) -> None:
    """A filter makes Landlock's system calls fail as an older kernel does."""
    without = "import errno\nfrom edge.workers.seccomp import _new_filter\nwith _new_filter(0x7FFF0000) as rules:\n"
    without += "    rules.add(0x00050000 | errno.ENOSYS, 'landlock_create_ruleset')\n    rules.load()\n"
    (tmp_path / "file").write_text("content")
    assert _attempt(tmp_path / "file", "write", before=without) == ["False", "done"]


def _attempt(path: Path, kind: str, before: str = "") -> list[str]:
    command = [sys.executable, "-c", before + ATTEMPT, str(path), kind]
    return subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout.splitlines()
