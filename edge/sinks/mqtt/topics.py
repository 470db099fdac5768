"""The topics of a device."""

from dataclasses import dataclass
from typing import Final

_LEVELS: Final = 3  # of every topic of a device


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one device, below `ishara/<device>/`; those of discovery are elsewhere."""

    device: str

    @property
    def word(self) -> str:
        """The topic of word events."""
        return f"ishara/{self.device}/word"

    @property
    def utterance(self) -> str:
        """The topic of utterance events."""
        return f"ishara/{self.device}/utterance"

    @property
    def health(self) -> str:
        """The topic of the daemon's health; retained."""
        return f"ishara/{self.device}/health"

    @property
    def model(self) -> str:
        """The topic of the bundle's manifest; retained."""
        return f"ishara/{self.device}/model"

    @property
    def status(self) -> str:
        """The topic of `online` or `offline`; retained, and the last will."""
        return f"ishara/{self.device}/status"

    @property
    def doctor(self) -> str:
        """The topic of the findings of the last health check; retained."""
        return f"ishara/{self.device}/doctor"

    @property
    def command(self) -> str:
        """The topic on which the device receives commands."""
        return f"ishara/{self.device}/command"

    @property
    def response(self) -> str:
        """The topic of the response to each command."""
        return f"ishara/{self.device}/response"

    @property
    def snapshot(self) -> str:
        """The topic of the picture that somebody has asked for."""
        return f"ishara/{self.device}/snapshot"

    @property
    def retained(self) -> tuple[str, ...]:
        """The topics whose messages the broker keeps."""
        return self.status, self.health, self.model, self.doctor


def accepts_responses(topic: str) -> bool:
    """Return True for a topic on which the sender of a command may have the device publish its response.

    It has no wildcard, and is neither the broker's own nor one on which devices publish or receive something else.
    """
    levels = topic.split("/")
    is_of_device = levels[0] == "ishara" and len(levels) == _LEVELS and levels[2] != "response"
    return topic != "" and not topic.startswith("$") and not set("+#") & set(topic) and not is_of_device
