"""Deletes takes whose time is over, also after nothing is kept any more."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.consent.learning_folder import LearningFolder, learning_folder
from edge.workers.supervised_thread import Escalation, SupervisedThread
from landmarkers.errors import UserError

log = logging.getLogger(__name__)

_EVERY_S: Final = 3600.0
_CLOSE_TIMEOUT_S: Final = 1.0


class Retention:
    """Looks at the folders of all devices of a state folder at once, and then every hour."""

    def __init__(self, state: Path, on_deleted: Callable[[Path], object], escalation: Escalation) -> None:
        """`on_deleted` is called with a folder of which takes were deleted, on this object's own thread."""
        self._state = state
        self._on_deleted = on_deleted
        self._closing = threading.Event()
        self._thread = SupervisedThread("the deletion of takes", self._run, escalation)
        self._thread.start()

    @staticmethod
    def is_needed(state: Path) -> bool:
        """Return True if any device has a folder there."""
        return any(state.glob(learning_folder(state, "*").name))

    def close(self) -> None:
        """Delete nothing more."""
        self._closing.set()
        self._thread.close(_CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        while not self._closing.is_set():
            for folder in sorted(self._state.glob(learning_folder(self._state, "*").name)):
                try:
                    if count := LearningFolder(folder).delete_expired(datetime.now(UTC)):
                        log.info("%d takes in %s are deleted: the days of their consent are over", count, folder)
                        self._on_deleted(folder)
                except (OSError, UserError) as error:
                    log.warning("takes whose time is over cannot be deleted from %s: %s", folder, error)
            self._closing.wait(_EVERY_S)
