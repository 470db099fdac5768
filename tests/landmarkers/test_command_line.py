import subprocess
import sys
from importlib.metadata import version

import pytest

PROGRAMS = ("edge", "deploy", "landmarkers", "trainer")


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_prints_its_version(program: str) -> None:
    assert run(program, "--version") == f"ishara-{program} {version('ishara')}\n"


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_prints_a_completion_script_that_bash_accepts(program: str) -> None:
    script = run(program, "--print-completion", "bash")
    assert f"ishara-{program}" in script
    subprocess.run(["bash", "-n"], input=script, encoding="utf-8", check=True)
