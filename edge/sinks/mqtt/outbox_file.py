"""The file of the outbox: an SQLite database with the events that wait, in the order of their numbers.

What is written survives a kill of the daemon at once, and a power cut after the next `sync`. The file is a write-ahead
log with `synchronous=NORMAL`: adding an event never waits for the disk, which on a memory card may take a tenth of a
second. https://www.sqlite.org/wal.html https://www.sqlite.org/pragma.html#pragma_synchronous

Other releases read the file too: tables and columns may be added to format 1, but none may change.
"""

import logging
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landmarkers.errors import UserError

log = logging.getLogger(__name__)

_FORMAT: Final = 1
# AUTOINCREMENT: SQLite remembers the highest number ever used in the table sqlite_sequence, also after its event was
# removed. The table `words` holds utterances too. Releases before 0.3 read the table `echo`.
_TABLES: Final = """
BEGIN;
CREATE TABLE words (seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL);
CREATE TABLE echo (state INTEGER NOT NULL);
INSERT INTO echo VALUES (0);
PRAGMA user_version = 1;
COMMIT;
"""
_DRAFT: Final = "CREATE TABLE IF NOT EXISTS draft (id INTEGER PRIMARY KEY CHECK (id = 0), event TEXT NOT NULL)"
_ASIDE: Final = "CREATE TABLE IF NOT EXISTS unreadable (seq INTEGER, event BLOB)"
_LOCK_TIMEOUT_S: Final = 2.0  # for a daemon that is still ending
_DAMAGE_CODES: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LOCK_CODES: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class OutboxUnusable(Exception):
    """The file of an outbox cannot be used; the message says why."""


class OutboxDamaged(OutboxUnusable):
    """The file of an outbox is damaged."""


class OutboxLocked(UserError):
    """Another process uses the outbox."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A row of the outbox; `event` is its JSON, which another release may have written."""

    seq: int
    event: bytes


class OutboxFile:
    """The open file. Not thread-safe. Every method raises sqlite3.Error if the disk fails."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; a damaged one is renamed, with one line in the log, and a new one created.

        Raises OutboxLocked, OutboxUnusable, OSError, sqlite3.Error.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._database = _open(path)
        except OutboxDamaged as error:
            _rename_damaged(path, str(error))
            self._database = _open(path)
        try:
            self._log = os.open(f"{path}-wal", os.O_RDONLY)
        except OSError:
            self._database.close()
            raise
        self._is_unsynced = True

    def highest_seq(self) -> int:
        """Return the highest number that was ever claimed or stored; 0 in a new file."""
        return int(self._database.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence").fetchone()[0])

    def claim(self, seq: int) -> None:
        """Remember that this number is used, whatever becomes of its event."""
        if self._execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'words'", seq) == 0:
            self._execute("INSERT INTO sqlite_sequence VALUES ('words', ?)", seq)

    def add(self, seq: int, event: str, *, ends_draft: bool) -> None:
        """Store an event, and remove the draft with `ends_draft`, both or neither."""
        with self._database:
            self._execute("BEGIN")
            self._execute("INSERT INTO words (seq, event) VALUES (?, ?)", seq, event)
            if ends_draft:
                self.end_draft()

    def draft(self) -> bytes | None:
        """Return the JSON of the utterance that was in progress last, if it has not ended."""
        row = self._database.execute("SELECT CAST(event AS BLOB) FROM draft").fetchone()
        return None if row is None else bytes(row[0])

    def keep_draft(self, event: str) -> None:
        """Store the JSON of the utterance in progress instead of that before."""
        self._execute("INSERT OR REPLACE INTO draft VALUES (0, ?)", event)

    def end_draft(self) -> None:
        """Remove the draft."""
        self._execute("DELETE FROM draft")

    def count(self, after: int) -> int:
        """Return how many events have a number above `after`."""
        return int(self._database.execute("SELECT count(*) FROM words WHERE seq > ?", (after,)).fetchone()[0])

    def oldest(self, after: int) -> StoredEvent | None:
        """Return the event with the lowest number above `after`."""
        # As a blob, since text that is not UTF-8 would be an error of the whole query.
        query = "SELECT seq, CAST(event AS BLOB) FROM words WHERE seq > ? ORDER BY seq LIMIT 1"
        row = self._database.execute(query, (after,)).fetchone()
        return None if row is None else StoredEvent(row[0], bytes(row[1]))

    def remove(self, seq: int) -> int:
        """Remove an event, and return 1; 0 if it is not there."""
        return self._execute("DELETE FROM words WHERE seq = ?", seq)

    def remove_through(self, seq: int) -> None:
        """Remove the events up to this number."""
        self._execute("DELETE FROM words WHERE seq <= ?", seq)

    def put_aside(self, stored: StoredEvent) -> None:
        """Copy an event that cannot be read to the table `unreadable`."""
        self._execute(_ASIDE)
        self._execute("INSERT INTO unreadable VALUES (?, ?)", stored.seq, stored.event)

    def sync(self) -> None:
        """Wait until everything so far is on the disk; other threads may add events meanwhile. Raises OSError.

        Only the log needs a sync: SQLite syncs what it moves from the log into the database.
        """
        if self._is_unsynced:
            self._is_unsynced = False  # before the sync: an event added meanwhile may miss it
            os.fsync(self._log)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
        os.close(self._log)

    def _execute(self, statement: str, *values: int | str | bytes) -> int:
        """Change the database, and return the number of changed rows."""
        changed = self._database.execute(statement, values).rowcount
        self._is_unsynced = True
        return changed


def _rename_damaged(path: Path, damage: str) -> None:
    aside = path.with_name(f"{path.name}.damaged")
    path.rename(aside)
    path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
    log.error("the outbox %s is damaged (%s): a new one is created, and the old one renamed to %s", path, damage, aside)


def error_code(error: Exception) -> int:
    """Return SQLite's primary code of an error; 0 if it is none of SQLite's own."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _open(path: Path) -> sqlite3.Connection:
    """Open or create the file's database. Raises OutboxLocked, OutboxUnusable, sqlite3.Error."""
    # Several threads use it, one at a time (Outbox's lock); each statement is a transaction of its own.
    database = sqlite3.connect(path, timeout=_LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False)
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
        database.execute(_DRAFT)
    except sqlite3.Error as error:
        database.close()
        code = error_code(error)
        if code in _LOCK_CODES:
            raise OutboxLocked(
                f"another daemon uses the outbox {path}; end it, or give this one another `device` or `mqtt.outbox`"
            ) from error
        if code in _DAMAGE_CODES:
            raise OutboxDamaged(str(error)) from error
        raise
    except OutboxUnusable:
        database.close()
        raise
    return database
