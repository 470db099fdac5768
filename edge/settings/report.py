"""The contents of a page about settings: the settings themselves, a change, and the state of the latest change."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, JsonValue

from edge.requests.settings import SecretName
from models.strict_model import StrictModel


class SettingsReport(StrictModel):
    """The `content` of the response to `settings get`; it holds no secret."""

    path: str | None
    """The file; None if the daemon runs without one."""
    is_setup: bool
    """True until `finish` has saved the settings of a new device."""
    read_only: str | None
    """Why nobody may change them here, in one English sentence; None if they may be changed."""
    values: dict[str, JsonValue]
    """The value of each key that may be changed, such as `mqtt.host`, with its default; a section that is absent, such
    as `captions`, has none. Of a camera's address that may hold a password only scheme and host are shown."""
    hidden: tuple[str, ...]
    """The keys whose value is not shown whole. A page changes them only if somebody writes them anew."""
    secrets: dict[SecretName, bool]
    """True for each secret that is set."""
    overridden: dict[str, str]
    """The variable, such as `ISHARA_MQTT_HOST`, that decides a key's value whatever the file says."""


class Change(StrictModel):
    """One key that differs; None stands for its absence."""

    key: str
    old: JsonValue = None
    new: JsonValue = None


class ChangeReport(StrictModel):
    """The `content` of the response to `settings preview`, `apply`, `undo` and `finish`."""

    difference: str
    """The difference of the file, in the unified format; it holds no secret, and is empty if only secrets change."""
    changes: tuple[Change, ...]
    """The keys that differ. A new secret shows as a change of the key that names its file."""


class Version(StrictModel):
    """One change that can be undone, the ones after it first."""

    number: int
    at: AwareDatetime
    by: Literal["page", "command line"]
    changes: tuple[Change, ...]
    """The keys that it changed."""
    difference: str


class Versions(StrictModel):
    """The latest changes, the newest first: the `content` of the response to `settings versions`."""

    versions: tuple[Version, ...]


class Phase(StrEnum):
    """The outcome of the latest change."""

    IDLE = "idle"
    """Nothing has been changed since the daemon started."""
    APPLYING = "applying"
    """It is saved, and the daemon begins to use it; the page may lose its connection for some seconds."""
    APPLIED = "applied"
    """The daemon uses it."""
    REFUSED = "refused"
    """The daemon cannot use it: it is undone, and `why` says why."""


class SettingsState(StrictModel):
    """The state of the latest change: the event `settings` of `/api/events` whenever it changes."""

    phase: Phase = Phase.IDLE
    action: Literal["apply", "undo", "finish"] | None = None
    changes: tuple[Change, ...] = ()
    why: str | None = None
    """Why it was refused, in one English sentence."""
    is_setup: bool = False
    """True until `finish` has saved the settings of a new device."""

    def to_json(self) -> str:
        """Return the state on one line."""
        return self.model_dump_json()
