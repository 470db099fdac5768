"""The versions before the latest changes of a file, and the change on trial, each in a file of its own."""

import hashlib
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, Self, TypeVar

from pydantic import AwareDatetime, ValidationError

from landmarkers.parsing import MAX_BYTES, describe, read_limited
from models.durable import create_folder, replace_file, sync_folder
from models.strict_model import StrictModel

log = logging.getLogger(__name__)

KEPT: Final = 10
"""The number of versions that are kept."""
By = Literal["page", "command line"]
_TRIAL: Final = "trial.json"
_MODE: Final = 0o600  # as the file itself, whose camera's address may hold a password
_FOLDER_MODE: Final = 0o700


def digest_of(text: str) -> str:
    """Return what distinguishes a text from others."""
    return hashlib.sha256(text.encode()).hexdigest()


class Record(StrictModel):
    """A record that is stored as one file of JSON."""

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Return the record in a file's content. Raises ValueError."""
        return cls.model_validate_json(content)


class SavedVersion(Record):
    """A text that a change has replaced."""

    number: int
    at: AwareDatetime
    """The time of the change."""
    by: By
    text: str
    """The text before the change."""
    after: str
    """The digest of the text after it."""


class Trial(Record):
    """A change that the daemon has not used yet: if it refuses it, the text before is written back."""

    before: str | None
    """The text before the change; None if there was no file."""
    after: str
    """The digest of the text after it."""
    drop_if_used: int | None = None
    """The number of the version to which an undo returned."""
    drop_if_refused: int | None = None
    """The number of the version that the change has made."""


R = TypeVar("R", bound=Record)


class History:
    """The folder `NAME.versions` beside a file. Methods raise OSError."""

    def __init__(self, path: Path) -> None:
        self.folder = path.with_name(f"{path.name}.versions")

    def versions(self) -> list[SavedVersion]:
        """Return the versions, the newest first; one that cannot be read is left out, and logged."""
        found = (_load(SavedVersion, path) for path in self._version_files())
        return [version for version in found if version is not None]

    def add(self, text: str, after: str, by: By) -> int:
        """Save the text before a change, and remove the oldest versions; return the number of the new one."""
        files = self._version_files()
        number = int(files[0].stem) + 1 if files else 1
        version = SavedVersion(number=number, at=datetime.now(UTC), by=by, text=text, after=after)
        self._write(self._version_file(number), version)
        for path in files[KEPT - 1 :]:
            path.unlink()
        return number

    def drop(self, number: int | None) -> None:
        """Remove a version, if there is such a one."""
        if number is not None:
            self._version_file(number).unlink(missing_ok=True)

    def trial(self) -> Trial | None:
        """Return the change on trial, if there is one that can be read."""
        path = self.folder / _TRIAL
        return _load(Trial, path) if path.exists() else None

    def begin_trial(self, trial: Trial) -> None:
        """Save that a change is on trial, before it is made."""
        self._write(self.folder / _TRIAL, trial)

    def end_trial(self) -> None:
        """Forget the trial, if there is one."""
        (self.folder / _TRIAL).unlink(missing_ok=True)
        if self.folder.is_dir():
            sync_folder(self.folder)

    def remove(self) -> None:
        """Remove everything."""
        for path in self.folder.glob("*") if self.folder.is_dir() else ():
            path.unlink()
        if self.folder.is_dir():
            self.folder.rmdir()

    def _write(self, path: Path, record: Record) -> None:
        if not self.folder.is_dir():
            create_folder(self.folder)
            self.folder.chmod(_FOLDER_MODE)
        replace_file(path, record.model_dump_json().encode(), _MODE)

    def _version_file(self, number: int) -> Path:
        return self.folder / f"{number:06d}.json"

    def _version_files(self) -> list[Path]:
        named = [path for path in self.folder.glob("*.json") if re.fullmatch("[0-9]{6,9}", path.stem)]
        return sorted(named, key=lambda path: int(path.stem), reverse=True)


def _load(kind: type[R], path: Path) -> R | None:
    try:
        return kind.read(read_limited(path, 2 * MAX_BYTES))
    except (OSError, ValueError) as error:
        why = describe(error) if isinstance(error, ValidationError) else str(error)
        log.warning("%s of the settings' versions cannot be read: %s", path, why)
        return None
