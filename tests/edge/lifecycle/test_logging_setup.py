import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.lifecycle.logging_setup import PriorityFormatter, is_journal_stream, syslog_priority
from landmarkers.take import TAKE_SUFFIX
from tests.synthetic_signer import even_times, take


@pytest.mark.parametrize(
    ("level", "number"),
    [(logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.DEBUG, 7)],
)
def test_levels_have_syslog_priorities(level: int, number: int) -> None:
    assert syslog_priority(level) == number


def test_what_a_message_quotes_stays_in_its_line_and_each_line_of_a_trace_has_its_priority() -> None:
    record = logging.LogRecord("edge", logging.WARNING, "", 0, "two\nlines of \x1b[2J%s", ("\u202ea\x9b",), None)
    assert PriorityFormatter("%(message)s").format(record) == r"<4>two\nlines of \x1b[2J\u202ea\x9b"
    try:
        raise ValueError("\x1b[2J")
    except ValueError:
        record.exc_info = sys.exc_info()
    first, *trace = PriorityFormatter("%(message)s").format(record).split("\n")
    assert first.startswith("<4>two")
    assert all(line.startswith("<4>") for line in trace)
    assert trace[-1] == r"<4>ValueError: \x1b[2J"


def errors_of(arguments: list[str], folder: Path, *, journal: bool) -> list[str]:
    """Return what the program writes on standard error, which is the journal's stream or only claims to be."""
    reader, writer = os.pipe()
    stat = os.fstat(writer if journal else reader)
    # As on a machine without systemd-python.
    (folder / "systemd").mkdir(exist_ok=True)
    (folder / "systemd" / "__init__.py").write_text("")
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    device = stat.st_dev if journal else stat.st_dev + 1
    settings = os.environ | {"JOURNAL_STREAM": f"{device}:{stat.st_ino}", "PYTHONPATH": path}
    try:
        subprocess.run([sys.executable, "-m", "edge", *arguments], env=settings, stderr=writer, check=False)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8", closefd=False) as pipe:
            return pipe.read().splitlines()
    finally:
        os.close(reader)


@pytest.mark.parametrize(("journal", "prefix"), [(True, "<3>"), (False, "")])
def test_user_error_is_an_error_in_the_journal(*, journal: bool, prefix: str, tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text("nonsense = 1\n")
    (sentence,) = errors_of(["config", "check", "--config", str(tmp_path / "edge.toml")], tmp_path, journal=journal)
    assert sentence.startswith(f"{prefix}ishara-edge: the configuration ")


def test_log_has_priorities_in_the_journal_and_level_names_elsewhere(bundle_folder: Path, tmp_path: Path) -> None:
    arguments = ["run", "--source", f"take:{tmp_path}", "--model", str(bundle_folder), "--exit-at-end"]
    take(even_times(10, 0.2)).save(tmp_path / f"one{TAKE_SUFFIX}")
    in_journal = errors_of(arguments, tmp_path, journal=True)
    assert any(line.startswith("<6>tiny@3 reads take:") for line in in_journal)
    elsewhere = errors_of(arguments, tmp_path, journal=False)
    assert any(line.startswith("INFO tiny@3 reads take:") for line in elsewhere)


def test_child_with_another_standard_error_does_not_log_to_the_journal() -> None:
    assert not is_journal_stream({}, 2)
    assert not is_journal_stream({"JOURNAL_STREAM": "1:2"}, 2)
