"""The outbox: its order, and what damages it."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.recognition.word import Word
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.outbox_file import OutboxLocked
from edge.utterances.utterance import NumberedEvent
from tests.edge.word_publisher import utterance, word


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


@contextmanager
def database_of(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield the database of an outbox that is closed."""
    with closing(sqlite3.connect(path)) as database, database:
        yield database


def execute(outbox: Outbox, statement: str) -> None:
    assert outbox._file is not None
    outbox._file._database.execute(statement)


def make_read_only(outbox: Outbox) -> None:
    """Let SQLite see the file as on a memory card that has become read-only, until it is opened again."""
    execute(outbox, "PRAGMA query_only = ON")


def set_pages(outbox: Outbox, pages: int) -> None:
    execute(outbox, f"PRAGMA max_page_count = {pages}")


def make_full(outbox: Outbox) -> None:
    """Let SQLite see a full disk: it may add no page."""
    set_pages(outbox, 1)


def test_words_come_out_unchanged_and_in_order(tmp_path: Path) -> None:
    outbox = fill(tmp_path / "outbox", 1, 2, 3)
    assert (outbox.oldest(), outbox.waiting) == (word(1), 3)
    assert drain(outbox) == [1, 2, 3]
    assert (outbox.waiting, outbox.dropped) == (0, 0)


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
    assert (outbox.waiting, outbox.claim_seq()) == (2, 4)
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


def test_smaller_capacity_holds_for_the_words_that_wait_already(tmp_path: Path) -> None:
    fill(tmp_path / "outbox", *range(1, 21)).close()
    outbox = fill(tmp_path / "outbox", 21, capacity=10)
    assert (outbox.dropped, drain(outbox)) == (11, list(range(12, 22)))


def test_damaged_outbox_is_renamed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "outbox"
    fill(path, *range(1, 51)).close()
    path.write_bytes(b"no database at all" * 500)
    outbox = fill(path, 60)
    assert drain(outbox) == [60]
    assert caplog.text.count(str(path)) == 2  # once as the outbox, once as the renamed file
    assert "is damaged" in caplog.text
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
    for seq in range(1, 13):
        outbox.put(word(seq))
    outbox.sync()
    assert (outbox.waiting, outbox.dropped) == (10, 2)
    assert caplog.text.count("cannot be used") == 1
    assert drain(outbox) == list(range(3, 13))


def test_second_daemon_is_refused(tmp_path: Path) -> None:
    first = fill(tmp_path / "outbox", 1, 2)
    with pytest.raises(OutboxLocked, match="another daemon uses the outbox"):
        Outbox(tmp_path / "outbox", 10)
    assert drain(first) == [1, 2]
    first.close()
    Outbox(tmp_path / "outbox", 10).close()


def test_failing_disk_is_tried_again_and_no_word_is_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    outbox = fill(tmp_path / "outbox", 0, 1, 2)
    make_read_only(outbox)
    outbox.oldest()
    outbox.remove(0)  # it has arrived, and must not come again when the disk works
    outbox.put(word(3))
    outbox.put(word(4))
    assert (caplog.text.count("cannot be used"), outbox.is_durable) == (1, False)
    outbox._retry_at = 0.0  # as after some seconds
    outbox.put(word(5))
    outbox.put(word(6))
    assert (caplog.text.count("can be used again"), outbox.is_durable) == (1, True)
    outbox.close()
    assert drain(Outbox(tmp_path / "outbox", 10)) == [1, 2, 3, 4, 5, 6]


def test_full_disk_is_read_while_it_is_full_and_used_again_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = fill(tmp_path / "outbox", 1, 2)
    make_full(outbox)
    for seq in range(3, 40):
        outbox.put(word(seq))
    assert caplog.text.count("cannot be used (database or disk is full)") == 1
    assert drain(outbox)[:20] == list(range(1, 21))
    for seq in range(40, 80):
        outbox.put(word(seq))
    set_pages(outbox, 1_000_000)
    outbox._retry_at = 0.0  # as after some seconds
    assert (drain(outbox), outbox.is_durable) == (list(range(40, 80)), True)


