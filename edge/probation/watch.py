"""Watches the model at work while it is on probation, and goes back to the one before when it fails."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.config import SHIPPED_MODEL
from edge.lifecycle.plan import Plan
from edge.monitoring.liveness import LivenessMonitor
from edge.monitoring.status import ON_PROBATION, PROVEN, DeviceStatus
from edge.probation.probation_state import ProbationState
from edge.probation.segments import RecentSegments
from edge.probation.shadow import Shadow, ShadowModel, running_shadow
from models.bundle import Bundle, BundleRefused, open_bundle
from models.classifier import OnnxClassifier
from models.store import BundleStore, StoreUnusable

log = logging.getLogger(__name__)

_LOOK_S: Final = 1.0
_LAST_LOOK_S: Final = 3.0


class ProbationWatch:
    """A thread that sleeps while no model is on probation.

    It judges at the priority of all others, so that a model which takes the whole processor is judged too; what the old
    and the new model say is found out by a thread of low priority.
    """

    def __init__(
        self,
        store: BundleStore,
        stretches: RecentSegments,
        status: DeviceStatus,
        heart: LivenessMonitor,
        go_back: Callable[[], None],
    ) -> None:
        """How the model stands is told to `standing`. `go_back` has the daemon read what the store says by then."""
        self._store = store
        self._stretches = stretches
        self._status = status
        self._heart = heart
        self._go_back = go_back
        self._lock = threading.Lock()
        self._plan: Plan | None = None
        self._woken = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="probation", daemon=True)
        self._thread.start()

    def start(self, plan: Plan) -> None:
        """The plan's model reads from now on; whether it is on probation, the store knows. Does not block."""
        with self._lock:
            self._plan = plan
        self._woken.set()

    def close(self) -> None:
        """Watch no more."""
        self._over.set()
        self._woken.set()
        self._thread.join(_LAST_LOOK_S)

    def _watch(self) -> None:
        while not self._over.is_set():
            self._woken.wait()
            self._woken.clear()
            with self._lock:
                plan, self._plan = self._plan, None
            if plan is None:
                continue
            try:
                self._status.set_model_state(_state(self._store, plan))
                if _is_on_probation(self._store, plan):
                    self._prove(plan)
            except StoreUnusable as error:
                log.warning("how %s stands is not known: %s", plan.bundle.manifest.title, error)

    def _prove(self, plan: Plan) -> None:
        """Watch until the model has proved itself, has failed, or another one takes over. Raises StoreUnusable."""
        title = plan.bundle.manifest.title
        log.warning("%s is on probation for %.0f s", title, plan.config.model.probation_s)
        old = self._open_before(plan)
        shadow = None if old is None else Shadow(old, ShadowModel(plan.bundle, plan.classifier, plan.threshold))
        term = ProbationState(plan.config.model, plan.classifier, self._status, self._heart, shadow)
        if shadow is None:
            self._judge(plan, term)
            return
        with running_shadow(shadow, self._stretches):
            self._judge(plan, term)

    def _judge(self, plan: Plan, term: ProbationState) -> None:
        title, is_told = plan.bundle.manifest.title, False
        while not self._woken.wait(_LOOK_S):
            if (fault := term.find_fault()) is not None:
                self._fail(plan, fault)
                return
            if term.is_long_enough and term.is_seen_enough:
                self._pass(plan)
                return
            if term.is_long_enough and not is_told:
                is_told = True
                self._store.reset_starts()  # a device that is switched off each night shall not lose a sound model
                log.info("%s stays on probation until somebody has signed, so that it can be judged", title)

    def _pass(self, plan: Plan) -> None:
        if _is_on_probation(self._store, plan):
            self._store.pass_probation()
            log.warning("%s has proved itself", plan.bundle.manifest.title)
            self._status.set_model_state(PROVEN)

    def _fail(self, plan: Plan, fault: str) -> None:
        if not _is_on_probation(self._store, plan):  # meanwhile the operator has taken it back, or named another one
            return
        self._store.rollback(fault)
        log.error("%s is rolled back: %s", plan.bundle.manifest.title, fault)
        self._status.set_model_state(_state(self._store, plan))
        self._go_back()

    def _open_before(self, plan: Plan) -> ShadowModel | None:
        """The reader of the model before, if it reads the same landmarks."""
        new, folder = plan.bundle.manifest, self._store.previous()
        try:
            bundle = open_bundle(SHIPPED_MODEL) if folder is None else self._store.open(folder)
            if (bundle.manifest.parts, bundle.manifest.landmarker) != (new.parts, new.landmarker):
                raise BundleRefused(f"{bundle.manifest.title} reads other landmarks")
            return ShadowModel(bundle, OnnxClassifier(bundle), _threshold(plan, bundle))
        except BundleRefused as error:
            log.warning("the words of %s are compared with nobody's: %s", new.title, error)
            return None


def _threshold(plan: Plan, bundle: Bundle) -> float:
    configured = plan.config.model.threshold
    return bundle.manifest.calibration.threshold if configured is None else configured


def _is_on_probation(store: BundleStore, plan: Plan) -> bool:
    """Whether the plan's bundle serves, on probation. Raises StoreUnusable."""
    return store.probation() is not None and _is_serving(store.current(), plan)


def _is_serving(current: Path | None, plan: Plan) -> bool:
    return current is not None and current.resolve() == plan.bundle.folder.resolve()


def _state(store: BundleStore, plan: Plan) -> str | None:
    """How the model at work stands, in words; None where the store has nothing to do with it. Raises StoreUnusable."""
    if _is_on_probation(store, plan):
        return ON_PROBATION
    last = next((event for event in store.events() if event.what != "installed"), None)
    if last is not None and last.what == "rolled back":
        return f"rolled back {last.name}: {last.reason}"
    return PROVEN if _is_serving(store.current(), plan) else None
