import json

import pytest

from edge.commands import Commands, Response
from edge.monitoring.status import DeviceStatus
from edge.requests import MAX_BYTES, Command, Reply, RequestRefused, SettingsRequest
from edge.sinks.web.sink import PAGE_COMMANDS


@pytest.fixture
def status() -> DeviceStatus:
    return DeviceStatus()


@pytest.fixture
def commands(status: DeviceStatus) -> Commands:
    return Commands(status)


def test_pause_and_resume_set_the_status(commands: Commands, status: DeviceStatus) -> None:
    assert commands.execute(b"pause") == Response(command="pause", ok=True)
    assert status.paused
    assert commands.execute(b'{"command": "resume", "id": "a1"}') == Response(id="a1", command="resume", ok=True)
    assert not status.paused


def test_every_handler_is_called(commands: Commands) -> None:
    called: list[str] = []
    commands.register(Command.CLEAR, lambda: called.append("captions"))
    commands.register(Command.CLEAR, lambda: called.append("web"))
    assert commands.execute(b'{"command": "clear", "id": 7}') == Response(id=7, command="clear", ok=True)
    assert called == ["captions", "web"]


def test_command_without_handler_is_answered_with_an_error(commands: Commands) -> None:
    response = commands.execute(b"identify")
    assert (response.ok, response.error) == (
        False,
        "this device does not carry out identify: it has no screen ([captions])",
    )


@pytest.mark.parametrize("message", [b"pause", b" Pause \n", b'{"command":"pause"}', b'{"command":"pause","id":null}'])
def test_command_is_a_bare_name_or_json(message: bytes, commands: Commands, status: DeviceStatus) -> None:
    assert commands.execute(message).ok
    assert status.paused


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
        (b'{"command": "pause", "id": "\\ud800"}', "neither a bare name nor JSON"),
        (b'{"command": "pause", "id": NaN}', "a command in JSON is"),
        (b"\xff\xfe", "not UTF-8"),
        (b"p" * (MAX_BYTES + 1), "too long"),
    ],
)
def test_invalid_command_is_answered_with_the_reason(
    message: bytes, error: str, commands: Commands, status: DeviceStatus
) -> None:
    response = commands.execute(message)
    assert not response.ok
    assert error in (response.error or "")
    assert not status.paused
    assert len(response.to_json()) < MAX_BYTES


def test_unknown_command_is_answered_with_its_id(commands: Commands) -> None:
    content = json.loads(commands.execute(b'{"command": "dance", "id": "x"}').to_json())
    assert (content["id"], content["ok"], "dance" in content["error"]) == ("x", False, True)


def test_request_with_a_payload_reaches_its_handler(commands: Commands) -> None:
    replies: list[Reply] = []
    commands.register_payload(Reply, replies.append)
    message = '{"command": "reply", "text": "أهلا بك في Room 7", "partial": true, "id": 3}'.encode()
    assert commands.execute(message) == Response(id=3, command="reply", ok=True)
    assert (replies[0].text, replies[0].partial) == ("أهلا بك في Room 7", True)
    assert commands.execute(json.dumps({"command": "reply", "text": "\U0001f600" * 500}).encode()).ok  # all escaped


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (b"reply", "text: Field required"),
        (b'{"command": "reply"}', "text: Field required"),
        (b'{"command": "reply", "text": 1}', "text: Input should be a valid string"),
        (b'{"command": "reply", "text": "a", "partial": 1}', "partial: Input should be a valid boolean"),
        (b'{"command": "reply", "text": "a", "size": 9}', "size: Extra inputs are not permitted"),
        (b'{"command": "reply", "text": "a", "\\u001b\\n%s": 9}' % (b"k" * 500), "\\x1b"),
        (b'{"command": "reply", "text": "%s"}' % (b"a" * 501), "at most 500 characters"),
        (b'{"command": "reply", "text": "a\\nb"}', "line ends"),
        (b'{"command": "reply", "text": "a\\u0007b"}', "controls"),
        ('{"command": "reply", "text": "a\u202eb"}'.encode(), "writing direction"),
        (b'{"command": "reply", "text": "\\ud800"}', "neither a bare name nor JSON"),
    ],
)
def test_invalid_payload_is_answered_with_one_sentence(message: bytes, error: str, commands: Commands) -> None:
    replies: list[Reply] = []
    commands.register_payload(Reply, replies.append)
    response = commands.execute(message)
    assert not response.ok
    assert error in (response.error or "")
    assert len(response.error or "") < 400
    assert (response.error or "").isprintable()
    assert not replies


def test_reply_without_visible_characters_is_empty(commands: Commands) -> None:
    replies: list[Reply] = []
    commands.register_payload(Reply, replies.append)
    assert commands.execute('{"command": "reply", "text": " \u200b "}'.encode()).ok
    assert replies[0].text == ""


def test_handler_may_refuse_a_request(commands: Commands) -> None:
    def refuse(_reply: Reply) -> None:
        raise RequestRefused("nobody reads it")

    commands.register_payload(Reply, refuse)
    response = commands.execute(b'{"command": "reply", "text": "a", "id": 0}')
    assert response == Response(id=0, command="reply", ok=False, error="nobody reads it")


def test_only_accepted_commands_are_executed(commands: Commands, status: DeviceStatus) -> None:
    assert not commands.execute(b"pause", accepted=[Command.REPLY]).ok
    assert not status.paused


def test_settings_and_set_up_are_for_the_page_alone(commands: Commands) -> None:
    asked: list[SettingsRequest] = []
    commands.register_payload(SettingsRequest, asked.append)
    message = b'{"command": "settings", "action": "undo"}'
    assert commands.execute(message).error == "the command settings is accepted on the live page alone"
    assert not asked
    assert commands.execute(message, PAGE_COMMANDS).ok
    assert len(asked) == 1
