"""The folder for what must outlive the daemon."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from landmarkers.errors import UserError

STATE_VARIABLE: Final = "STATE_DIRECTORY"


class HomeUnknown(UserError):
    """The user has no folder to keep anything in; the message says what to set instead."""


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder that systemd gives a service (StateDirectory=), or else the user's own.

    https://specifications.freedesktop.org/basedir-spec/latest/. Raises HomeUnknown.
    """
    service_folder = environment.get(STATE_VARIABLE, "").partition(":")[0]
    if service_folder:
        return Path(service_folder)
    user_folder = environment.get("XDG_STATE_HOME", "")
    if Path(user_folder).is_absolute():
        return Path(user_folder) / "ishara"
    try:
        return Path.home() / ".local" / "state" / "ishara"
    except RuntimeError as error:
        raise HomeUnknown(f"this user has no home folder; name a folder with {STATE_VARIABLE}") from error
