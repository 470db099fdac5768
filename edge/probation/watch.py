"""Watches a model on probation while it is in use, and rolls it back if it fails."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.config import SHIPPED_MODEL
from edge.lifecycle.plan import Plan
from edge.model_selection.plan_loading import load_learned_beside
from edge.monitoring.liveness import LivenessMonitor
from edge.monitoring.status import ON_PROBATION, PROVEN, Component, DeviceStatus
from edge.probation.segments import RecentSegments
from edge.probation.shadow import Shadow, ShadowModel, running_shadow
from edge.probation.state import ProbationState
from edge.workers.supervised_thread import SupervisedThread
from models.bundle import Bundle, BundleRefused, open_bundle
from models.classifier import OnnxClassifier
from models.store import BundleStore, StoreUnusable

log = logging.getLogger(__name__)

_INTERVAL_S: Final = 1.0
_RETRY_S: Final = 60.0
_JOIN_S: Final = 3.0


class ProbationWatch:
    """Watches on a thread of its own, which sleeps while no model is on probation.

    The thread has normal priority, so that a model which takes the whole processor is judged too; old and new model are
    compared on a thread of low priority.
    """

    def __init__(
        self,
        store: BundleStore,
        segments: RecentSegments,
        status: DeviceStatus,
        liveness: LivenessMonitor,
        reload: Callable[[], None],
    ) -> None:
        """The model's state is reported to `status`. `reload` has the daemon open the store's active model again."""
        self._store = store
        self._segments = segments
        self._status = status
        self._liveness = liveness
        self._reload = reload
        self._lock = threading.Lock()
        self._plan: Plan | None = None
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._escalation = status.escalation(Component.DAEMON)
        self._thread = SupervisedThread("the watch over models on probation", self._run, self._escalation)
        self._thread.start()

    def start(self, plan: Plan) -> None:
        """Watch the plan's model from now on if the store has it on probation. Does not block."""
        with self._lock:
            self._plan = plan
            self._changed.set()

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()
        self._changed.set()
        self._thread.close(_JOIN_S)

    def _run(self) -> None:
        while True:
            with self._lock:
                plan = self._plan
                self._changed.clear()
            if self._closed.is_set():
                return
            if plan is None:
                self._changed.wait()
                continue
            try:
                self._status.set_model_state(_state(self._store, plan))
                if _is_on_probation(self._store, plan):
                    self._watch(plan)
            except StoreUnusable as error:
                log.warning("the state of %s is unknown: %s", plan.bundle.manifest.title, error)
                self._changed.wait(_RETRY_S)  # another process may hold the store; the same model is watched again
                continue
            with self._lock:  # only now: after a failure of the watch the same model is watched again
                self._plan = None if self._plan is plan else self._plan

    def _watch(self, plan: Plan) -> None:
        """Watch until the model passes, fails or is replaced. Raises StoreUnusable."""
        title = plan.bundle.manifest.title
        log.warning("%s is on probation for %.0f s", title, plan.config.model.probation_s)
        old = self._open_previous(plan)
        shadow = (
            None
            if old is None
            else Shadow(old, ShadowModel(plan.bundle, plan.classifier, plan.threshold, plan.allowed))
        )
        state = ProbationState(plan.config.model, plan.classifier, self._status, self._liveness, shadow)
        if shadow is None:
            self._judge(plan, state)
            return
        with running_shadow(shadow, self._segments, self._escalation):
            self._judge(plan, state)

    def _judge(self, plan: Plan, state: ProbationState) -> None:
        title, is_extended = plan.bundle.manifest.title, False
        while not self._changed.wait(_INTERVAL_S):
            if (fault := state.find_fault()) is not None:
                self._fail(plan, fault)
                return
            if state.is_long_enough and state.is_seen_enough:
                self._pass(plan)
                return
            if state.is_long_enough and not is_extended:
                is_extended = True
                self._store.reset_starts()  # a device that is switched off each night must not lose a sound model
                log.info("%s stays on probation until there was enough signing to judge it", title)

    def _pass(self, plan: Plan) -> None:
        if _is_on_probation(self._store, plan):
            self._store.pass_probation()
            log.warning("%s has passed its probation", plan.bundle.manifest.title)
            self._status.set_model_state(PROVEN)

    def _fail(self, plan: Plan, fault: str) -> None:
        if not _is_on_probation(self._store, plan):  # meanwhile the operator has rolled it back or activated another
            return
        self._store.rollback(fault)
        log.error("%s is rolled back: %s", plan.bundle.manifest.title, fault)
        self._status.set_model_state(_state(self._store, plan))
        self._reload()

    def _open_previous(self, plan: Plan) -> ShadowModel | None:
        """Open the previous model, with what this device has learned, as it was used before the new one.

        Return None if it cannot be opened or uses other landmarks.
        """
        new, folder = plan.bundle.manifest, self._store.previous()
        try:
            bundle = open_bundle(SHIPPED_MODEL) if folder is None else self._store.open(folder)
            if (bundle.manifest.parts, bundle.manifest.landmarker) != (new.parts, new.landmarker):
                raise BundleRefused(f"{bundle.manifest.title} uses other landmarks")
            if plan.allowed is not None and not plan.allowed & {sign.sign_id for sign in bundle.signs}:
                raise BundleRefused(f"{bundle.manifest.title} knows none of the signs that may be said")
            network = OnnxClassifier(bundle)
            learned = load_learned_beside(plan.config, bundle, network)
            classifier = network if learned is None else learned.classifier
            return ShadowModel(bundle, classifier, _threshold(plan, bundle), plan.allowed)
        except BundleRefused as error:
            log.warning("the words of %s are not compared with those of another model: %s", new.title, error)
            return None


def _threshold(plan: Plan, bundle: Bundle) -> float:
    configured = plan.config.model.threshold
    return bundle.manifest.calibration.threshold if configured is None else configured


def _is_on_probation(store: BundleStore, plan: Plan) -> bool:
    """Return True if the plan's bundle is active and on probation. Raises StoreUnusable."""
    return store.probation() is not None and _is_active(store.current(), plan)


def _is_active(current: Path | None, plan: Plan) -> bool:
    return current is not None and current.resolve() == plan.bundle.folder.resolve()


def _state(store: BundleStore, plan: Plan) -> str | None:
    """Return the state of the plan's model for `health`; None if it is not from the store. Raises StoreUnusable."""
    if _is_on_probation(store, plan):
        return ON_PROBATION
    last = next((event for event in store.events() if event.what != "installed"), None)
    if last is not None and last.what == "rolled back":
        return f"rolled back {last.name}: {last.reason}"
    return PROVEN if _is_active(store.current(), plan) else None
