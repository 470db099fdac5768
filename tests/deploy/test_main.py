"""`ishara-deploy` where only the device's part of the program is installed."""

import subprocess
import sys

import pytest

from tests.edge.waiting import PATIENCE_S

_WITHOUT_PYINFRA = """
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in {"pyinfra", "gevent"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
import importlib.util
importlib.util.find_spec = lambda name: None
from deploy.__main__ import program
program()
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _WITHOUT_PYINFRA, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


@pytest.mark.parametrize("arguments", [["status"], ["provision", "root@192.0.2.7"]])
def test_missing_library_is_named_with_the_way_to_install_it(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("ishara-deploy: ")
    assert done.stderr.endswith(" is not installed here; run `make setup` in a clone, or install 'ishara[deploy]'\n")


def test_help_needs_no_library_of_its_own() -> None:
    assert run("provision", "--help").returncode == 0
