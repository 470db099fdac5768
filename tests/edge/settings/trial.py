"""The end of a trial, as the daemon brings it about."""

from edge.settings.file import SettingsFile


def settle(file: SettingsFile | None, *, is_used: bool) -> bool:
    """End the trial of the change that is on trial; return False if none is."""
    assert file is not None
    return file.settle(file.change_on_trial(), is_used=is_used)
