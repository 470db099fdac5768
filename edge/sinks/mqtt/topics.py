"""A device's topics."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """Everything that one device says and hears on a broker, except discovery, is below `ishara/<device>/`."""

    device: str

    @property
    def word(self) -> str:
        """Word events."""
        return f"ishara/{self.device}/word"

    @property
    def health(self) -> str:
        """How the daemon is doing; retained."""
        return f"ishara/{self.device}/health"

    @property
    def model(self) -> str:
        """The bundle's manifest; retained."""
        return f"ishara/{self.device}/model"

    @property
    def status(self) -> str:
        """`online` or `offline`; retained, and the last will."""
        return f"ishara/{self.device}/status"

    @property
    def command(self) -> str:
        """Where the device is told what to do."""
        return f"ishara/{self.device}/command"

    @property
    def response(self) -> str:
        """What became of each command."""
        return f"ishara/{self.device}/response"
