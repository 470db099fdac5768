"""Reads configuration and bundle anew while the daemon goes on with the old ones, which leave only for good ones."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from edge.config import EdgeConfig
from edge.refusals import REFUSALS
from edge.service import Service
from models.bundle import Bundle

if TYPE_CHECKING:
    from models.classifier import OnnxClassifier

log = logging.getLogger(__name__)

_LAST_PLAN_S: Final = 0.5  # a plan that is just being drawn up is wanted by nobody any more


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What the stages are put together from; all of it can be had while other stages still work."""

    config: EdgeConfig
    bundle: Bundle
    classifier: "OnnxClassifier"
    before: "Plan | None" = None
    """The plan to go back to when the stages of this one are refused."""


class Reloader:
    """Draws up a new plan when asked, on a thread of its own, and stops the stages at work when there is one."""

    def __init__(self, draw_up: Callable[[], Plan], service: Service) -> None:
        """`draw_up` reads everything anew; what it refuses is told to the service and the log, and no more happens."""
        self._draw_up = draw_up
        self._service = service
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None
        self._next: Plan | None = None
        self._asked = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="reload", daemon=True)

    def ask(self) -> None:
        """Reload soon; asked twice in the meantime is asked once. Does not block."""
        self._asked.set()

    def stop_with(self, stop: Callable[[], None]) -> None:
        """Call this when the stages at work are to leave for others, or now if they are by now."""
        with self._lock:
            self._stop = stop
            wanted = self._next is not None
        if wanted:
            stop()

    def next_plan(self, old: Plan) -> Plan | None:
        """The plan after `old`, once; None when no other was drawn up."""
        with self._lock:
            plan, self._next, self._stop = self._next, None, None
        return None if plan is None else replace(plan, before=replace(old, before=None))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._asked.set()
        self._thread.join(_LAST_PLAN_S)

    def _wait(self) -> None:
        while self._asked.wait() and not self._over.is_set():
            self._asked.clear()
            self._service.reload()
            try:
                plan = self._draw_up()
            except REFUSALS as error:
                log.warning("the new configuration is refused, the old one goes on: %s", error)
                self._service.refuse(str(error))
                continue
            self._service.give_way()
            with self._lock:
                self._next, stop = plan, self._stop
            if stop is not None:
                stop()
