"""`ishara-edge config history` and `config undo`: the latest changes of the settings, and the way back."""

import argparse
import os
from pathlib import Path

from edge.lifecycle.paths import state_folder
from edge.settings.editor import SettingsEditor
from edge.settings.file import SettingsRefused
from edge.settings.location import Location
from edge.settings.report import Change, Version
from models.owner import become_owner


def show_history(location: Location, options: argparse.Namespace) -> int:
    """Print the latest changes, the newest first, and return the exit code. Raises SettingsRefused."""
    found = _editor(_as_owner(location)).versions()
    if options.json:
        print(found.model_dump_json(indent=2))
    elif found.versions:
        print("\n".join(_row(version) for version in found.versions))
    else:
        print(f"the settings {location.path} have not been changed by the page or by this command")
    return 0


def undo_change(location: Location) -> int:
    """Undo the latest change and return the exit code. Raises SettingsRefused."""
    print(_editor(_as_owner(location)).undo().difference, end="")
    print("undone; a running daemon uses it after `sudo systemctl reload ishara-edge`")
    return 0


def _as_owner(location: Location) -> Location:
    """Have root become the service's user, who has written all of this, and must be able to read what is written.

    Raises SettingsRefused where there is no file.
    """
    if location.path is None:
        raise SettingsRefused("there is no file of settings; name one with --config")
    path = location.path.absolute()
    return Location(become_owner(path.parent) / path.name, location.state)


def _editor(location: Location) -> SettingsEditor:
    return SettingsEditor(location, state_folder(os.environ), os.environ, Path(".env"))


def _row(version: Version) -> str:
    when = version.at.astimezone().strftime("%Y-%m-%d %H:%M")
    return f"{when}  {version.by}: {', '.join(_change(change) for change in version.changes) or 'remarks'}"


def _change(change: Change) -> str:
    if change.new is None:
        return f"{change.key} removed"
    return f"{change.key} = {change.new}" if change.old is None else f"{change.key} from {change.old} to {change.new}"
