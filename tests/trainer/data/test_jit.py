import os
import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import numpy as np
from trainer.data.jit import announce, compiled

@compiled
def doubled(values):
    return values * 2

announce()
assert doubled(np.arange(3))[2] == 4
"""


def run(cache: Path, program: Path) -> str:
    """What a program says on standard error that compiles, with this folder for the user's cache."""
    program.write_text(_PROGRAM)
    done = subprocess.run(
        [sys.executable, program],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_what_was_compiled_is_kept_and_only_the_first_time_is_told_of(tmp_path: Path) -> None:
    assert "compiling" in run(tmp_path / "cache", tmp_path / "program.py")
    assert list((tmp_path / "cache" / "ishara" / "compiled").rglob("*.nbi"))
    assert run(tmp_path / "cache", tmp_path / "program.py") == ""


def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert "no folder can be written" in run(tmp_path / "cache", tmp_path / "program.py")
