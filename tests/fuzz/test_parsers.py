"""Hostile inputs of every parser of bytes that come from outside; `make fuzz MINUTES=5` tries many more.

They run in a process of their own: other tests leave threads behind, whose time and memory would count.
"""

import subprocess
import sys

import pytest


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_every_input_gives_a_value_or_a_refusal() -> None:
    result = run("-m", "tests.fuzz", "--minutes", "0", "--inputs", "150", "--seed", "1")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("waste", ["sum(1 for _ in itertools.count())", "b'x' * 200_000_000"])
def test_waste_of_time_and_memory_is_found(waste: str) -> None:
    result = run("-c", f"import itertools\nfrom tests.fuzz.limits import limited\nwith limited():\n    {waste}")
    assert "TooExpensive" in result.stderr
