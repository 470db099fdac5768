"""The request that the daemon passes to the program which checks the device beside it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from edge.config import EdgeConfig
from edge.monitoring.health import Health
from edge.settings.location import INVITATION
from models.strict_model import StrictModel


@dataclass(frozen=True, slots=True)
class CheckTarget:
    """A running daemon: its configuration, the bundle and the source that its command line names, and its health."""

    config: EdgeConfig
    model: Path | None
    source: str | None
    health: Callable[[], Health]


class CheckRequest(StrictModel):
    """The configuration in use with its secrets' files, what the command line names, and the daemon's own health.

    It goes through a pipe: the address of a camera may hold a password.
    """

    # What is refused must not stand in the log.
    model_config = StrictModel.model_config | {"hide_input_in_errors": True}

    config: EdgeConfig
    model: Path | None
    source: str | None
    health: Health

    @classmethod
    def of(cls, target: CheckTarget) -> Self:
        """Return the request to check what runs at this moment."""
        return cls(config=target.config, model=target.model, source=target.source, health=target.health())

    def to_json(self) -> str:
        """Return the request with the whole address of the camera; what is not configured stays so."""
        config = self.config.model_dump(mode="json", exclude_unset=True)
        if "camera" in config:
            chosen = json.loads(self.config.camera.to_json())
            config["camera"] = {key: chosen[key] for key in {*config["camera"], "source"}}
        if self.config.web is not None and self.config.web.is_setup:
            # Its token is in no file of [web]; without one the address would be refused.
            config["web"]["token_file"] = INVITATION
        rest = self.model_dump(mode="json", exclude={"config"})
        return json.dumps({"config": config, **rest})

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the request of a text that `to_json` has made. Raises ValidationError."""
        return cls.model_validate_json(text)
