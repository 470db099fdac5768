"""Decides which file holds the configuration, in the same way at the start, at a reload and for an operator's command.

With `run --setup` the first of these that exists is used, and no other:

1. the file of `--config`: that of root, written by hand or by `ishara-deploy provision`,
2. `edge.toml` in the state folder, which set-up has saved,
3. `setup.toml` there, which set-up has not saved yet; `edge/setup/bootstrap.py` makes it where it is missing.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.config import ConfigInvalid
from edge.lifecycle.paths import STATE_VARIABLE, HomeUnknown, state_folder

SAVED: Final = "edge.toml"
UNSAVED: Final = "setup.toml"
INVITATION: Final = "setup-invitation.json"
"""The file in the state folder, of mode 600, with the page's addresses and its one-time code until set-up is finished:
an `edge.setup.invitation.Invitation`."""
SERVICE_FILE: Final = Path("/etc/ishara/edge.toml")
SERVICE_STATE: Final = Path("/var/lib/ishara")


@dataclass(frozen=True, slots=True)
class Location:
    """The file of the configuration; None where every key has its default or a variable."""

    path: Path | None
    state: Path | None = None
    """The state folder in which the file of set-up was found, or is to be saved."""

    @property
    def is_setup(self) -> bool:
        """Return True if set-up is not finished: the path is that of what it has not saved yet."""
        return self.path is not None and self.state is not None and self.path == self.state / UNSAVED


def locate_for_daemon(config: Path | None, environment: Mapping[str, str], *, setup: bool) -> Location:
    """Return the file for `ishara-edge run`. Raises HomeUnknown with `setup`."""
    if not setup:
        return Location(config)
    if config is not None and os.path.lexists(config):
        return Location(config)
    state = state_folder(environment)
    saved = state / SAVED
    return Location(saved if os.path.lexists(saved) else state / UNSAVED, state)


def locate_for_operator(config: Path | None, environment: Mapping[str, str], *, setup: bool) -> Location:
    """Return the file for the other commands: without `--config` that of the service on this device.

    Where neither `/etc/ishara/edge.toml` nor settings of set-up exist, there is no file, and every key has its default.
    Raises ConfigInvalid where this user may not see whether they exist.
    """
    given = config if config is not None or setup else SERVICE_FILE
    if config is not None and not setup:
        return Location(config)
    if given is not None and os.path.lexists(given):
        return Location(given)
    for state in _states(environment):
        for name in (SAVED, UNSAVED):
            if _exists(state / name):
                return Location(state / name, state)
    return Location(None)


def service_state(location: Location, environment: Mapping[str, str]) -> Path:
    """Return the state folder of the daemon that uses a configuration, for other commands. Raises HomeUnknown."""
    if location.state is not None:
        return location.state
    is_of_service = location.path == SERVICE_FILE and not environment.get(STATE_VARIABLE)
    return SERVICE_STATE if is_of_service else state_folder(environment)


def _states(environment: Mapping[str, str]) -> list[Path]:
    try:
        own = state_folder(environment)
    except HomeUnknown:
        return [SERVICE_STATE]
    return [own] if environment.get(STATE_VARIABLE) else [own, SERVICE_STATE]


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError as error:
        raise ConfigInvalid(
            f"this user may not see whether {path} exists: use sudo, or name a configuration with --config"
        ) from error
    return True
