import json

import pytest

from edge.commands import Commands, Response
from edge.consent.learning import Learning
from edge.requests import ConsentRequest
from tests.edge.consent.conftest import OpenDesk
from tests.edge.consent.desk import Desk

START = {"action": "start", "person": "مريم", "purpose": "training", "minutes": 5}


def learning(desk: Desk) -> Learning:
    return Learning(desk.config, desk.folder, desk.sessions, desk.kept, desk.status)


def command(desk: Desk, **payload: object) -> Response:
    commands = Commands(desk.status)
    commands.register_payload(ConsentRequest, learning(desk).ask)
    return commands.execute(json.dumps({"command": "consent", **payload}).encode())


def test_consent_begins_and_ends_by_command_and_pages_show_it(desk: Desk) -> None:
    state = json.loads(learning(desk).state_json())
    assert (state["is_on"], state["session"]) == (True, None)
    assert state["words"]["training"] != state["words"]["device"]
    assert command(desk, **START).ok
    session = json.loads(learning(desk).state_json())["session"]
    assert (session["person"], session["purpose"]) == ("مريم", "training")
    assert command(desk, action="stop").ok
    assert json.loads(learning(desk).state_json())["session"] is None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"person": "m@clinic.example"}, "a person has a name or pseudonym"),
        ({"person": None}, "start needs a person, a purpose and minutes"),
        ({"minutes": 481}, "less than or equal to 480"),
        ({"minutes": 0}, "greater than or equal to 1"),
        ({"purpose": "advertising"}, "purpose"),
        ({"action": "stop"}, "and stop none of them"),
        ({"phone": "0551234567"}, "phone: Extra inputs are not permitted"),
    ],
)
def test_consent_that_does_not_say_what_it_must_is_refused(desk: Desk, change: dict[str, object], error: str) -> None:
    response = command(desk, **START | change)
    assert error in (response.error or "")
    assert desk.sessions.current is None


def test_no_consent_begins_where_nothing_would_be_kept_by_it(open_desk: OpenDesk) -> None:
    desk = open_desk(keep="none")
    assert 'keep is "none"' in (command(desk, **START).error or "")
    assert json.loads(learning(desk).state_json())["is_on"] is False
