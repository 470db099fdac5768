"""The consent in force: who has agreed that takes are kept now, and until when.

It stands in a file, so that it outlives the daemon, and a command on the device can begin and end it too.
"""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from edge.config.learning import LearningConfig
from edge.consent.question import question
from edge.monitoring.status import DeviceStatus, Keeping
from landmarkers.consent import Consent, Instant, Purpose
from landmarkers.errors import UserError
from landmarkers.parsing import describe, read_limited
from models.durable import replace_file
from models.stored_model import StoredModel

log = logging.getLogger(__name__)

SESSION_FILE: Final = "consent.json"
_CLOCK_TOLERANCE: Final = timedelta(minutes=1)  # by which the clock may have been put back since
_MAX_BYTES: Final = 1 << 14


class ConsentUnwritable(UserError):
    """The consent cannot be written to the state folder; the message says why."""


class ConsentEnded(UserError):
    """A consent is in force no more; the message says that nothing may be kept."""


class Session(StoredModel):
    """A consent, and until when takes are kept by it."""

    consent: Consent
    until: Instant
    only_teaches: bool = False
    """True if only takes that are asked for are kept by it, perhaps at another camera, and none of words."""

    @property
    def left_s(self) -> float:
        """Return the seconds until it ends; none if the clock has been put back so far that the end cannot be told."""
        now = datetime.now(UTC)
        return (self.until - now).total_seconds() if now >= self.consent.asked_at - _CLOCK_TOLERANCE else 0.0


@dataclass(frozen=True, slots=True)
class _Held:
    """A session in memory; it also ends at an instant of the monotonic clock, whatever becomes of that of the day."""

    session: Session
    ends_at: float

    @classmethod
    def of(cls, session: Session) -> Self:
        return cls(session, time.monotonic() + session.left_s)

    @property
    def is_over(self) -> bool:
        return self.session.left_s <= 0.0 or time.monotonic() >= self.ends_at


def read_session(content: bytes) -> Session:
    """Return the session in the content of its file. Raises ValueError."""
    return Session.model_validate_json(content)


class ConsentSessions:
    """Begins and ends sessions, one at a time; any thread may call."""

    def __init__(self, folder: Path, config: LearningConfig, status: DeviceStatus) -> None:
        """Continue the session that is in force in a device's folder; `status` shows it."""
        self._folder = folder
        self._path = folder / SESSION_FILE
        self._config = config
        self._status = status
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._held: _Held | None = None
        self.refresh()

    @property
    def current(self) -> Consent | None:
        """Return the consent that is in force at this moment, without waiting for a disk."""
        held = self._held
        return None if held is None or held.is_over else held.session.consent

    @property
    def current_for_words(self) -> Consent | None:
        """Return the consent in force if takes of words may be kept by it."""
        held = self._held
        return None if held is None or held.session.only_teaches else self.current

    def require(self, consent: Consent) -> None:
        """Raise ConsentEnded unless this consent is in force, by what the file says now."""
        self.refresh()
        if self.current != consent:
            raise ConsentEnded("the consent has ended, so that nothing may be kept")

    def begin(self, person: str, purpose: Purpose, minutes: int, *, only_teaches: bool = False) -> Consent:
        """Keep takes of a person from now on, instead of those of anybody before. Raises ConsentUnwritable."""
        now = datetime.now(UTC)
        consent = Consent(
            person=person,
            asked_by=self._config.asked_by,
            asked_at=now,
            purpose=purpose,
            words=question(self._config, purpose),
            days=self._config.days,
        )
        session = Session(consent=consent, until=now + timedelta(minutes=minutes), only_teaches=only_teaches)
        with self._lock:
            self._write(session)
            self._hold(_Held.of(session))
        return consent

    def end(self, consent: Consent | None = None) -> None:
        """Keep nothing from now on; given a consent, only if that is the one in force."""
        self.refresh()
        if consent not in (None, self.current):
            return
        with self._lock:
            self._forget()

    def refresh(self) -> None:
        """Follow the file, which a command on the device may have changed, and end the session when its time is over.

        To be called about every second.
        """
        with self._lock:
            if self._stamp != (stamp := self._read_stamp()):
                self._stamp = stamp
                self._hold(None if stamp is None else self._read())
            if self._held is not None and self._held.is_over:
                self._forget()

    def _hold(self, held: _Held | None) -> None:
        self._held = held
        keeping = None
        if held is not None:
            keeping = Keeping(held.session.consent.person, held.session.consent.purpose, held.session.until)
        self._status.set_keeping(keeping)

    def _read(self) -> _Held | None:
        """Return what the file holds; None if that is no session."""
        try:
            return _Held.of(read_session(read_limited(self._path, _MAX_BYTES)))
        except (OSError, ValueError) as error:
            log.warning("no takes are kept: %s is no consent: %s", self._path, describe(error))
            return None

    def _read_stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def _write(self, session: Session) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._path, session.model_dump_json().encode())
        except OSError as error:
            raise ConsentUnwritable(f"the consent cannot be written to {self._folder}: {error.strerror}") from error
        self._stamp = self._read_stamp()

    def _forget(self) -> None:
        self._hold(None)
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("the consent that has ended cannot be deleted from %s: %s", self._path, error.strerror)
        self._stamp = self._read_stamp()
