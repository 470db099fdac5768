"""The file of the settings: changed atomically, with the versions before, and on trial until the daemon uses it.

A change is three durable writes: the version before, the trial, the file itself. A program that is killed between two
of them leaves the old file, with a version and a trial that have no effect; after the third the new file is there.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import dropwhile
from pathlib import Path
from typing import Final

from edge.config.text_file import read_text_file
from edge.settings.history import By, History, SavedVersion, Trial, digest_of
from landmarkers.errors import UserError
from landmarkers.parsing import describe
from models.durable import replace_file, sync_folder

_NEW_MODE: Final = 0o600


class SettingsRefused(UserError):
    """The settings cannot be read or changed; the message is one sentence that says why."""


class SettingsFile:
    """One file of settings. Methods raise SettingsRefused where it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # A symlink stays what it is. Another path stays as it is: its user may not be allowed to go the whole way.
        self._real = Path(os.path.realpath(path)) if path.is_symlink() else path
        self._history = History(self._real)

    def read(self) -> str | None:
        """Return the text; None if there is no file."""
        try:
            return read_text_file(self._real)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise SettingsRefused(f"the settings {self.path} cannot be read: {_reason(error)}") from error

    def why_unwritable(self) -> str | None:
        """Return why this process cannot change the file, in one sentence; None if it can."""
        if os.access(self._real.parent, os.W_OK | os.X_OK):
            return None
        folder = self._real.parent
        return f"the settings stand in {self.path}, and this program may not write in {folder}: change them there"

    def versions(self) -> list[SavedVersion]:
        """Return the versions before the latest changes, the newest first."""
        with self._explained():
            current, versions = self.read(), self._history.versions()
        # A version that is like the file is of a change that was not made: the program was killed before.
        return list(dropwhile(lambda version: version.text == current, versions))

    def write(self, text: str, by: By) -> None:
        """Put the text into the file, on trial; a change before that is still on trial counts as used."""
        with self._explained(), self._locked():
            self._settle(is_used=True)
            before, after = self.read(), digest_of(text)
            number = None if before is None else self._history.add(before, after, by)
            self._history.begin_trial(Trial(before=before, after=after, drop_if_refused=number))
            self._replace(text)

    def undo(self) -> None:
        """Return to the text before the latest change, on trial."""
        with self._explained(), self._locked():
            self._settle(is_used=True)
            versions, current = self.versions(), self.read()
            if not versions or current is None:
                raise SettingsRefused(f"no change of the settings {self.path} can be undone")
            if versions[0].after != digest_of(current):
                raise SettingsRefused(f"the settings {self.path} were changed by hand since; change them by hand again")
            text = versions[0].text
            trial = Trial(before=current, after=digest_of(text), drop_if_used=versions[0].number)
            self._history.begin_trial(trial)
            self._replace(text)

    def change_on_trial(self) -> str | None:
        """Return the digest of the latest change if the daemon has not used it yet."""
        with self._explained():
            trial = self._trial()
        return None if trial is None else trial.after

    def settle(self, change: str | None, *, is_used: bool) -> bool:
        """End the trial of a change: if it is not used, write the text before back.

        Return False, and leave all as it is, if this change is not on trial, but another one or none.
        """
        with self._explained(), self._locked():
            trial = self._trial()
            return trial is not None and trial.after == change and self._settle(is_used=is_used)

    def remove(self) -> None:
        """Remove the file with all of its versions."""
        with self._explained():
            self._restore(None)
            self._history.remove()

    def texts(self) -> list[str]:
        """Return every text that may be in the file again: its own, those of its versions and that before a trial."""
        with self._explained():
            trial = self._history.trial()
            found = [self.read(), None if trial is None else trial.before]
            return [text for text in found if text] + [version.text for version in self._history.versions()]

    def _settle(self, *, is_used: bool) -> bool:
        trial = self._trial()
        if trial is not None and is_used:
            self._history.drop(trial.drop_if_used)
        elif trial is not None:
            self._restore(trial.before)
            self._history.drop(trial.drop_if_refused)
        self._history.end_trial()
        return trial is not None

    def _trial(self) -> Trial | None:
        """Return the trial of the text that stands in the file now; another one has no effect."""
        trial, current = self._history.trial(), self.read()
        return trial if trial is not None and current is not None and trial.after == digest_of(current) else None

    def _restore(self, text: str | None) -> None:
        if text is not None:
            self._replace(text)
        elif self._real.exists():
            self._real.unlink()
            sync_folder(self._real.parent)

    def _replace(self, text: str) -> None:
        mode = stat.S_IMODE(self._real.stat().st_mode) if self._real.exists() else _NEW_MODE
        replace_file(self._real, text.encode(), mode)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let no other process change the settings meanwhile."""
        descriptor = os.open(self._real.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SettingsRefused(f"the settings {self.path} cannot be written: {error.strerror}") from error


def _reason(error: Exception) -> str:
    return str(error.strerror) if isinstance(error, OSError) else describe(error)
