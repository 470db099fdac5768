"""Reads configuration and bundle anew while the daemon goes on with the old ones, which leave only for good ones."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self

from edge.config import EdgeConfig
from edge.lifecycle.service import Service
from edge.monitoring.meter import MeteredClassifier
from landmarkers.errors import UserError
from models.bundle import Bundle

log = logging.getLogger(__name__)

_LAST_PLAN_S: Final = 0.5  # a plan that is just being drawn up is wanted by nobody any more


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What the stages are put together from; all of it can be had while other stages still work."""

    config: EdgeConfig
    bundle: Bundle
    classifier: MeteredClassifier
    previous: "Plan | None" = None
    """The plan to go back to when the stages of this one are refused."""

    @property
    def threshold(self) -> float:
        """How sure the model must be of a word."""
        configured = self.config.model.threshold
        return self.bundle.manifest.calibration.threshold if configured is None else configured

    def differs_only_in_model(self, old: "Plan") -> bool:
        """Whether nothing but the model, which reads the same landmarks, or its threshold differs from the old plan.

        Where nothing differs at all, files that the configuration names may: a password, a certificate. These are read
        when the stages are put together.
        """
        new, before = self.bundle.manifest, old.bundle.manifest
        if (new, self.threshold) == (before, old.threshold):
            return False
        reads_the_same = (new.parts, new.landmarker) == (before.parts, before.landmarker)
        model = self.config.model.model_copy(
            update={"folder": old.config.model.folder, "threshold": old.config.model.threshold}
        )
        return reads_the_same and self.config.model_copy(update={"model": model}) == old.config


Swap = Callable[[Plan], bool]


class Reloader:
    """Draws up a new plan when asked, on a thread of its own.

    The stages at work take it over if they can; else they are stopped, so that others are put together from it.
    """

    def __init__(self, draw_up: Callable[[], Plan], service: Service) -> None:
        """`draw_up` reads everything anew; what it refuses is told to the service and the log, and no more happens."""
        self._draw_up = draw_up
        self._service = service
        self._lock = threading.Lock()
        self._swap: Swap | None = None
        self._stop: Callable[[], None] | None = None
        self._swapped: Plan | None = None
        self._next: Plan | None = None
        self._asked = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="reload", daemon=True)

    def request(self) -> None:
        """Reload soon; asked twice in the meantime is asked once. Does not block."""
        self._asked.set()

    def attach(self, swap: Swap, stop: Callable[[], None]) -> None:
        """Offer a new plan to the stages at work: `swap` gives whether they go on with it; else they are to `stop`.

        If they are to leave by now, they are stopped now.
        """
        with self._lock:
            self._swap, self._stop = swap, stop
            wanted = self._next is not None
        if wanted:
            stop()

    def next_plan(self, old: Plan) -> Plan | None:
        """The plan after `old` and what was swapped since, once; None when no other was drawn up."""
        with self._lock:
            plan, self._next, self._swap, self._stop = self._next, None, None, None
            last, self._swapped = self._swapped or old, None
        return None if plan is None else replace(plan, previous=replace(last, previous=None))

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
            self._service.reloading()
            try:
                plan = self._draw_up()
            except UserError as error:
                log.warning("the new configuration is refused, the old one goes on: %s", error)
                self._service.reload_refused(str(error))
                continue
            if self._is_swapped(plan):
                self._service.reloaded()
                continue
            self._service.restarting()
            with self._lock:
                self._next, stop = plan, self._stop
            if stop is not None:
                stop()

    def _is_swapped(self, plan: Plan) -> bool:
        """Whether stages are at work that go on with the plan."""
        with self._lock:
            swap = None if self._next is not None else self._swap
            if swap is None or not swap(plan):
                return False
            self._swapped = plan
            return True
