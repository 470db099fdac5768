"""The keeping of takes on a device, as the daemon opens it, with words that a test says."""

from pathlib import Path
from typing import Any

from edge.config import LearningConfig
from edge.consent.kept_takes import KeptTakes
from edge.consent.learning_folder import LearningFolder
from edge.consent.session import ConsentSessions
from edge.monitoring.status import Component, DeviceStatus
from landmarkers.consent import Consent, Purpose
from landmarkers.take import Take, TakeDamaged
from models.bundle import LABELS
from tests.edge.sinks.web.device import word
from tests.edge.tiny_bundle import PLACES
from tests.synthetic_signer import Sign, even_times, take

TAKES = [take(even_times(30, 1.0), Sign(0.1, 0.9, place)) for place in PLACES]


class Desk:
    """The keeping of takes in a folder."""

    def __init__(self, folder: Path, bundle: Path, **settings: Any) -> None:
        """Take settings of [learning]."""
        self.status = DeviceStatus()
        self.folder = LearningFolder(folder)
        self.config = LearningConfig.model_validate({"asked_by": "Reception"} | settings)
        self.sessions = ConsentSessions(folder, self.config, self.status)
        escalation = self.status.escalation(Component.DAEMON)
        self.kept = KeptTakes(self.folder, self.config, self.sessions, bundle / LABELS, escalation)

    def agree(self, person: str = "مريم", purpose: Purpose = Purpose.DEVICE, minutes: int = 30) -> Consent:
        """Begin a consent."""
        return self.sessions.begin(person, purpose, minutes)

    def say(self, seq: int, sign: int = 0, **changes: Any) -> None:
        """Recognise a word of a sign that has just been signed."""
        said = word(seq, 0.9, sign)
        self.kept.remember(said.model_copy(update={"started_at": said.emitted_at} | changes), TAKES[sign])

    def takes(self) -> list[Take]:
        """Return the takes on the disk, oldest first."""
        takes = []
        for kept in self.folder.takes():
            try:
                takes.append(Take.load(kept.path))
            except TakeDamaged:
                if kept.path.exists():
                    raise  # otherwise it was deleted since the folder was listed
        return takes
