"""`ishara-deploy` against a real sshd; `make test-fleet` uses whole devices with systemd."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.__main__ import main
from deploy.connection import Connections, connected
from deploy.inventory import load_inventory
from deploy.remote_machine import RemoteMachine
from deploy.status import as_json, as_table, read
from deploy.transfer import send
from edge.config import SHIPPED_MODEL
from edge.installation.machine import Answer, Failure, StepFailed
from edge.installation.steps import Command, carry_out
from tests.deploy.sshd import Sshd, make_key, running
from tests.edge.ports import free_port

CONTENT = bytes(range(256)) * 4096 * 3  # three megabytes


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running(tmp_path_factory.mktemp("sshd")) as daemon:
        yield daemon


@pytest.fixture
def connections(sshd: Sshd) -> Iterator[Connections]:
    inventory = load_inventory(sshd.inventory())
    with connected(inventory, inventory.entries()) as connections:
        yield connections


def status(inventory: Path) -> int:
    return main(["status", "--inventory", str(inventory)])


def test_status_lists_a_reachable_host(sshd: Sshd, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(sshd.inventory()) == 1
    header, row = capsys.readouterr().out.splitlines()
    assert header.split()[:4] == ["HOST", "APP", "MODEL", "STATE"]
    assert row.startswith("here")


def test_unknown_host_key_is_refused(sshd: Sshd, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "none").write_text("")
    assert status(sshd.inventory(known_hosts=tmp_path / "none")) == 2
    assert f"the host key of 127.0.0.1:{sshd.port} is not in {tmp_path / 'none'}" in capsys.readouterr().out
    assert (tmp_path / "none").read_text() == ""


def test_changed_host_key_is_refused_before_anything_is_sent(
    sshd: Sshd, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_key(tmp_path / "other").with_suffix(".pub").read_text()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{sshd.port} {other}")
    path = sshd.inventory(known_hosts=tmp_path / "known")
    assert main(["push", str(SHIPPED_MODEL), "--inventory", str(path)]) == 2
    assert "shows another host key" in capsys.readouterr().out
    assert list(sshd.home.iterdir()) == []


def test_refused_key_and_unreachable_host_have_different_exit_codes(
    sshd: Sshd, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = make_key(tmp_path / "stranger")
    assert status(sshd.inventory(key=stranger)) == 2
    assert f"with the key {stranger}" in capsys.readouterr().out
    unreachable = sshd.inventory()
    unreachable.write_text(unreachable.read_text().replace(str(sshd.port), str(free_port())))
    assert status(unreachable) == 1
    assert "cannot be reached: nothing answers there; check that" in capsys.readouterr().out


def test_wrong_inventory_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(tmp_path / "fleet.toml") == 2
    absent = capsys.readouterr().err
    assert absent.startswith("ishara-deploy: there is no inventory ")
    assert "`ishara-deploy provision [USER@]HOST` makes one" in absent
    assert status(tmp_path) == 2
    assert capsys.readouterr().err.startswith("ishara-deploy: the inventory ")


def test_failed_canary_stops_the_rollout(sshd: Sshd) -> None:
    """As a program of its own: two hosts at the same time."""
    second = f'[hosts.later]\naddress = "localhost"\nport = {sshd.port}\nuser = "nobody"\n'
    path = sshd.inventory(f"canary = true\n{second}")
    command = [sys.executable, "-m", "deploy", "push", str(SHIPPED_MODEL), "--inventory", str(path)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=os.environ, check=False)
    rows = {row.split()[0]: row for row in done.stdout.splitlines()[1:]}
    assert done.returncode == 2, done.stderr
    assert "not provisioned" in rows["here"]
    assert "not tried, because the canary failed" in rows["later"]
    assert "Traceback" not in done.stderr


def test_dry_run_prints_the_plan_and_sends_nothing(sshd: Sshd, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push", str(SHIPPED_MODEL), "--dry-run", "--inventory", str(sshd.inventory("wave = 3\n"))]) == 0
    row = capsys.readouterr().out.splitlines()[1]
    assert "wave 3" in row
    assert "karsl-230-" in row
    assert list(sshd.home.iterdir()) == []


def test_file_is_sent_once(connections: Connections) -> None:
    moves: list[tuple[int, int]] = []
    remote = connections.remotes["here"]
    first = send(remote, io.BytesIO(CONTENT), "whole", lambda there, size: moves.append((there, size)))
    assert Path(first.path).read_bytes() == CONTENT
    assert first.sent == len(CONTENT)
    assert moves[-1] == (len(CONTENT), len(CONTENT))
    assert send(remote, io.BytesIO(CONTENT), "whole").sent == 0


@pytest.mark.parametrize(
    ("left", "sent"), [(CONTENT[:1_000_000], len(CONTENT) - 1_000_000), (b"x" * 1_000_000, len(CONTENT))]
)
def test_interrupted_transfer_resumes_unless_it_is_damaged(connections: Connections, left: bytes, sent: int) -> None:
    remote, name = connections.remotes["here"], f"cut-{sent}"
    arrived = Path(send(remote, io.BytesIO(CONTENT), name).path)
    arrived.rename(arrived.with_name(f"{name}.part"))
    arrived.with_name(f"{name}.part").write_bytes(left)
    moves: list[int] = []
    send(remote, io.BytesIO(CONTENT), name, lambda there, _: moves.append(there))
    assert arrived.read_bytes() == CONTENT
    assert (moves[0] > len(left)) == (sent < len(CONTENT)) or moves.count(len(CONTENT)) == 2


def test_folder_that_cannot_be_written_is_named(connections: Connections, sshd: Sshd) -> None:
    with pytest.raises(StepFailed, match="cannot be written on the device"):
        send(connections.remotes["here"], io.BytesIO(b"x"), "no/such/folder")


def test_steps_of_provisioning_run_on_the_host_until_one_fails(connections: Connections, tmp_path: Path) -> None:
    reports: list[str] = []
    steps = {
        "first": [Command(f"cat >{tmp_path}/written", stdin="content"), Command("true", within_s=9)],
        "nothing": [],
        "second": [Command("echo 'no room' >&2; exit 3")],
        "third": [Command(f"touch {tmp_path}/third")],
    }
    with pytest.raises(StepFailed) as failed:
        carry_out(RemoteMachine(connections.remotes["here"]), steps, reports.append)
    assert (tmp_path / "written").read_text().strip() == "content"
    assert (reports, failed.value.failure) == (["first: done"], Failure("second: no room"))
    assert not (tmp_path / "third").exists()


def test_report_is_parsed() -> None:
    report = {
        "release": "0.1.0-aaaaaaaa",
        "service": {"LoadState": "loaded", "ActiveState": "active", "StatusText": "the camera is lost; last word x"},
        "metrics": {"model": "karsl-230@6", "ishara_frames_per_second": 14.9, "ishara_temperature_celsius": 61.25},
        "celsius": None,
        "models": None,
    }  # fmt: skip
    found = read("entrance", json.dumps(report | {"of another release": 1}))
    assert (found.app, found.model, found.frames_per_s) == ("0.1.0-aaaaaaaa", "karsl-230@6", 14.9)
    assert found.state == "active; the camera is lost"
    assert found.celsius == 61.2


@pytest.mark.parametrize(
    "changes",
    [
        {"service": []},
        {"metrics": {"ishara_last_word_timestamp_seconds": 1e300}},
        {"models": {"installed": [[]]}},
        {"celsius": "hot"},
        {"celsius": 1e300},
        {"metrics": {"ishara_frames_per_second": 1e300}},
    ],
)
def test_report_of_wrong_values_fails_for_that_host_alone(changes: dict[str, object]) -> None:
    report = {"release": None, "service": {}, "metrics": None, "models": None, "celsius": None} | changes
    with pytest.raises(StepFailed, match="cannot be understood"):
        read("entrance", json.dumps(report))


@pytest.mark.parametrize("report", ["", "[]", "[" * 60_000, '{"release": ' + "1" * 5000 + "}"], ids=range(4))
def test_report_that_is_none_fails_in_one_line(report: str) -> None:
    with pytest.raises(StepFailed, match="cannot be understood") as failed:
        read("entrance", report)
    assert "\n" not in str(failed.value)


def test_status_shows_a_report_that_attacks_the_terminal_on_one_plain_line() -> None:
    odd = "x\x1b]0;title\x07\x9b2J\r\nEVIL proven \u202e\u2028" + "y" * 10_000
    report = {
        "release": odd,
        "service": {"LoadState": "loaded", "ActiveState": odd, "StatusText": odd},
        "metrics": {"model": odd},
        "models": {"installed": [{"name": odd, "current": True}], "events": [{"what": "rolled back", "reason": odd}]},
        "celsius": None,
    }
    status = read("entrance", json.dumps(report))
    for text in (
        as_table([status]).split("\n", 1)[1],
        as_json([status]).replace("\n", " "),
        Answer(False, "", odd).reason,
    ):
        assert text.isprintable()
        assert len(text) < 10_000