@pytest.mark.parametrize(
    "event",
    [
        "{}",
        '{"seq": ' + "9" * 5000 + "}",
        "[" * 60_000,
        word(2).to_json()[:100],
        word(2).to_json().replace("0.97", "NaN"),
        b"\xff\xfe",
        3.5,
    ],
)
def test_word_that_cannot_be_read_is_put_aside(
    event: str | bytes | float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox"
    fill(path, 1, 2, 3).close()
    with database_of(path) as database:
        database.execute("UPDATE words SET event = ? WHERE seq IN (1, 2)", (event,))
    outbox = Outbox(path, 10)
    assert (drain(outbox), outbox.unreadable, outbox.waiting) == ([3], 2, 0)
    assert caplog.text.count("cannot be read") == 1
    outbox.close()
    with database_of(path) as database:
        assert database.execute("SELECT seq FROM unreadable").fetchall() == [(1,), (2,)]


def test_word_of_another_release_is_read_without_the_fields_it_adds(tmp_path: Path) -> None:
    path = tmp_path / "outbox"
    fill(path, 1).close()
    with database_of(path) as database:
        event = word(1).to_json().replace('"seq"', '"hand": "left", "seq"')
        database.execute("UPDATE words SET event = ?", (event,))
    assert Outbox(path, 10).oldest() == word(1)


def test_utterances_come_out_among_the_words(tmp_path: Path) -> None:
    path = tmp_path / "outbox"
    events: list[NumberedEvent] = [word(1), word(2), utterance(3), word(4)]
    outbox = Outbox(path, 10)
    for event in events:
        outbox.put(event)
    outbox.close()
    outbox = Outbox(path, 10)
    for event in events:
        assert outbox.oldest() == event
        outbox.remove(event.seq)


def test_utterance_in_progress_survives_a_kill_once(tmp_path: Path) -> None:
    path = tmp_path / "outbox"
    outbox = fill(path, 1, 2)
    outbox.keep_draft(utterance(3).model_copy(update={"seq": 0}))
    outbox.close()  # as a kill does, since nothing has ended the utterance
    outbox = Outbox(path, 10)
    assert drain(outbox) == [1, 2, 3]
    outbox.close()
    assert drain(Outbox(path, 10)) == []


def test_utterance_that_has_ended_is_stored_once(tmp_path: Path) -> None:
    outbox = fill(tmp_path / "outbox", 1, 2)
    outbox.keep_draft(utterance(3).model_copy(update={"seq": 0}))
    outbox.put(utterance(3))
    outbox.close()
    outbox = Outbox(tmp_path / "outbox", 10)
    assert drain(outbox) == [1, 2, 3]
    outbox.keep_draft(utterance(6))
    outbox.keep_draft(None)  # every word was deleted
    outbox.close()
    assert drain(Outbox(tmp_path / "outbox", 10)) == []


def test_release_before_puts_utterances_aside_and_delivers_the_words() -> None:
    """It reads every row as a word."""
    with pytest.raises(ValidationError):
        Word.model_validate_json(utterance(3).to_json())


def test_file_is_readable_by_the_release_before(tmp_path: Path) -> None:
    """It reads `words` and `sqlite_sequence`, and reads and writes `echo`."""
    path = tmp_path / "outbox"
    fill(path, 7).close()
    with database_of(path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
        assert database.execute("SELECT seq, event FROM words").fetchall() == [(7, word(7).to_json())]
        assert database.execute("UPDATE echo SET state = 1").rowcount == 1


def test_outbox_of_a_later_format_is_not_changed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "outbox"
    with database_of(path) as database:
        database.execute("PRAGMA user_version = 9")
    Outbox(path, 10).put(word(1))
    assert "it is of format 9, not 1" in caplog.text
    with database_of(path) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == []
