"""The refusal of `ishara-edge learning`."""

from typing import Final

from landmarkers.errors import UserError

NOTHING_KEPT: Final = "nothing is kept on this device: its configuration has no section [learning]"


class LearningRefused(UserError):
    """The command cannot be carried out; the message says why."""
