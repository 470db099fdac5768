import json

import pytest

from edge.commands import LONGEST_BYTES, Answer, Command, Commands
from edge.monitoring.status import DeviceStatus


@pytest.fixture
def standing() -> DeviceStatus:
    return DeviceStatus()


@pytest.fixture
def commands(standing: DeviceStatus) -> Commands:
    return Commands(standing)


def test_pause_and_resume_need_nobody_else(commands: Commands, standing: DeviceStatus) -> None:
    assert commands.obey(b"pause") == Answer(command="pause", ok=True)
    assert standing.paused
    assert commands.obey(b'{"command": "resume", "id": "a1"}') == Answer(id="a1", command="resume", ok=True)
    assert not standing.paused


def test_everybody_who_can_obey_is_called(commands: Commands) -> None:
    called: list[str] = []
    commands.when(Command.CLEAR, lambda: called.append("captions"))
    commands.when(Command.CLEAR, lambda: called.append("web"))
    assert commands.obey(b'{"command": "clear", "id": 7}') == Answer(id=7, command="clear", ok=True)
    assert called == ["captions", "web"]


def test_what_nothing_here_can_do_is_answered_with_an_error(commands: Commands) -> None:
    answer = commands.obey(b"identify")
    assert (answer.ok, answer.error) == (False, "nothing on this device can identify")


@pytest.mark.parametrize("message", [b"pause", b" Pause \n", b'{"command":"pause"}', b'{"command":"pause","id":null}'])
def test_a_command_is_a_bare_name_or_json(message: bytes, commands: Commands, standing: DeviceStatus) -> None:
    assert commands.obey(message).ok
    assert standing.paused


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (b"", "there is no command ''"),
        (b"dance", "there is no command 'dance'; there are pause, resume, clear, identify"),
        (b'{"command": "dance", "id": "x"}', "there is no command 'dance'"),
        (b'{"command": "pause"', "neither a bare name nor JSON"),
        (b'["pause"]', "a command in JSON is"),
        (b'"pause"', "a command in JSON is"),
        (b'{"cmd": "pause"}', "a command in JSON is"),
        (b'{"command": 1}', "a command in JSON is"),
        (b'{"command": "pause", "id": {}}', "a command in JSON is"),
        (b'{"command": "pause", "until": "noon"}', "a command in JSON is"),
        (b'{"command": "pause", "id": "%s"}' % (b"i" * 65), "may have 64 characters"),
        (b'{"command": "pause", "id": %s}' % (b"9" * 900), "may have 64 characters"),
        (b"[" * 900, "neither a bare name nor JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"p" * (LONGEST_BYTES + 1), "too long"),
    ],
)
def test_anything_else_is_answered_with_what_is_wrong(
    message: bytes, error: str, commands: Commands, standing: DeviceStatus
) -> None:
    answer = commands.obey(message)
    assert not answer.ok
    assert error in (answer.error or "")
    assert not standing.paused
    assert len(answer.to_json()) < LONGEST_BYTES


def test_an_unknown_command_is_answered_with_its_id(commands: Commands) -> None:
    told = json.loads(commands.obey(b'{"command": "dance", "id": "x"}').to_json())
    assert (told["id"], told["ok"], "dance" in told["error"]) == ("x", False, True)
