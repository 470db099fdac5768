"""Where the daemon keeps what must outlive it."""

from collections.abc import Mapping
from pathlib import Path

STATE_VARIABLE = "STATE_DIRECTORY"


def state_folder(environment: Mapping[str, str]) -> Path:
    """The folder that systemd gives a service (StateDirectory=), or else the user's own.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    given = environment.get(STATE_VARIABLE, "").partition(":")[0]
    if given:
        return Path(given)
    own = environment.get("XDG_STATE_HOME", "")
    return (Path(own) if Path(own).is_absolute() else Path("~/.local/state").expanduser()) / "ishara"
