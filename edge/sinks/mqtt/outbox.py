"""The outbox: the words that the broker has not acknowledged yet, in a file that survives the daemon.

What is written survives a kill of the daemon at once, and a power cut after the next `sync`. The file is an SQLite
write-ahead log with `synchronous=NORMAL`: `put`, which the pipeline calls, never waits for the disk, which on a memory
card may take a tenth of a second. The publisher syncs the log before a word leaves the device.
https://www.sqlite.org/wal.html https://www.sqlite.org/pragma.html#pragma_synchronous
"""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from edge.recognition.word import Word

log = logging.getLogger(__name__)

_FORMAT: Final = 1
# AUTOINCREMENT: SQLite remembers the highest number ever used, also after its word was removed.
# The table `echo` holds the state of the loopback; the name belongs to the file format.
_TABLES: Final = """
BEGIN;
CREATE TABLE words (seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL);
CREATE TABLE echo (state INTEGER NOT NULL);
INSERT INTO echo VALUES (0);
PRAGMA user_version = 1;
COMMIT;
"""

_DAMAGE_CODES: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class OutboxUnusable(Exception):
    """The file of an outbox cannot be used; the message says why."""


class OutboxDamaged(OutboxUnusable):
    """The file of an outbox is damaged."""


class Loopback(IntEnum):
    """The state of the subscription on which the broker sends the device its own words, in a session that it keeps."""

    UNSUBSCRIBED = 0
    """The device has not subscribed yet."""
    SUBSCRIBED = 1
    """The device is subscribed."""
    FORGOTTEN = 2
    """The device was subscribed, but the broker returned without its sessions."""


class Outbox:
    """Holds words in the order of their numbers. Thread-safe; each call is done when it returns."""

    def __init__(self, path: Path, capacity: int) -> None:
        """Open or create the file. Above `capacity` words the oldest are dropped.

        A damaged file is renamed, with one line in the log, and a new one created. If the file cannot be used, now or
        later, words are held in memory from then on, which is logged once. In both cases numbers continue from the
        clock's seconds: some are skipped, but none is used twice.
        """
        self._path = path
        self._capacity = capacity
        self._lock = threading.Lock()
        self._is_full = False
        self._log: int | None = None
        self._is_unsynced = True
        self.dropped = 0
        """The words dropped since the start because the outbox was full."""
        try:
            self._database = _open_or_replace(path)
            self._log = os.open(f"{path}-wal", os.O_RDONLY)
        except (OutboxUnusable, OSError, sqlite3.Error) as error:
            self._database = _in_memory(int(time.time()))
            self._log_fallback(error)
        self.next_seq = self._highest_seq() + 1
        """The number of the next word: one above all that this outbox has ever held."""
        self._waiting = int(self._query("SELECT count(*) FROM words")[0][0])

    @property
    def waiting(self) -> int:
        """The number of words in the outbox."""
        return self._waiting

    @property
    def last_seq(self) -> int:
        """The number of the last word ever put in; 0 before the first."""
        return self.next_seq - 1

    def put(self, word: Word) -> None:
        """Store a word; its number must be `next_seq` or, if some are skipped, higher."""
        with self._lock:
            self._execute("INSERT INTO words (seq, event) VALUES (?, ?)", word.seq, word.to_json())
            self.next_seq = word.seq + 1
            self._waiting += 1
            if self._waiting > self._capacity:
                self._drop_oldest()

    def oldest(self) -> Word | None:
        """Return the oldest word, which is published next."""
        with self._lock:
            rows = self._query("SELECT event FROM words ORDER BY seq LIMIT 1")
        return Word.model_validate_json(rows[0][0]) if rows else None

    def remove(self, seq: int) -> None:
        """Remove a word that has arrived; nothing happens if it is not there."""
        with self._lock:
            self._waiting -= self._execute("DELETE FROM words WHERE seq = ?", seq)
            self._is_full = self._is_full and self._waiting > 0

    @property
    def loopback(self) -> Loopback:
        """The last known state of the loopback subscription, possibly written by another process."""
        with self._lock:
            return Loopback(self._query("SELECT state FROM echo")[0][0])

    @loopback.setter
    def loopback(self, state: Loopback) -> None:
        with self._lock:
            self._execute("UPDATE echo SET state = ?", int(state))

    def sync(self) -> None:
        """Wait until everything so far is on the disk; `put` does not wait meanwhile.

        Only the log needs a sync: SQLite syncs what it moves from the log into the database.
        """
        if self._log is not None and self._is_unsynced:
            self._is_unsynced = False  # before the sync: a word put in meanwhile may miss it
            try:
                os.fsync(self._log)
            except OSError as error:
                with self._lock:
                    self._fall_back(error)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close_files()

    def _drop_oldest(self) -> None:
        surplus = self._waiting - self._capacity
        dropped = self._execute("DELETE FROM words WHERE seq IN (SELECT seq FROM words ORDER BY seq LIMIT ?)", surplus)
        self._waiting -= dropped
        self.dropped += dropped
        if not self._is_full:
            log.error("the outbox is full with %d words: the oldest are dropped from now on", self._capacity)
        self._is_full = True

    def _highest_seq(self) -> int:
        return int(self._query("SELECT coalesce(max(seq), 0) FROM sqlite_sequence")[0][0])

    def _query(self, statement: str) -> list[Sequence[Any]]:
        try:
            return self._database.execute(statement).fetchall()
        except sqlite3.Error as error:
            self._fall_back(error)
            return self._database.execute(statement).fetchall()

    def _execute(self, statement: str, *values: str | int) -> int:
        """Change the database, and return the number of changed rows."""
        try:
            changed = self._database.execute(statement, values).rowcount
        except sqlite3.Error as error:
            self._fall_back(error)
            changed = self._database.execute(statement, values).rowcount
        self._is_unsynced = True
        return changed

    def _fall_back(self, error: Exception) -> None:
        """Continue in memory. The words in the file stay there, for a daemon that can use it again."""
        if self._log is None:
            raise error
        self._close_files()
        self._database = _in_memory(self.next_seq - 1)
        self._waiting = 0
        self._log_fallback(error)

    def _log_fallback(self, error: Exception) -> None:
        log.error(
            "the outbox %s cannot be used (%s): words that wait for the broker are lost when this daemon ends",
            self._path,
            error,
        )

    def _close_files(self) -> None:
        self._database.close()
        if self._log is not None:
            os.close(self._log)
            self._log = None


