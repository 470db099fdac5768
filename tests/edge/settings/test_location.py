"""Which file holds the configuration."""

import os
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.config import ConfigInvalid
from edge.settings import location
from edge.settings.location import SAVED, UNSAVED, Location, locate_for_daemon, locate_for_operator


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a device's files: `etc` and `var`, as the service has them."""
    monkeypatch.setattr(location, "SERVICE_FILE", tmp_path / "etc" / "edge.toml")
    monkeypatch.setattr(location, "SERVICE_STATE", tmp_path / "var")
    monkeypatch.setattr("edge.configuration.SERVICE_FILE", tmp_path / "etc" / "edge.toml")
    monkeypatch.setenv("STATE_DIRECTORY", "")  # so that what is set is gone after the test
    for folder in ("etc", "var"):
        (tmp_path / folder).mkdir()
    return tmp_path


def write(path: Path, device: str = "hall") -> Path:
    path.write_text(f"device = '{device}'\n")
    return path


def test_daemon_prefers_the_file_of_root_to_what_set_up_saved_and_that_to_set_up(device: Path) -> None:
    root, state = device / "etc" / "edge.toml", device / "var"
    environment = {"STATE_DIRECTORY": str(state)}
    assert locate_for_daemon(root, environment, setup=True) == Location(state / UNSAVED, state)
    assert locate_for_daemon(root, environment, setup=True).is_setup
    write(state / SAVED)
    assert locate_for_daemon(root, environment, setup=True) == Location(state / SAVED, state)
    assert locate_for_daemon(None, environment, setup=True) == Location(state / SAVED, state)
    assert not locate_for_daemon(root, environment, setup=True).is_setup
    write(root)
    assert locate_for_daemon(root, environment, setup=True) == Location(root)


def test_daemon_without_set_up_uses_the_named_file(device: Path) -> None:
    write(device / "var" / SAVED)
    environment = {"STATE_DIRECTORY": str(device / "var")}
    assert locate_for_daemon(None, environment, setup=False) == Location(None)
    assert locate_for_daemon(device / "missing", environment, setup=False) == Location(device / "missing")


def test_operator_finds_the_file_of_the_service_without_naming_it(device: Path) -> None:
    assert locate_for_operator(None, {}, setup=False) == Location(None)
    unsaved = write(device / "var" / UNSAVED)
    assert locate_for_operator(None, {}, setup=False) == Location(unsaved, device / "var")
    saved = write(device / "var" / SAVED)
    assert locate_for_operator(None, {}, setup=False) == Location(saved, device / "var")
    assert locate_for_operator(Path("missing"), {}, setup=True) == Location(saved, device / "var")
    root = write(device / "etc" / "edge.toml")
    assert locate_for_operator(None, {}, setup=False) == Location(root)
    assert locate_for_operator(Path("missing"), {}, setup=False) == Location(Path("missing"))


def test_commands_use_the_settings_and_the_state_folder_of_the_service(
    device: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY")
    write(device / "var" / SAVED, "attic")
    assert main(["config", "check"]) == 0
    assert '"device": "attic"' in capsys.readouterr().out
    assert os.environ["STATE_DIRECTORY"] == str(device / "var")
    monkeypatch.delenv("STATE_DIRECTORY")
    assert main(["config", "check", "--config", str(write(device / "own.toml", "mine"))]) == 0
    assert '"device": "mine"' in capsys.readouterr().out
    assert "STATE_DIRECTORY" not in os.environ
    assert main(["config", "check", "--config", str(write(device / "etc" / "edge.toml"))]) == 0
    assert os.environ["STATE_DIRECTORY"] == str(device / "var")


def test_user_who_may_not_look_hears_what_to_do(device: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "lstat", refuse)
    with pytest.raises(ConfigInvalid, match="use sudo, or name a configuration with --config"):
        locate_for_operator(None, {}, setup=False)
