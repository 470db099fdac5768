"""Teaching on the running device: carries out the commands, and holds one session at a time on a thread of its own."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from edge.consent.learning import Learning
from edge.learning.checks import TakeChecks
from edge.learning.frames import Action, SessionCancelled, SessionFrames
from edge.learning.learner import Learner
from edge.learning.report import Phase, TeachingState
from edge.learning.session import Session, SessionScreen
from edge.learning.task import SessionTask, choose_task
from edge.lifecycle.plan import Plan
from edge.monitoring.status import Component, DeviceStatus
from edge.requests import RequestRefused, Teach, Teaching
from edge.workers.supervised_thread import SupervisedThread
from landmarkers.consent import Consent
from landmarkers.errors import UserError
from landmarkers.frame import Frame, Landmarks
from landmarkers.plain_text import one_sentence

log = logging.getLogger(__name__)

_SESSION_MINUTES: Final = 30
_USE_TIMEOUT_S: Final = 60.0
_CLOSE_TIMEOUT_S: Final = 2.0
_COLLECTING: Final = (Phase.REST, Phase.COUNTDOWN, Phase.SIGN, Phase.DOUBT)

Show = Callable[[TeachingState], None]


class TeachingSessions:
    """Opens and steers sessions; any thread may call. Nothing runs while no session is open."""

    def __init__(self, plan: Plan, learning: Learning, status: DeviceStatus, reload: Callable[[], None]) -> None:
        """`reload` has the daemon use what was learned; `use_plan` is to be called once it does."""
        self._plan = plan
        self._learning = learning
        self._status = status
        self._reload = reload
        self._shows: list[Show] = []
        self._lock = threading.Lock()
        self._used = threading.Condition(self._lock)
        self._state = TeachingState()
        self._frames: SessionFrames | None = None
        self._thread: SupervisedThread | None = None
        self._closed = False
        self.use_plan(plan)

    def show_on(self, show: Show) -> None:
        """Show the state in another place too, now and whenever it changes; it must not block."""
        with self._lock:
            self._shows.append(show)
            show(self._state)

    def use_plan(self, plan: Plan) -> None:
        """Teach the model of another plan from the next session on, and show the version in use."""
        why = None
        if not self._learning.config.teach:
            why = "teaching is off on this device: teach is false in [learning]"
        elif plan.network is None or not plan.network.has_embedding:
            why = f"{plan.bundle.manifest.title} cannot be taught signs"
        version = None if plan.learned is None else plan.learned.version
        with self._lock:
            self._plan = plan
            self._update({"version": version, "is_available": why is None, "why": why})
            self._used.notify_all()

    def observe(self, frame: Frame, landmarks: Landmarks) -> None:
        """Pass the landmarks of a frame on to the session."""
        frames = self._frames
        if frames is not None and self._state.phase in _COLLECTING:
            height, width = frame.image.shape[:2]
            frames.put(landmarks, height / width if width else None)

    def teach(self, request: Teach) -> None:
        """Open a session. Raises RequestRefused."""
        plan = self._plan
        if self._status.paused:
            raise RequestRefused("the device is paused")
        if self._frames is not None:  # commands are carried out one after another
            raise RequestRefused("another session is open")
        task = choose_task(request, plan.bundle.signs, plan.allowed)
        try:
            learner = Learner.of(plan, self._learning.folder)
            consent, is_new = self._begin_consent(request)
        except UserError as error:
            raise RequestRefused(str(error)) from error
        session = self._new_session(task, consent, learner)
        run = _Once(lambda: self._run(session, end_consent=is_new))
        self._status.set_teaching(is_teaching=True)
        escalation = replace(self._status.escalation(Component.DAEMON), give_up=None)
        self._thread = SupervisedThread("teaching", run, escalation)
        self._thread.start()

    def steer(self, request: Teaching) -> None:
        """Carry out an action in the open session. Raises RequestRefused."""
        action, frames, state = Action(request.action), self._frames, self._state
        is_doubtful = state.phase is Phase.DOUBT
        is_possible = {
            Action.CANCEL: True,
            Action.FINISH: not is_doubtful and state.kept > 0,
            Action.KEEP: is_doubtful,
            Action.SKIP: is_doubtful or state.calibration is not None,
        }
        if frames is None or state.phase not in _COLLECTING:
            raise RequestRefused("nobody is asked to sign now")
        if not is_possible[action]:
            raise RequestRefused(f"{action} is not possible now")
        frames.act(action)

    def close(self) -> None:
        """Cancel the session that is open."""
        with self._lock:
            self._closed = True
            self._used.notify_all()
        if (frames := self._frames) is not None:
            frames.act(Action.CANCEL)
        if self._thread is not None:
            self._thread.close(_CLOSE_TIMEOUT_S)

    def _begin_consent(self, request: Teach) -> tuple[Consent, bool]:
        """Return the consent of a session, and whether it began with it. Raises ConsentUnwritable."""
        held = self._learning.sessions.current_for_words  # not that of a session which a kill has left
        if held is not None and (held.person, held.purpose) == (request.person, request.purpose):
            return held, False
        consents = self._learning.sessions
        return consents.begin(request.person, request.purpose, _SESSION_MINUTES, only_teaches=True), True

    def _new_session(self, task: SessionTask, consent: Consent, learner: Learner) -> Session:
        plan, frames = self._plan, SessionFrames()
        known = {sign.sign_id for sign in learner.bundle.signs}
        state = TeachingState(
            phase=Phase.REST,
            person=consent.person,
            calibration=task.calibration,
            sign=task.signs[0],
            is_own=task.signs[0].sign_id not in known,
            position=1,
            takes=task.total,
            version=self._state.version,
        )
        checks = TakeChecks(learner.teacher, plan.classifier, plan.threshold)
        with self._lock:
            self._frames = frames
            self._update(dict(state))
        screen = SessionScreen(self._change, frames)
        return Session(task, consent, self._learning.sessions, learner, checks, screen)

    def _run(self, session: Session, *, end_consent: bool) -> None:
        outcome: dict[str, object] = {"phase": Phase.FAILED, "why": "teaching failed unexpectedly; the log says how"}
        try:
            outcome = self._outcome(session)
        finally:
            if end_consent:
                self._learning.sessions.end(session.consent)
            self._status.set_teaching(is_teaching=False)
            self._frames = None
            self._change({"looks_like": None, **outcome})

    def _outcome(self, session: Session) -> dict[str, object]:
        """Run a session; return the changes of the state at its end."""
        try:
            version = session.run().version
        except SessionCancelled:
            return {"phase": Phase.CANCELLED}
        except (UserError, OSError) as error:
            log.warning("nothing was learned: %s", error)
            return {"phase": Phase.FAILED, "why": one_sentence(str(error))}
        self._reload()
        if self._wait_until_used(version):
            return {"phase": Phase.DONE}
        return {"phase": Phase.FAILED, "why": "it is learned, but not in use yet; the log says why"}

    def _wait_until_used(self, version: int) -> bool:
        def is_used() -> bool:
            learned = self._plan.learned
            return self._closed or (learned is not None and learned.version >= version)

        with self._used:
            return self._used.wait_for(is_used, _USE_TIMEOUT_S)

    def _change(self, changes: Mapping[str, object]) -> None:
        with self._lock:
            self._update(changes)

    def _update(self, changes: Mapping[str, object]) -> None:
        """Change fields of the state and show it; with the lock."""
        self._state = self._state.model_copy(update={**changes})
        for show in self._shows:
            show(self._state)


class _Once:
    """Calls a function the first time alone: a session that has failed is not begun again."""

    def __init__(self, run: Callable[[], None]) -> None:
        self._run: Callable[[], None] | None = run

    def __call__(self) -> None:
        run, self._run = self._run, None
        if run is not None:
            run()
