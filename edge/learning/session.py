"""One teaching session: collects the takes of a task in front of the running camera, and has them learned."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from edge.attempts.rejection import Rejection
from edge.attempts.signer import LiveSigner
from edge.consent.session import ConsentSessions
from edge.learned.versions import Version
from edge.learning.checks import TakeChecks
from edge.learning.collection import Collection, CollectionFinished
from edge.learning.frames import SessionFrames
from edge.learning.learner import Learner, NothingToLearn
from edge.learning.report import Phase
from edge.learning.task import SessionTask
from landmarkers.consent import Consent
from models.labels import Sign

Update = Callable[[Mapping[str, object]], None]


@dataclass(slots=True)
class SessionScreen:
    """Shows the state of a session wherever it is shown; the guide of its signer."""

    update: Update
    frames: SessionFrames
    kept: int = 0

    def ask_for_rest(self) -> None:
        """Ask for hands at rest."""
        self.change(phase=Phase.REST, seconds=None)

    def count_down(self, seconds: int) -> None:
        """Show how many seconds are left."""
        self.change(phase=Phase.COUNTDOWN, seconds=seconds)

    def start(self) -> None:
        """Show that it is time to sign."""
        self.change(phase=Phase.SIGN, seconds=None)

    def ask(self, sign: Sign, kept: int) -> None:
        """Ask for a take of a sign."""
        self.kept = kept
        self.change(phase=Phase.REST, sign=sign, kept=kept, position=kept + 1, seconds=None)

    def reject(self, rejection: Rejection) -> None:
        """Show why the attempt was not kept."""
        self.change(fault=rejection.fault)

    def accept(self) -> None:
        """Show that the take is kept."""
        self.change(fault=None, kept=self.kept + 1)

    def is_wanted(self, other: Sign) -> bool:
        """Ask whether a take that looks like another sign is to be kept."""
        self.change(phase=Phase.DOUBT, looks_like=other, seconds=None)
        try:
            return self.frames.decide()
        finally:
            self.change(looks_like=None)

    def change(self, **changes: object) -> None:
        """Show the state with some fields changed."""
        self.update(changes)


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A person who signs what a task asks for, by a consent that must still be in force at the end."""

    task: SessionTask
    consent: Consent
    consents: ConsentSessions
    learner: Learner
    checks: TakeChecks
    screen: SessionScreen

    def run(self) -> Version:
        """Collect and learn; return the version.

        Raises SessionCancelled, NobodySigns, ConsentEnded, and what Learner.learn raises.
        """
        signer = LiveSigner(self.screen.frames, self.learner.bundle.manifest.spotter, self.screen)
        is_calibration = self.task.calibration is not None
        collection = Collection(signer, self.screen, self.checks, with_doubts=not is_calibration)
        with suppress(CollectionFinished):
            collection.collect(self.task.signs, self.task.takes)
        self.screen.change(phase=Phase.LEARNING, seconds=None)
        if not collection.takes:
            raise NothingToLearn("no take was kept")
        self.consents.require(self.consent)
        return self.learner.learn(collection.takes, self.consent, "calibrated" if is_calibration else "taught")
