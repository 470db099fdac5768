"""Where the daemon keeps what must outlive it."""

from collections.abc import Mapping
from pathlib import Path

from landmarkers.errors import UserError

STATE_VARIABLE = "STATE_DIRECTORY"


class HomeUnknown(UserError):
    """There is no folder of the user's own to keep anything in; the message says what to name instead."""


def state_folder(environment: Mapping[str, str]) -> Path:
    """The folder that systemd gives a service (StateDirectory=), or else the user's own.

    https://specifications.freedesktop.org/basedir-spec/latest/. Raises HomeUnknown.
    """
    given = environment.get(STATE_VARIABLE, "").partition(":")[0]
    if given:
        return Path(given)
    own = environment.get("XDG_STATE_HOME", "")
    if Path(own).is_absolute():
        return Path(own) / "ishara"
    try:
        return Path.home() / ".local" / "state" / "ishara"
    except RuntimeError as error:
        raise HomeUnknown(f"this user has no home folder; name a folder with {STATE_VARIABLE}") from error
