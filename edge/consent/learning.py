"""The parts of a device that keep takes by consent, opened together."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from edge.config.learning import LearningConfig
from edge.consent.kept_takes import KeptTakes
from edge.consent.learning_folder import LearningFolder, learning_folder
from edge.consent.question import question
from edge.consent.session import ConsentSessions, ConsentUnwritable
from edge.lifecycle.plan import Plan
from edge.monitoring.status import Component, DeviceStatus
from edge.requests import ConsentRequest, RequestRefused
from landmarkers.consent import Purpose
from models.bundle import LABELS
from models.strict_model import StrictModel


class ConsentInForce(StrictModel):
    """Whose takes are kept now, what for, and until when."""

    person: str
    purpose: Purpose
    until: datetime


class ConsentState(StrictModel):
    """The event `consent` of `/api/events`; `words` are the questions by which a signer is asked, by purpose.

    `is_on` is true if takes of words can be kept.
    """

    is_on: bool
    session: ConsentInForce | None
    words: dict[Purpose, str]


@dataclass(frozen=True, slots=True)
class Learning:
    """The consent in force, and what is kept by it."""

    config: LearningConfig
    folder: LearningFolder
    sessions: ConsentSessions
    kept: KeptTakes
    status: DeviceStatus

    @classmethod
    def open(cls, plan: Plan, state: Path, status: DeviceStatus, stack: ExitStack) -> Self | None:
        """Continue the consent in force, if takes may be kept at all; the stack closes everything."""
        config = plan.config.learning
        if config is None:
            return None
        folder = LearningFolder(learning_folder(state, plan.config.device))
        sessions = ConsentSessions(folder.folder, config, status)
        escalation = status.escalation(Component.DAEMON)
        kept = KeptTakes(folder, config, sessions, plan.bundle.folder / LABELS, escalation)
        stack.callback(kept.close)
        return cls(config, folder, sessions, kept, status)

    def ask(self, request: ConsentRequest) -> None:
        """Carry out the command. Raises RequestRefused."""
        if request.person is None or request.purpose is None or request.minutes is None:
            self.sessions.end()
            return
        if self.config.keep == "none":
            raise RequestRefused('takes of words are not kept on this device: keep is "none" in [learning]')
        try:
            self.sessions.begin(request.person, request.purpose, request.minutes)
        except ConsentUnwritable as error:
            raise RequestRefused(str(error)) from error

    def state_json(self) -> str:
        """Return the ConsentState as JSON on one line."""
        keeping = self.status.keeping
        return ConsentState(
            is_on=self.config.keep != "none",
            session=None if keeping is None else ConsentInForce.model_validate(keeping, from_attributes=True),
            words={purpose: question(self.config, purpose) for purpose in Purpose},
        ).model_dump_json()
