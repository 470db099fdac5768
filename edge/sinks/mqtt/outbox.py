"""The outbox: the events, words and utterances, that the broker has not acknowledged yet, and the numbers of events.

They are in a file that survives the daemon, or in memory while that file cannot be used: a full disk, a folder that is
read-only, a memory card that fails. The file is tried again every few seconds.

A number is never used twice, whatever becomes of the disk and the clock. Each number is claimed in the file before its
event is made. Where the last number is not known (a new file, a damaged one, none at all) numbers begin at a random
one; where a number cannot be claimed they jump by a random step. With 48 random bits, the numbers of ten years of daily
starts without a disk, a thousand events each, overlap with a probability of 0.00005. All numbers stay below 2^53, so
JavaScript reads them exactly.
"""

import logging
import secrets
import sqlite3
import threading
import time
from collections import deque
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from edge.sinks.mqtt.outbox_file import OutboxFile, OutboxLocked, OutboxUnusable, StoredEvent, error_code
from edge.utterances.utterance import NumberedEvent, Utterance

log = logging.getLogger(__name__)

_RETRY_S: Final = 10.0
_RANDOM_START: Final = 2**48
_RANDOM_STEP: Final = 2**40
_EVENT: Final[TypeAdapter[NumberedEvent]] = TypeAdapter(NumberedEvent)


