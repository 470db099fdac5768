import os
import subprocess
import sys
from pathlib import Path

import pytest

from trainer.data.jit import digest_sources, source_files

_PROGRAM = """
import numpy as np
from trainer.data.jit import announce_compilation, jit

@jit
def doubled(values):
    return values * 2

announce_compilation()
assert doubled(np.arange(3))[2] == 4
"""
_ROOT = Path(__file__).parents[3]


def run(cache: Path, program: Path) -> str:
    """Run a program that compiles a loop, with this folder as the user's cache, and return its standard error."""
    program.write_text(_PROGRAM)
    done = subprocess.run(
        [sys.executable, program],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(_ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_compiled_code_is_cached_and_only_the_first_compilation_is_announced(tmp_path: Path) -> None:
    assert "compiling" in run(tmp_path / "cache", tmp_path / "program.py")
    assert list((tmp_path / "cache" / "ishara" / "compiled").rglob("*.nbi"))
    assert run(tmp_path / "cache", tmp_path / "program.py") == ""


def test_code_is_compiled_without_a_writable_cache(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert "no cache folder is writable" in run(tmp_path / "cache", tmp_path / "program.py")


@pytest.mark.parametrize(
    ("changed", "is_compiled"),
    [
        ("trainer/augmentation/transforms.py", True),
        ("trainer/data/raw_batch.py", True),
        ("trainer/model/features.py", True),
        ("landmarkers/take.py", True),
        ("trainer/training/train.py", False),
        ("trainer/cli/main.py", False),
    ],
)
def test_cache_key_changes_only_with_sources_of_compiled_code(tmp_path: Path, changed: str, is_compiled: bool) -> None:
    for file in [*source_files(_ROOT), _ROOT / changed]:
        copy = tmp_path / file.relative_to(_ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    before = digest_sources(source_files(tmp_path))
    (tmp_path / changed).write_text("changed = True\n")
    assert (digest_sources(source_files(tmp_path)) != before) == is_compiled
