"""The retained topics under which a device has been announced, and which of them it no longer uses.

A broker keeps a retained message for ever. After the device was renamed, or discovery was switched off, Home Assistant
would go on showing a device that is gone. So a small file beside the outbox holds the topics of each name. It is locked
while a daemon has this name: several daemons may share the folder.
"""

import fcntl
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_PREFIX: Final = "announced-"
_NO_TOPIC: Final = set("#+\ufffd")
_MAX_CHARACTERS: Final = 1000


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
        try:
            self._lock = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._before = _read(self._path)
            self._write(list(dict.fromkeys([*topics, *self._before])))
            self._is_remembered = True
        except OSError as error:
            log.info("the topics of this device are not remembered: %s", error)

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
        self._path.write_text("".join(f"{topic}\n" for topic in topics), encoding="utf-8")


def _read(path: Path) -> list[str]:
    """Return the topics in a file, whatever else it holds."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [
        line for line in lines if 0 < len(line) <= _MAX_CHARACTERS and line.isprintable() and not _NO_TOPIC & set(line)
    ]


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