class Outbox:
    """Holds events in the order of their numbers. Thread-safe; each call is done when it returns."""

    def __init__(self, path: Path, capacity: int) -> None:
        """Open or create the file. Above `capacity` events the oldest are dropped.

        If the file cannot be used, now or later, they are held in memory until it can, which is logged once each time.
        Raises OutboxLocked if another process uses the file.
        """
        self._path = path
        self._capacity = capacity
        self._lock = threading.Lock()
        self._file: OutboxFile | None = None
        self._memory: deque[NumberedEvent] = deque()  # later events than those of the file
        self._in_file = 0
        self._offered = 0  # the number of the event of the file that was returned last
        self._delivered_through = -1  # events of the file that a full disk keeps from being removed, and those before
        self._last_seq, self._last_put = 0, 0
        self._has_jumped = False  # the last number is random, and not claimed in the file
        self._retry_at = 0.0
        self._is_full, self._is_failing, self._is_closed = False, False, False
        self.dropped = 0
        """The events dropped since the start, because the outbox was full or the broker takes no such event."""
        self.unreadable = 0
        """The events put aside since the start because they could not be read."""
        try:
            self._open_file()
            self._recover_draft()
        except (OutboxUnusable, OSError, sqlite3.Error) as error:
            self._last_seq, self._has_jumped = secrets.randbelow(_RANDOM_START), True
            self._handle_failure(error)

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def waiting(self) -> int:
        """The number of events in the outbox."""
        return self._in_file + len(self._memory)

    @property
    def last_put(self) -> int:
        """A number that no event in the outbox exceeds."""
        return self._last_put

    @property
    def is_durable(self) -> bool:
        """True if the events that wait are in the file, for the next daemon."""
        return self._file is not None and not self._memory

    def claim_seq(self) -> int:
        """Return the number of the next event; it is higher than all before, and never returned again."""
        with self._lock:
            self._last_seq += 1
            if not self._claim() and not self._has_jumped:
                self._last_seq += secrets.randbelow(_RANDOM_STEP)
                self._has_jumped = True
            return self._last_seq

    def put(self, event: NumberedEvent) -> None:
        """Store an event; its number must be higher than those of the events before."""
        with self._lock:
            self._last_put = event.seq
            self._last_seq = max(self._last_seq, event.seq)
            self._memory.append(event)
            self._flush(now=not self._is_failing)
            while self.waiting > self._capacity:
                self._drop_oldest()

    def keep_draft(self, utterance: Utterance | None) -> None:
        """Keep the utterance in progress, if there is one: its number comes when it ends, or from the next daemon."""
        with self._lock:
            try:
                if self._file is None or self._is_failing:
                    return
                if utterance is None:
                    self._file.end_draft()
                else:
                    self._file.keep_draft(utterance.to_json())
            except sqlite3.Error as error:
                self._handle_failure(error)

    def oldest(self) -> NumberedEvent | None:
        """Return the oldest event, which is published next; events that cannot be read are put aside."""
        with self._lock:
            self._flush(now=False)
            while (stored := self._oldest_in_file()) is not None:
                event = self._parse(stored)
                if event is not None:
                    return event
            return self._memory[0] if self._memory else None

    def remove(self, seq: int) -> None:
        """Remove an event that has arrived; nothing happens if it is not there."""
        with self._lock:
            if self._memory and self._memory[0].seq == seq:
                self._memory.popleft()
            else:
                self._remove_from_file(seq)
            self._is_full = self._is_full and self.waiting > 0

    def drop(self, seq: int) -> None:
        """Remove an event that cannot be published, and count it."""
        self.remove(seq)
        self.dropped += 1

    def sync(self) -> None:
        """Wait until everything so far is on the disk; `put` does not wait meanwhile."""
        file = self._file
        if file is not None:
            try:
                file.sync()
            except OSError as error:
                with self._lock:
                    self._handle_failure(error)

    def close(self) -> None:
        """Close the file; events that are in memory alone are lost."""
        with self._lock:
            self._flush(now=True)
            self._is_closed = True
            self._close_file()

    def _parse(self, stored: StoredEvent) -> NumberedEvent | None:
        """Return the event of a row, or put the row aside."""
        try:
            return _EVENT.validate_json(stored.event)
        except ValidationError as error:
            reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        if not self.unreadable:
            log.error(
                "event %d of the outbox %s cannot be read (%s); it and its like are put aside in the table unreadable",
                stored.seq,
                self._path,
                reason,
            )
        self.unreadable += 1
        try:
            if self._file is not None:
                self._file.put_aside(stored)
        except sqlite3.Error as error:
            self._handle_failure(error)
        self._remove_from_file(stored.seq)
        return None

    def _recover_draft(self) -> None:
        """Store the utterance that was in progress when the daemon before this one was killed."""
        content = None if self._file is None else self._file.draft()
        if self._file is None or content is None:
            return
        try:
            draft = Utterance.model_validate_json(content)
        except ValidationError:
            self._file.end_draft()
            return
        self.put(draft.model_copy(update={"seq": self.claim_seq()}))

    def _claim(self) -> bool:
        """Store that the last number is in use; return False if the file cannot be used."""
        try:
            if self._file is None:
                return False
            self._file.claim(self._last_seq)
        except sqlite3.Error as error:
            self._handle_failure(error)
            return False
        self._has_jumped = False
        return True

    def _oldest_in_file(self) -> StoredEvent | None:
        if not self._in_file or self._file is None:
            return None
        try:
            stored = self._file.oldest(self._delivered_through)
        except sqlite3.Error as error:
            self._handle_failure(error)
            return None
        if stored is not None:
            self._offered = stored.seq
        return stored

    def _remove_from_file(self, seq: int) -> None:
        """Remove an event of the file; it is skipped if the disk refuses."""
        if self._file is None or seq <= self._delivered_through:
            return
        try:
            self._in_file -= self._file.remove(seq)
        except sqlite3.Error as error:
            if seq == self._offered:
                self._delivered_through = seq
                self._in_file = max(0, self._in_file - 1)
            self._handle_failure(error)

    def _drop_oldest(self) -> None:
        """Drop the oldest event of the file or, if it has none, of the memory."""
        stored = self._oldest_in_file()
        if stored is not None:
            self._remove_from_file(stored.seq)
        else:
            self._memory.popleft()
        self.dropped += 1
        if not self._is_full:
            log.error(
                "the outbox is full with %d words and utterances: the oldest are dropped from now on", self._capacity
            )
        self._is_full = True

    def _flush(self, *, now: bool) -> None:
        """Move the events in memory to the file; after a failure only every few seconds, unless `now`."""
        if self._is_closed or not (self._memory or self._is_failing) or (not now and time.monotonic() < self._retry_at):
            return
        self._retry_at = time.monotonic() + _RETRY_S
        try:
            if self._file is None:
                self._open_file()
            if self._is_failing and not self._claim():
                return
            if self._file is not None:
                if self._is_failing:
                    self._file.remove_through(self._delivered_through)
                while self._memory:
                    event = self._memory[0]
                    ends_draft = isinstance(event, Utterance) and event.corrects is None
                    self._file.add(event.seq, event.to_json(), ends_draft=ends_draft)
                    self._memory.popleft()
                    self._in_file += 1
        except (OutboxLocked, OutboxUnusable, OSError, sqlite3.Error) as error:
            self._handle_failure(error)
            return
        if self._is_failing:
            log.warning("the outbox %s can be used again", self._path)
        self._is_failing = False

    def _open_file(self) -> None:
        """Open the file, and continue its numbers. Raises what OutboxFile raises."""
        self._file = OutboxFile(self._path)
        highest = self._file.highest_seq()
        self._last_put = max(self._last_put, highest)
        self._last_seq = max(self._last_seq, highest or secrets.randbelow(_RANDOM_START))
        self._in_file = self._file.count(self._delivered_through)

    def _handle_failure(self, error: Exception) -> None:
        """Continue in memory until the file can be used again. A full disk can still be read."""
        if self._is_closed:
            return
        if error_code(error) != sqlite3.SQLITE_FULL:
            self._close_file()
        self._retry_at = time.monotonic() + _RETRY_S
        if not self._is_failing:
            log.error(
                "the outbox %s cannot be used (%s): words that wait are lost if this daemon ends before it can",
                self._path,
                error,
            )
        self._is_failing = True

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file, self._in_file = None, 0
