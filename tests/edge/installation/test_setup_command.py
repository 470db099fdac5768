"""`ishara-edge setup`: refusals in a sentence, commands on this machine, and the page that waits."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.installation import command, set_up_report, steps
from edge.installation.machine import LocalMachine, Machine, StepFailed
from edge.installation.plan import Plan, unit
from edge.installation.program import ProgramFiles, Release
from edge.installation.set_up_page import as_text
from edge.installation.steps import Steps, carry_out, missing_steps
from edge.setup.invitation import Invitation
from landmarkers.task_bundles import FOLDER_VARIABLE, needed_tasks


def test_only_root_may_set_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["setup"]) == 2
    assert "run it with sudo" in capsys.readouterr().err


def test_networks_that_the_installation_lacks_are_built_for_the_device_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installation, device = tmp_path / "tasks", tmp_path / "device"
    (wheel := tmp_path / "ishara-1.0-py3-none-any.whl").touch()

    def build(folder: Path) -> None:
        folder.mkdir()
        for name in needed_tasks():
            (folder / name).write_text(name)

    def bring_networks(machine: Machine, missing: Steps, report: Callable[[str], None]) -> None:
        carry_out(machine, {"landmark networks": missing["landmark networks"]}, report)

    monkeypatch.setenv(FOLDER_VARIABLE, str(installation))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(steps, "NETWORKS", str(device))
    monkeypatch.setattr(steps, "ensure_tasks", build)
    monkeypatch.setattr(command, "require_supported", lambda _: None)
    monkeypatch.setattr(command, "carry_out", bring_networks)
    arguments = ["setup", "--no-start", "--wheel", str(wheel)]
    assert main([*arguments, "--dry-run"]) == 0
    assert "landmark networks" in capsys.readouterr().out
    assert not device.exists()
    assert main(arguments) == 0
    assert {path.name: path.read_text() for path in device.iterdir()} == {name: name for name in needed_tasks()}
    assert not installation.exists()


@pytest.mark.parametrize("there", [None, "file", "link"])
def test_operators_find_the_command_and_what_has_its_name_stays(
    there: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = tmp_path / "bin" / "ishara-edge"
    monkeypatch.setattr(steps, "COMMAND", str(name))
    (wheel := tmp_path / "ishara-1.0-py3-none-any.whl").touch()
    (lock := tmp_path / "lock.txt").touch()
    plan = Plan((), Release("1.0-abc", ProgramFiles(wheel, lock)), None, None, (), unit())
    if there is not None:
        name.parent.mkdir()
        name.touch() if there == "file" else name.symlink_to("/nothing/there")
    machine = LocalMachine(tmp_path)
    commands = missing_steps(machine, plan, start=False)["command"]
    carry_out(machine, {"command": commands}, lambda _: None)
    assert not missing_steps(machine, plan, start=False)["command"]
    assert (name.is_symlink(), bool(commands)) == (there != "file", there is None)
    if there is None:
        assert name.readlink() == Path("/opt/ishara/bin/ishara-edge")


def test_commands_run_here_with_their_input_and_their_time(tmp_path: Path) -> None:
    machine = LocalMachine(tmp_path)
    assert machine.run("cat; echo more", stdin="text ") == "text more"
    with pytest.raises(StepFailed, match="the reason"):
        machine.run("echo first >&2; echo 'the reason' >&2; exit 3")
    with pytest.raises(StepFailed, match="no answer within 1 s"):
        machine.run("sleep 60", within_s=1)


def test_a_file_is_brought_under_its_plain_name_and_discarded(tmp_path: Path) -> None:
    (tmp_path / "odd name $(x)").write_text("content")
    machine = LocalMachine(tmp_path)
    brought = Path(machine.bring(tmp_path / "odd name $(x)", "lock.txt"))
    assert (brought.name, brought.read_text()) == ("lock.txt", "content")
    machine.discard(str(brought))
    assert not brought.parent.exists()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(set_up_report, "INVITATION", tmp_path / "setup-invitation.json")
    monkeypatch.setattr(set_up_report, "SETTINGS", (tmp_path / "edge.toml",))
    monkeypatch.setattr("sys.argv", ["-", "0.1"])
    return tmp_path


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_root_reads_nothing_to_which_the_service_has_led_it(kind: str, state: Path) -> None:
    (state / "of-root").write_text("{}")
    if kind == "link":
        (state / "setup-invitation.json").symlink_to(state / "of-root")
    else:
        os.mkfifo(state / "setup-invitation.json")
    with pytest.raises(SystemExit, match="does not answer"):
        set_up_report.main()


def test_the_invitation_is_printed_once_the_page_answers(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as page:
        url = f"https://192.0.2.7:{page.getsockname()[1]}/setup"
        invitation = Invitation.renew(state, ("https://x.local/setup", url), "AB:CD")
        (state / "setup-invitation.json").write_text(invitation.model_dump_json().replace("x.local", "x.local:1"))
        with pytest.raises(SystemExit, match="does not answer"):
            set_up_report.main()
        invitation = Invitation.renew(state, (url, "https://x.local/setup"), "AB:CD")
        set_up_report.main()
    printed = Invitation.model_validate_json(capsys.readouterr().out)
    assert printed == invitation
    assert as_text(printed, "x.local").splitlines()[1:3] == ["  https://x.local/setup", f"  {url}"]
    assert "AB:CD" in as_text(printed)


def test_a_code_of_an_earlier_start_is_waited_for_and_settings_end_the_wait(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = {"urls": ["https://x:1/setup"], "code": "ABCDEFGHJ", "fingerprint": "", "boot": "another"}
    (state / "setup-invitation.json").write_text(json.dumps(old))
    with pytest.raises(SystemExit, match="earlier start"):
        set_up_report.main()
    (state / "edge.toml").write_text("")
    set_up_report.main()
    assert capsys.readouterr().out == ""
