"""Follows the versions on the disk: other programs teach the device too, or have it forget somebody."""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from edge.learned.versions import LearnedVersions, VersionsUnusable
from edge.lifecycle.plan import Plan
from edge.workers.supervised_thread import Escalation, SupervisedThread

_EVERY_S: Final = 5.0
_CLOSE_TIMEOUT_S: Final = 1.0


class VersionFollower:
    """Has the daemon read again what was learned once another version is in force than the one in use."""

    def __init__(self, plan: Plan, folder: Path, reload: Callable[[], None], escalation: Escalation) -> None:
        """`use_plan` is to be called whenever the daemon uses another plan."""
        self._versions = LearnedVersions(folder)
        self._seen = self._version_of(plan)
        self._reload = reload
        self._closing = threading.Event()
        self._thread = SupervisedThread("the watch over learned signs", self._run, escalation)
        self._thread.start()

    def use_plan(self, plan: Plan) -> None:
        """Compare with the version of another plan from now on."""
        self._seen = self._version_of(plan)

    def close(self) -> None:
        """Follow nothing more."""
        self._closing.set()
        self._thread.close(_CLOSE_TIMEOUT_S)

    @staticmethod
    def _version_of(plan: Plan) -> tuple[int, datetime] | None:
        return None if plan.learned is None else (plan.learned.version, plan.learned.at)

    def _run(self) -> None:
        while not self._closing.wait(_EVERY_S):
            try:
                version = self._versions.current()
            except (VersionsUnusable, OSError):  # loading a plan reports it
                continue
            found = None if version is None or not version.takes else (version.version, version.at)
            if found != self._seen:
                self._seen = found  # what cannot be used is not tried again and again
                self._reload()
