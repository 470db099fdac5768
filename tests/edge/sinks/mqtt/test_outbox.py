"""The outbox: its order, its numbers, and what damages it."""

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from edge.sinks.mqtt.outbox import Outbox
from tests.edge.word_publisher import word


def drain(outbox: Outbox) -> list[int]:
    """Remove all words, and return their numbers in order."""
    removed = []
    while (oldest := outbox.oldest()) is not None:
        removed.append(oldest.seq)
        outbox.remove(oldest.seq)
    return removed


def fill(path: Path, *numbers: int, capacity: int = 100) -> Outbox:
    outbox = Outbox(path, capacity)
    for seq in numbers:
        outbox.put(word(seq))
    return outbox


def test_words_come_out_unchanged_and_in_order(tmp_path: Path) -> None:
    outbox = fill(tmp_path / "outbox", 1, 2, 3)
    assert (outbox.oldest(), outbox.waiting) == (word(1), 3)
    assert drain(outbox) == [1, 2, 3]
    assert (outbox.waiting, outbox.dropped) == (0, 0)


def test_numbers_continue_in_the_next_process_when_the_outbox_is_empty(tmp_path: Path) -> None:
    first = fill(tmp_path / "outbox", 1, 2, 3)
    assert drain(first) == [1, 2, 3]
    first.close()
    assert Outbox(tmp_path / "outbox", 100).next_seq == 4


def test_word_survives_a_kill_right_after_put(tmp_path: Path) -> None:
    killed = f"""
import os, signal
from pathlib import Path
from tests.edge.sinks.mqtt.test_outbox import fill
outbox = fill(Path({str(tmp_path / "outbox")!r}), 1, 2, 3)
outbox.remove(1)
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode < 0
    outbox = Outbox(tmp_path / "outbox", 100)
    assert (outbox.waiting, outbox.next_seq) == (2, 4)
    assert drain(outbox) == [2, 3]


def test_full_outbox_drops_the_oldest_words_and_logs_once_each_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = fill(tmp_path / "outbox", *range(1, 15), capacity=10)
    assert (outbox.waiting, outbox.dropped) == (10, 4)
    assert caplog.text.count("the oldest are dropped") == 1
    assert drain(outbox) == list(range(5, 15))
    for seq in range(15, 27):
        outbox.put(word(seq))
    assert (outbox.waiting, outbox.dropped) == (10, 6)
    assert caplog.text.count("the oldest are dropped") == 2


def test_damaged_outbox_is_renamed_and_its_numbers_are_not_reused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox"
    fill(path, *range(1, 51)).close()
    path.write_bytes(b"no database at all" * 500)
    outbox = Outbox(path, 100)
    assert caplog.text.count(str(path)) == 2  # once as the outbox, once as the renamed file
    assert "is damaged" in caplog.text
    assert outbox.next_seq > 50
    outbox.put(word(first := outbox.next_seq))
    outbox.close()
    again = Outbox(path, 100)
    assert (again.next_seq, drain(again)) == (first + 1, [first])
    assert (tmp_path / "outbox.damaged").read_bytes().startswith(b"no database")


@pytest.mark.parametrize("damage", ["overwritten", "truncated"])
def test_outbox_with_damaged_pages_is_replaced(damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "outbox"
    fill(path, *range(1, 101)).close()
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(content[:half] + (b"\xff" * (len(content) - half) if damage == "overwritten" else b""))
    outbox = fill(path, 2_000_000_000)
    assert "is damaged" in caplog.text
    assert drain(outbox) == [2_000_000_000]


@pytest.mark.parametrize("place", ["/proc/outbox", "/dev/null/outbox"])
def test_unwritable_outbox_falls_back_to_memory_and_logs_once(place: str, caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox(Path(place), 10)
    start = outbox.next_seq
    for seq in range(start, start + 12):
        outbox.put(word(seq))
    outbox.sync()
    assert (outbox.waiting, outbox.dropped) == (10, 2)
    assert caplog.text.count("cannot be used") == 1
    assert drain(outbox) == list(range(start + 2, start + 12))


def test_second_daemon_does_not_use_the_outbox_of_the_first(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = fill(tmp_path / "outbox", 1, 2)
    second = Outbox(tmp_path / "outbox", 10)
    assert "cannot be used (database is locked)" in caplog.text
    assert drain(second) == []
    assert drain(first) == [1, 2]


def test_failing_disk_falls_back_to_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    outbox = fill(tmp_path / "outbox", 1, 2)
    outbox._database.execute("PRAGMA query_only = ON")  # as SQLite sees a card that has become read-only
    outbox.put(word(3))
    outbox.put(word(4))
    assert caplog.text.count("cannot be used") == 1
    assert drain(outbox) == [3, 4]
    assert drain(Outbox(tmp_path / "outbox", 10)) == [1, 2]


def test_outbox_of_a_later_format_is_not_changed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "outbox"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 9")
    Outbox(path, 10).put(word(1))
    assert "it is of format 9, not 1" in caplog.text
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == []
