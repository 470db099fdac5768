"""Lets somebody at a distance choose among the models that are installed: the command `activate`."""

import logging
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

from edge.lifecycle.plan import Plan
from edge.monitoring.status import Component, DeviceStatus
from edge.requests import Activate, RequestRefused
from edge.workers.supervised_thread import SupervisedThread
from landmarkers.errors import UserError
from landmarkers.plain_text import one_line
from models.store import SHIPPED, BundleStore, StoreUnusable

log = logging.getLogger(__name__)

_MOST: Final = 10
_IN_S: Final = 3600.0
"""Each choice runs the smoke test and writes to the disk, and whoever chooses may be a program that fails."""
_CLOSE_TIMEOUT_S: Final = 1.0


class ModelChoice:
    """Activates installed models on request, one after another, as `ishara-edge models activate` does.

    The store verifies the signature where keys are configured, tries the model, and puts it on probation. It takes
    seconds, so a thread of its own does it.
    """

    def __init__(self, store: BundleStore, plan: Plan, status: DeviceStatus, reload: Callable[[], None]) -> None:
        """`reload` has the daemon open the store's active model; `use_plan` is to be called when it uses another."""
        self._store = store
        self._status = status
        self._reload = reload
        self._used = plan.installed_as
        self._recent: deque[float] = deque(maxlen=_MOST)
        self._is_busy = False
        self._wanted: SimpleQueue[str | None] = SimpleQueue()
        self._thread = SupervisedThread("the choice of a model", self._run, status.escalation(Component.DAEMON))
        self._thread.start()

    @property
    def options(self) -> tuple[str, ...]:
        """The names of the models that may be chosen, the shipped one first."""
        try:
            names = self._store.names()
        except StoreUnusable:  # `models list` and the doctor report it
            names = []
        return tuple(dict.fromkeys([SHIPPED, *names, self._used]))

    def use_plan(self, plan: Plan) -> None:
        """Take note of the model in use."""
        self._used = plan.installed_as

    def choose(self, request: Activate) -> None:
        """Have the model activated soon. Raises RequestRefused."""
        name, now = request.model, time.monotonic()
        if name not in self.options:
            there = ", ".join(self.options)
            raise RequestRefused(f"there is no model {one_line(name)} on this device; there are: {there}")
        if self._is_busy:
            raise RequestRefused("another model is being activated; wait until it is in use")
        if len(self._recent) == _MOST and now - self._recent[0] < _IN_S:
            raise RequestRefused(f"{_MOST} models were chosen within an hour; wait a while")
        self._recent.append(now)
        self._is_busy = True
        self._wanted.put(name)

    def close(self) -> None:
        """Activate nothing more."""
        self._wanted.put(None)
        self._thread.close(_CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        while (name := self._wanted.get()) is not None:
            try:
                self._activate(name)
            finally:
                self._is_busy = False

    def _activate(self, name: str) -> None:
        try:
            self._store.activate(name)
        except UserError as error:
            log.warning("the model %s, which somebody chose, is refused: %s", name, error)
            self._status.set_model_refused(f"{name}: {error}")
            return
        log.info("the model %s was chosen over MQTT", name)
        self._status.set_model_refused(None)
        self._reload()
