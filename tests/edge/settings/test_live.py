"""Changes that come while the daemon reloads for another reason, and what keeps nobody from the next change."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config import ConfigInvalid, EdgeConfig
from edge.lifecycle.failures import ThreadFailures
from edge.lifecycle.notify import Notifier
from edge.lifecycle.plan import Plan
from edge.lifecycle.reload import Reloader
from edge.lifecycle.service import Service
from edge.requests import SettingsRequest
from edge.settings.file import SettingsFile
from edge.settings.live import ChangeUndone, LiveSettings
from edge.settings.location import SAVED, Location
from edge.settings.report import Phase, SettingsState
from tests.edge.service_manager import ServiceManager, managing
from tests.edge.waiting import wait_until

REFUSAL = ConfigInvalid("the camera is absent")


class Daemon:
    """The settings of a daemon, whose reloads a test makes."""

    def __init__(self, path: Path, state: Path | None = None) -> None:
        self.path = path
        self.settings = LiveSettings(lambda: Location(path, state), os.environ, None, self._load_setup)
        self.states: list[SettingsState] = []
        self.settings.show_on(self.states.append)

    def change(self, device: str) -> None:
        message = {"command": "settings", "action": "apply", "changes": {"device": device}}
        self.settings.answer(SettingsRequest.model_validate(message))

    def is_in(self, phase: Phase) -> bool:
        return self.states[-1].phase is phase

    @staticmethod
    def _load_setup(*_: object) -> EdgeConfig:
        raise AssertionError("it is set up")


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[ServiceManager]:
    with managing(tmp_path) as manager:
        yield manager


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    path = tmp_path / SAVED
    path.write_text("device = 'hall'\n")
    daemon = Daemon(path)
    daemon.settings.accept(daemon.settings.load())
    return daemon


def test_change_that_comes_during_another_reload_is_undone_all_the_same_if_it_is_refused(daemon: Daemon) -> None:
    before = daemon.settings.load()  # since a model was installed
    daemon.change("door")
    daemon.settings.accept(before)
    assert daemon.is_in(Phase.APPLYING), "the stages do not use it yet"
    changed = daemon.settings.load()
    assert changed.device == "door"
    assert daemon.settings.refuse(changed, REFUSAL)
    assert daemon.is_in(Phase.REFUSED)
    assert daemon.path.read_text() == "device = 'hall'\n"


def test_change_of_which_the_reload_fails_unexpectedly_is_undone(
    daemon: Daemon, manager: ServiceManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page must not wait for ever, and the next change must be possible."""

    def load() -> Plan:
        daemon.settings.load()
        raise RecursionError("too deep")

    failures = ThreadFailures(lambda: None)
    with (
        Service(Notifier(str(manager.path)), failures.escalation()) as service,
        Reloader(
            load, service, failures.escalation(may_end_daemon=False), daemon.settings.refuse_unforeseen
        ) as reloader,
    ):
        daemon.settings.on_change(reloader.request)
        daemon.change("door")
        wait_until(lambda: daemon.is_in(Phase.REFUSED), "the refusal")
    assert daemon.path.read_text() == "device = 'hall'\n"
    assert "failed unexpectedly" in (daemon.states[-1].why or "")
    daemon.change("attic")
    assert daemon.is_in(Phase.APPLYING)
    monkeypatch.setattr(
        SettingsFile, "settle", lambda *_, **__: next(iter(()))
    )  # what fails are the settings themselves
    daemon.settings.refuse_unforeseen()
    assert daemon.is_in(Phase.REFUSED)


def test_change_is_not_undone_since_the_settings_before_it_are_refused(daemon: Daemon) -> None:
    before = daemon.settings.load()
    daemon.change("door")
    assert not daemon.settings.refuse(before, REFUSAL)
    changed = daemon.settings.load()
    daemon.settings.accept(changed)
    assert daemon.is_in(Phase.APPLIED)
    assert changed.device == "door"


def test_change_over_which_somebody_writes_by_hand_holds_up_no_other(daemon: Daemon) -> None:
    daemon.change("door")
    daemon.path.write_text("device = 'attic'\n")
    daemon.settings.accept(daemon.settings.load())
    assert daemon.is_in(Phase.APPLIED)
    daemon.change("roof")


def test_change_after_which_nothing_can_be_removed_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    (tmp_path / SAVED).write_text("device = 'hall'\n")
    daemon = Daemon(tmp_path / SAVED, tmp_path)
    daemon.settings.accept(daemon.settings.load())
    daemon.change("door")
    (tmp_path / "setup-invitation.json").mkdir()  # stands for a folder in which no file can be removed
    daemon.settings.accept(daemon.settings.load())
    assert daemon.is_in(Phase.APPLIED)
    daemon.change("roof")


def test_wrong_file_of_somebody_else_is_no_reason_to_undo(daemon: Daemon) -> None:
    daemon.change("door")
    daemon.settings.accept(daemon.settings.load())
    daemon.path.write_text("device = 7\n")
    with pytest.raises(ConfigInvalid) as refused:
        daemon.settings.load()
    assert not isinstance(refused.value, ChangeUndone)
    assert daemon.path.read_text() == "device = 7\n"
