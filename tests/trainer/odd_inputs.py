"""Runs `ishara-trainer` on odd inputs, each of which is read, or refused with one sentence while nothing is lost."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from trainer.cli.main import main

_PREFIX = "ishara-trainer: "
_PARSER_PREFIX = re.compile(r"ishara-trainer( [a-z-]+)?: error: ")
_MAX_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """The exit code of a command, and all that it printed."""

    code: int
    output: str
    errors: str

    @property
    def sentence(self) -> str:
        """The sentence with which the command refused its input; an answer of another kind fails the test."""
        assert self.code == 2, f"exit code {self.code}\n{self.output}\n{self.errors}"
        *before, last = self.errors.splitlines()
        by_parser = _PARSER_PREFIX.match(last)
        if by_parser:
            return _checked(last.removeprefix(by_parser[0]))
        assert not before, f"more than one line:\n{self.errors}"
        assert last.startswith(_PREFIX), last
        return _checked(last.removeprefix(_PREFIX))


def run(*arguments: str | Path) -> Answer:
    """Run a command of the trainer in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as error:  # as the parser refuses arguments
            code = int(error.code or 0)
    return Answer(code, output.getvalue(), errors.getvalue())


def run_program(*arguments: str | Path, within: Sequence[str] = (), cwd: Path | None = None) -> Answer:
    """Run the trainer as a program of its own; `within` is a command that starts it, such as `prlimit`."""
    command = [*within, sys.executable, "-m", "trainer", *map(str, arguments)]
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment)
    return Answer(done.returncode, done.stdout, done.stderr)


def refuse(*arguments: str | Path, keep: Path) -> str:
    """Run a command that must be refused and leave a folder as it was; return the sentence."""
    with unchanged(keep):
        return run(*arguments).sentence


@contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Check that what happens within leaves a folder byte for byte as it was, with nothing added."""
    before = tree(folder)
    yield
    after = tree(folder)
    names = sorted(before.keys() | after.keys())
    changed = [
        f"{name}: {before.get(name)} -> {after.get(name)}" for name in names if before.get(name) != after.get(name)
    ]
    assert not changed, "\n".join(changed)


def tree(folder: Path) -> dict[str, str]:
    """Return what a folder holds: each folder, the target of each link, and the digest of each file."""
    return {str(path.relative_to(folder)): _content(path) for path in sorted(folder.rglob("*"))}


def _content(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    if path.is_dir():
        return "folder"
    return f"{path.stat().st_size} bytes, {sha256(path.read_bytes()).hexdigest()}" if path.is_file() else "special file"


def _checked(sentence: str) -> str:
    assert sentence, "an empty sentence"
    assert len(sentence) <= _MAX_CHARACTERS, sentence
    for sign in ("Traceback", "Error(", "[Errno", "\N{HORIZONTAL ELLIPSIS}"):
        assert sign not in sentence, sentence
    return sentence
