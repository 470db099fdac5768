"""A running daemon whose settings are changed over HTTP."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.settings.location import INVITATION, SAVED
from tests.edge.conftest import StartDaemon
from tests.edge.daemon import Daemon
from tests.edge.ports import free_port
from tests.edge.settings.page import SettingsPage, write_settings
from tests.edge.waiting import wait_until

NEW_TOKEN = "fedcba9876543210fedc"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def settings(tmp_path: Path, bundle_folder: Path, port: int) -> Path:
    return write_settings(tmp_path, bundle_folder, port)


@pytest.fixture
def daemon(settings: Path, one_sign: str, start_daemon: StartDaemon) -> Daemon:
    daemon = start_daemon("run", "--config", settings, "--source", one_sign, "--quiet")
    daemon.wait_for_log("the live page is at ")
    return daemon


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.timeout(120)
def test_change_takes_effect_and_can_be_undone(daemon: Daemon, settings: Path, port: int) -> None:
    page, before = SettingsPage(port), settings.read_text()
    assert page.ask("get")["values"]["device"] == "hall"
    preview = page.ask("preview", changes={"device": "door"})
    assert settings.read_text() == before
    assert page.ask("apply", changes={"device": "door"}) == preview
    assert page.wait_for("applied")["changes"] == preview["changes"]
    assert page.ask("get")["values"]["device"] == "door"
    assert settings.read_text() == before.replace("'hall'", '"door"')
    (version,) = page.ask("versions")["versions"]
    assert (version["by"], version["difference"]) == ("page", preview["difference"])
    page.ask("undo")
    wait_until(lambda: daemon.logged.count("the live page is at ") == 3, "the stages of before")
    page.wait_for("applied")
    assert settings.read_text() == before
    assert page.ask("versions")["versions"] == []


@pytest.mark.timeout(120)
def test_change_that_the_daemon_refuses_is_undone_and_explained(
    daemon: Daemon, settings: Path, port: int, busy_port: int
) -> None:
    page, before = SettingsPage(port), settings.read_text()
    page.ask("apply", changes={"web.port": busy_port})
    state = page.wait_for("refused")
    assert str(busy_port) in state["why"]
    assert settings.read_text() == before
    assert page.ask("versions")["versions"] == []
    page.ask("apply", changes={"device": "door"})
    page.wait_for("applied")


@pytest.mark.timeout(120)
def test_new_token_is_a_secret_file_and_holds_at_once(
    daemon: Daemon, settings: Path, port: int, tmp_path: Path
) -> None:
    SettingsPage(port).ask("apply", secrets={"web.token": NEW_TOKEN})
    page = SettingsPage(port, NEW_TOKEN)
    page.wait_for("applied")
    (secret,) = (tmp_path / "state" / "ishara" / "secrets").iterdir()
    assert (secret.read_text(), secret.stat().st_mode & 0o777) == (NEW_TOKEN, 0o600)
    assert NEW_TOKEN not in settings.read_text() + daemon.logged + str(page.ask("get")) + str(page.ask("versions"))
    assert SettingsPage(port).state() == {}


@pytest.mark.timeout(120)
def test_start_undoes_a_change_that_a_kill_has_left_on_trial(
    daemon: Daemon, settings: Path, port: int, busy_port: int, one_sign: str, start_daemon: StartDaemon
) -> None:
    before = settings.read_text()
    SettingsPage(port).ask("apply", changes={"web.port": busy_port})
    daemon.end()
    start_daemon("run", "--config", settings, "--source", one_sign, "--quiet").wait_for_log("the live page is at ")
    assert settings.read_text() == before
    assert str(busy_port) in SettingsPage(port).wait_for("refused")["why"]


@pytest.mark.timeout(200)
def test_device_without_settings_is_set_up_and_finished(
    one_sign: str, bundle_folder: Path, start_daemon: StartDaemon, port: int, tmp_path: Path
) -> None:
    state = tmp_path / "state" / "ishara"
    variables = {"ISHARA_WEB_PORT": str(port), "ISHARA_MODEL_FOLDER": str(bundle_folder), "SDL_VIDEODRIVER": "dummy"}
    start = ("run", "--config", "missing.toml", "--setup", "--source", one_sign, "--quiet")
    daemon = start_daemon(*start, settings=variables)
    daemon.wait_for_log(f"{port}/setup")
    code = json.loads((state / INVITATION).read_text())["code"]
    page = SettingsPage(port, code, verify=False)
    report = page.ask("get")
    assert (report["is_setup"], report["read_only"], report["secrets"]["web.token"]) == (True, None, False)
    assert "web.token" in page.send("finish")["error"]
    page.ask("apply", changes={"device": "hall", "captions": None}, secrets={"web.token": NEW_TOKEN})
    assert page.wait_for("applied")["is_setup"]
    assert not (state / SAVED).exists()
    assert 'device = "hall"' in page.ask("preview")["difference"]
    page.ask("finish")
    finished = SettingsPage(port, NEW_TOKEN, verify=False)
    assert not finished.wait_for("applied")["is_setup"]
    report = finished.ask("get")
    assert (report["path"], report["is_setup"], report["values"]["device"]) == (str(state / SAVED), False, "hall")
    assert sorted(one.name for one in state.iterdir() if "setup" in one.name) == []
    assert page.state() == {}
    daemon.end()
    start_daemon(*start, settings=variables).wait_for_log("the live page is at https://")
