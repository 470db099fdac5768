"""The retained topics under which a device has been announced, and which of them it no longer uses.

A broker keeps a retained message for ever. After the device was renamed, or discovery was switched off, Home Assistant
would go on showing a device that is gone. So a small file beside the outbox holds the topics of each name. It is locked
while a daemon has this name: several daemons may share the folder.
"""

import fcntl
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_PREFIX: Final = "announced-"
_NO_TOPIC: Final = set("#+\ufffd")
_TRIGGER: Final = "#trigger "  # begins a line that is no topic, which earlier releases ignore
_MAX_CHARACTERS: Final = 1000
_KEY: Final = re.compile("trigger_[0-9a-f]{12}")


class Announcements:
    """Remembers the topics of this device, and finds those of earlier names and settings."""

    def __init__(self, folder: Path, device: str, topics: Sequence[str]) -> None:
        """`topics` are the retained ones that the device uses now. What cannot be written is not remembered."""
        self._topics = topics
        self._path = folder / f"{_PREFIX}{device}"
        self._before: list[str] = []
        self._former: list[Path] = []
        self._lock: int | None = None
        self._is_remembered = False
        self._triggers: list[str] = []
        self.is_used_elsewhere = False
        """True if a running daemon has this name."""
        try:
            self._lock = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._before, self._triggers = _read(self._path), _read_triggers(self._path)
            self._write(list(dict.fromkeys([*topics, *self._before])))
            self._is_remembered = True
        except BlockingIOError:
            self.is_used_elsewhere = True
            log.info("the topics of this device are not remembered: another daemon has its name")
        except OSError as error:
            log.info("the topics of this device are not remembered: %s", error.strerror)

    def find_stale(self) -> list[str]:
        """Return the topics that hold a message of this device which nobody renews; to be cleared.

        Another daemon may have taken one of the names since the last call.
        """
        self._former = []
        if not self._is_remembered:
            return []
        try:
            found = [*self._before, *self._read_former()]
        except OSError:
            return []
        return [topic for topic in dict.fromkeys(found) if topic not in self._topics]

    def forget_stale(self) -> None:
        """Forget the stale topics, which have been cleared."""
        self._before = []
        with suppress(OSError):  # they are cleared once more then
            self._write(self._topics)
            for path in self._former:
                path.unlink(missing_ok=True)

    @property
    def triggers(self) -> Sequence[str]:
        """The keys of the device triggers that were announced last."""
        return self._triggers

    def remember_triggers(self, keys: Sequence[str]) -> None:
        """Remember the keys of the device triggers that are announced now."""
        if self._is_remembered and list(keys) != self._triggers:
            self._triggers = list(keys)
            with suppress(OSError):  # then Home Assistant keeps one that is gone until it is started again
                self._write(list(dict.fromkeys([*self._topics, *self._before])))

    def remove(self) -> None:
        """Remove the file, since the broker keeps nothing of this device any more."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the name."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _read_former(self) -> Iterator[str]:
        """Yield the topics of names that no daemon has any more."""
        for path in sorted(self._path.parent.glob(f"{_PREFIX}*")):
            if path != self._path and _is_free(path):
                self._former.append(path)
                yield from _read(path)

    def _write(self, topics: Sequence[str]) -> None:
        """Replace the content of the file, whose lock stays."""
        lines = [*topics, *(f"{_TRIGGER}{key}" for key in self._triggers)]
        self._path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _read(path: Path) -> list[str]:
    """Return the topics in a file, whatever else it holds."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [
        line for line in lines if 0 < len(line) <= _MAX_CHARACTERS and line.isprintable() and not _NO_TOPIC & set(line)
    ]


def _read_triggers(path: Path) -> list[str]:
    """Return the keys of device triggers in a file."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    keys = [line.removeprefix(_TRIGGER) for line in lines if line.startswith(_TRIGGER)]
    return [key for key in keys if _KEY.fullmatch(key)]


def _is_free(path: Path) -> bool:
    """Return True if no daemon has locked the file."""
    opened = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(opened)
    return True
