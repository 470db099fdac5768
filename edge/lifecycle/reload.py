"""Reads configuration and bundle again while the daemon continues with the old ones, which only good ones replace."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from edge.lifecycle.plan import Plan
from edge.lifecycle.service import CONFIG_REFUSED, Service
from edge.workers.supervised_thread import Escalation, SupervisedThread
from landmarkers.errors import UserError

log = logging.getLogger(__name__)

_JOIN_S: Final = 0.5  # a plan that is still being loaded at the end is not needed any more

TrySwap = Callable[[Plan], bool]


class Reloader:
    """Loads a new plan on request, on a thread of its own.

    The running stages swap to it if they can; otherwise they are stopped, so that others are built from it.
    """

    def __init__(
        self,
        load_plan: Callable[[], Plan],
        service: Service,
        escalation: Escalation,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        """`load_plan` reads everything again; if it raises UserError, service and log report that and nothing more.

        `on_failure` is called, and must not raise, when a reload has failed of what nobody foresaw.
        """
        self._load_plan = load_plan
        self._service = service
        self._lock = threading.Lock()
        self._try_swap: TrySwap | None = None
        self._stop: Callable[[], None] | None = None
        self._swapped: Plan | None = None
        self._plan: Plan | None = None
        self._next: Plan | None = None
        self._may_keep_equal = True
        self._requested = threading.Event()
        self._closed = threading.Event()
        self._escalation = escalation
        self._on_failure = on_failure
        self._thread = SupervisedThread("reloading", self._run, replace(escalation, report=self._report))

    def request(self) -> None:
        """Reload soon; several requests in the meantime count as one. Does not block."""
        self._may_keep_equal = False
        self._requested.set()

    def request_learned(self) -> None:
        """Reload soon to use what was learned; the stages stay as they are if nothing differs. Does not block."""
        self._requested.set()

    def attach(self, plan: Plan, try_swap: TrySwap, stop: Callable[[], None]) -> None:
        """Offer new plans to the running stages of a plan: if `try_swap` returns False, `stop` is called.

        If a new plan already waits for them to end, they are stopped now.
        """
        with self._lock:
            self._plan, self._try_swap, self._stop = plan, try_swap, stop
            must_stop = self._next is not None
        if must_stop:
            stop()

    def next_plan(self, old: Plan) -> Plan | None:
        """Return, once, the plan that follows `old` and what was swapped in since; None if no other was loaded."""
        with self._lock:
            plan, self._next, self._try_swap, self._stop = self._next, None, None, None
            last, self._swapped = self._swapped or old, None
        return None if plan is None else replace(plan, previous=replace(last, previous=None))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._requested.set()
        self._thread.close(_JOIN_S)

    def _run(self) -> None:
        while self._requested.wait() and not self._closed.is_set():
            self._requested.clear()
            may_keep_equal, self._may_keep_equal = self._may_keep_equal, True
            self._service.reloading()
            try:
                self._use(self._load_plan(), may_keep_equal=may_keep_equal)
            except UserError as error:
                log.warning(CONFIG_REFUSED, error)
                self._service.reload_refused(str(error))

    def _report(self, thread: str, fault: str | None) -> None:
        if fault is not None:
            self._on_failure()
            self._service.reload_refused("reading it failed unexpectedly; the log says how")
        self._escalation.report(thread, fault)

    def _use(self, plan: Plan, *, may_keep_equal: bool) -> None:
        if self._is_swapped(plan, may_keep_equal=may_keep_equal):
            self._service.reloaded()
            return
        self._service.restarting()
        with self._lock:
            self._next, stop = plan, self._stop
        if stop is not None:
            stop()

    def _is_swapped(self, plan: Plan, *, may_keep_equal: bool) -> bool:
        """Swap the running stages to the plan; return False if there are none or they cannot."""
        with self._lock:
            try_swap, used = None if self._next is not None else self._try_swap, self._swapped or self._plan
            if try_swap is None:
                return False
            if may_keep_equal and used is not None and plan.equals(used):
                return True
            if not try_swap(plan):
                return False
            self._swapped = plan
            return True