def _open_or_replace(path: Path) -> sqlite3.Connection:
    """Open the file's database, and replace a damaged one by a new one.

    Raises OutboxUnusable, OSError, sqlite3.Error.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _open(path)
    except OutboxDamaged as error:
        aside, damage = path.with_name(f"{path.name}.damaged"), str(error)
    path.rename(aside)
    path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
    log.error("the outbox %s is damaged (%s): a new one is created, and the old one renamed to %s", path, damage, aside)
    database = _open(path)
    _set_highest_seq(database, int(time.time()))
    return database


def _open(path: Path) -> sqlite3.Connection:
    """Open or create the file's database. Raises OutboxUnusable, sqlite3.Error."""
    # Several threads use it, one at a time (Outbox's lock); each statement is a transaction of its own.
    database = sqlite3.connect(path, timeout=0.0, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")  # a second daemon would publish the same words
        (mode,) = database.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise OutboxUnusable("it cannot hold a write-ahead log")
        database.execute("PRAGMA synchronous = NORMAL")
        (content,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if content != "ok":
            raise OutboxDamaged(content)
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            database.executescript(_TABLES)
        elif version != _FORMAT:
            raise OutboxUnusable(f"it is of format {version}, not {_FORMAT}")
        database.execute("UPDATE echo SET state = state")  # takes the lock, and fails if the file is read-only
    except OutboxUnusable:
        database.close()
        raise
    except sqlite3.Error as error:
        database.close()
        if error.sqlite_errorcode in _DAMAGE_CODES:
            raise OutboxDamaged(str(error)) from error
        raise
    return database


def _in_memory(highest: int) -> sqlite3.Connection:
    """Return an empty database in memory; its numbers continue after `highest`."""
    database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    database.executescript(_TABLES)
    _set_highest_seq(database, highest)
    return database


def _set_highest_seq(database: sqlite3.Connection, highest: int) -> None:
    database.execute("INSERT INTO sqlite_sequence VALUES ('words', ?)", (highest,))
