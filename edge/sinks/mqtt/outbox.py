"""The words that the broker has not taken yet, in a file that outlives the daemon.

What is written survives a kill of the daemon at once, and a power cut from the next `sync` on: the file is an SQLite
write-ahead log with `synchronous=NORMAL`, so that `put`, which the pipeline calls, never waits for the disk, which on a
memory card may take a tenth of a second; the courier syncs the log before a word leaves the device.
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
# AUTOINCREMENT: SQLite remembers the highest number ever given, also when its word is long gone.
_TABLES: Final = """
BEGIN;
CREATE TABLE words (seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL);
CREATE TABLE echo (state INTEGER NOT NULL);
INSERT INTO echo VALUES (0);
PRAGMA user_version = 1;
COMMIT;
"""


_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class OutboxUnusable(Exception):
    """An outbox's file that cannot be used; the message says why."""


class OutboxDamaged(OutboxUnusable):
    """An outbox's file whose content is broken."""


class Loopback(IntEnum):
    """Whether the broker sends each word back to this device, and keeps it for the device when it is away."""

    UNSUBSCRIBED = 0
    """It was not asked to yet."""
    SUBSCRIBED = 1
    """It does."""
    FORGOTTEN = 2
    """It did, but came back without any memory, and was not asked anew yet."""


class Outbox:
    """Words in the order of their numbers. To be used from any thread; each call is done when it returns."""

    def __init__(self, path: Path, capacity: int) -> None:
        """Open or make the file; at most so many words wait, then the oldest are dropped.

        A damaged file is put aside, with one line in the log, and a new one begun. With a file that cannot be used, now
        or later, words wait in memory from then on, which is said once. In both cases numbers go on from the clock's
        seconds: they then leave some out, but none comes twice.
        """
        self._path = path
        self._most = capacity
        self._lock = threading.Lock()
        self._is_full = False
        self._log: int | None = None
        self._is_unsynced = True
        self.dropped = 0
        """Words that were dropped since the start because too many waited."""
        try:
            self._database = _open_sound(path)
            self._log = os.open(f"{path}-wal", os.O_RDONLY)
        except (OutboxUnusable, OSError, sqlite3.Error) as error:
            self._database = _in_memory(int(time.time()))
            self._tell_fallback(error)
        self.next_seq = self._highest() + 1
        """The number for the first word after those that this outbox has ever held."""
        self._waiting = int(self._ask("SELECT count(*) FROM words")[0][0])

    @property
    def waiting(self) -> int:
        """How many words wait."""
        return self._waiting

    @property
    def last_seq(self) -> int:
        """The number of the newest word that was ever put in; 0 before the first."""
        return self.next_seq - 1

    def put(self, word: Word) -> None:
        """Keep a word; its number must be `next_seq` or, leaving some out, higher."""
        with self._lock:
            self._do("INSERT INTO words (seq, event) VALUES (?, ?)", word.seq, word.to_json())
            self.next_seq = word.seq + 1
            self._waiting += 1
            if self._waiting > self._most:
                self._drop_oldest()

    def oldest(self) -> Word | None:
        """The word that is to leave next."""
        with self._lock:
            rows = self._ask("SELECT event FROM words ORDER BY seq LIMIT 1")
        return Word.model_validate_json(rows[0][0]) if rows else None

    def remove(self, seq: int) -> None:
        """Forget a word that has arrived; one that is not there is no trouble."""
        with self._lock:
            self._waiting -= self._do("DELETE FROM words WHERE seq = ?", seq)
            self._is_full = self._is_full and self._waiting > 0

    @property
    def loopback(self) -> Loopback:
        """What the courier knew last of its echo, be it in another process."""
        with self._lock:
            return Loopback(self._ask("SELECT state FROM echo")[0][0])

    @loopback.setter
    def loopback(self, state: Loopback) -> None:
        with self._lock:
            self._do("UPDATE echo SET state = ?", int(state))

    def sync(self) -> None:
        """Wait until the disk holds everything so far; `put` does not wait meanwhile.

        Only the log has to be written out: what SQLite has moved from there into the database it has synced itself.
        """
        if self._log is not None and self._is_unsynced:
            self._is_unsynced = False  # before: what is put in meanwhile may miss this sync
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
        surplus = self._waiting - self._most
        gone = self._do("DELETE FROM words WHERE seq IN (SELECT seq FROM words ORDER BY seq LIMIT ?)", surplus)
        self._waiting -= gone
        self.dropped += gone
        if not self._is_full:
            log.error("%d words wait for the broker, more than may: the oldest are dropped from now on", self._most)
        self._is_full = True

    def _highest(self) -> int:
        return int(self._ask("SELECT coalesce(max(seq), 0) FROM sqlite_sequence")[0][0])

    def _ask(self, question: str) -> list[Sequence[Any]]:
        try:
            return self._database.execute(question).fetchall()
        except sqlite3.Error as error:
            self._fall_back(error)
            return self._database.execute(question).fetchall()

    def _do(self, statement: str, *values: str | int) -> int:
        """Change the database; gives how many rows were changed."""
        try:
            changed = self._database.execute(statement, values).rowcount
        except sqlite3.Error as error:
            self._fall_back(error)
            changed = self._database.execute(statement, values).rowcount
        self._is_unsynced = True
        return changed

    def _fall_back(self, error: Exception) -> None:
        """Go on in memory. What waits in the file is left there, for a daemon that can use it again."""
        if self._log is None:
            raise error
        self._close_files()
        self._database = _in_memory(self.next_seq - 1)
        self._waiting = 0
        self._tell_fallback(error)

    def _tell_fallback(self, error: Exception) -> None:
        log.error(
            "the outbox %s cannot be used (%s): words that wait for the broker do not outlive this daemon",
            self._path,
            error,
        )

    def _close_files(self) -> None:
        self._database.close()
        if self._log is not None:
            os.close(self._log)
            self._log = None


def _open_sound(path: Path) -> sqlite3.Connection:
    """The file's database, or a new one in the place of a damaged one.

    Raises OutboxUnusable, OSError, sqlite3.Error.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _open(path)
    except OutboxDamaged as error:
        aside, damage = path.with_name(f"{path.name}.damaged"), str(error)
    path.rename(aside)
    path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
    log.error("the outbox %s is damaged (%s): a new one begins, and the old one lies in %s", path, damage, aside)
    database = _open(path)
    _number_from(database, int(time.time()))
    return database


def _open(path: Path) -> sqlite3.Connection:
    """The file's database, made when there is none. Raises OutboxUnusable, sqlite3.Error."""
    # Several threads may use it, one at a time (Outbox's lock); each statement is a transaction of its own.
    database = sqlite3.connect(path, timeout=0.0, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")  # a second daemon would send the same words again
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
        database.execute("UPDATE echo SET state = state")  # takes the lock, and shows that it can be written
    except OutboxUnusable:
        database.close()
        raise
    except sqlite3.Error as error:
        database.close()
        if error.sqlite_errorcode in _DAMAGE:
            raise OutboxDamaged(str(error)) from error
        raise
    return database


def _in_memory(highest: int) -> sqlite3.Connection:
    """An empty outbox whose words are numbered from behind `highest` on."""
    database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    database.executescript(_TABLES)
    _number_from(database, highest)
    return database


def _number_from(database: sqlite3.Connection, highest: int) -> None:
    database.execute("INSERT INTO sqlite_sequence VALUES ('words', ?)", (highest,))
