"""Refusals of a system on which no process can be confined.

tests/edge/sinks/web/test_visitors_confined.py tries a confined one.
"""

import subprocess
import sys

import pytest

from edge.workers import seccomp


def test_missing_library_is_reported_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "_LIBRARY", "libseccomp.so.99")
    with pytest.raises(seccomp.CannotConfine, match="apt install libseccomp2"):
        seccomp.forbid_system_calls()


def test_kernel_that_refuses_is_reported() -> None:
    """A filter makes the system calls fail that load a filter."""
    program = """
import errno
from edge.workers.seccomp import CannotConfine, _new_filter, forbid_system_calls
with _new_filter(0x7FFF0000) as rules:
    for name in ("seccomp", "prctl"):
        rules.add(0x00050000 | errno.EINVAL, name)
    rules.load()
try:
    forbid_system_calls()
except CannotConfine as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, encoding="utf-8", check=True)
    assert done.stdout.startswith("the system does not let this process be confined (")
