import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.consent.session import SESSION_FILE, ConsentEnded, ConsentUnwritable, Session
from landmarkers.consent import Purpose
from tests.edge.consent.conftest import OpenDesk
from tests.edge.consent.desk import Desk


def test_consent_says_who_asked_when_for_what_and_by_which_words(open_desk: OpenDesk) -> None:
    desk = open_desk(days=30)
    before = datetime.now(UTC)
    consent = desk.agree(purpose=Purpose.TRAINING)
    assert (consent.person, consent.asked_by, consent.purpose, consent.days) == ("مريم", "Reception", "training", 30)
    assert before <= consent.asked_at <= datetime.now(UTC)
    assert "train the next model" in consent.words
    assert "30" in consent.words
    assert "They do not leave this device" in desk.agree(purpose=Purpose.DEVICE).words


def test_own_question_takes_the_place_of_the_built_in_one(open_desk: OpenDesk) -> None:
    assert open_desk(words="May we?").agree().words == "May we?"


def test_notice_is_shown_as_long_as_the_consent_is_in_force(desk: Desk) -> None:
    assert desk.status.keeping is None
    desk.agree()
    keeping = desk.status.keeping
    assert keeping is not None
    assert (keeping.person, keeping.purpose) == ("مريم", Purpose.DEVICE)
    desk.sessions.end()
    assert desk.status.keeping is None
    assert desk.sessions.current is None


def test_consent_ends_by_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.agree(minutes=1)
    later = time.monotonic() + 61.0
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert desk.sessions.current is None
    desk.sessions.refresh()
    assert desk.status.keeping is None
    assert not (desk.folder.folder / SESSION_FILE).exists()


def test_consent_outlives_the_daemon(desk: Desk, open_desk: OpenDesk) -> None:
    consent = desk.agree()
    again = open_desk()
    assert again.sessions.current == consent
    assert again.status.keeping == desk.status.keeping


@pytest.mark.parametrize("asked_ago", [timedelta(hours=-2), timedelta(hours=2)])
def test_consent_that_is_over_or_in_the_future_of_this_clock_is_not_continued(
    desk: Desk, open_desk: OpenDesk, asked_ago: timedelta
) -> None:
    consent = desk.agree()
    asked_at = datetime.now(UTC) - asked_ago
    session = Session(consent=consent.model_copy(update={"asked_at": asked_at}), until=asked_at + timedelta(hours=1))
    path = desk.folder.folder / SESSION_FILE
    path.write_text(session.model_dump_json())
    assert open_desk().sessions.current is None
    assert not path.exists()


def test_command_beside_the_daemon_begins_and_ends_a_consent(desk: Desk, open_desk: OpenDesk) -> None:
    beside = open_desk()
    consent = beside.agree()
    desk.sessions.refresh()
    assert desk.sessions.current == consent
    beside.sessions.end()
    desk.sessions.refresh()
    assert desk.status.keeping is None


def test_damaged_file_is_no_consent(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.agree()
    (desk.folder.folder / SESSION_FILE).write_text("{")
    desk.sessions.refresh()
    assert desk.sessions.current is None
    assert "is no consent" in caplog.text


def test_consent_that_cannot_be_written_is_not_in_force(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "learning").write_text("no folder")
    with pytest.raises(ConsentUnwritable, match="the consent cannot be written"):
        desk.agree()
    assert desk.sessions.current is None


def test_consent_that_another_program_has_ended_permits_nothing_from_that_moment_on(desk: Desk) -> None:
    consent = desk.agree()
    desk.sessions.require(consent)
    (desk.folder.folder / SESSION_FILE).unlink()
    with pytest.raises(ConsentEnded):
        desk.sessions.require(consent)


def test_end_of_one_consent_leaves_a_later_one_in_force(desk: Desk) -> None:
    first, second = desk.agree("مريم"), desk.agree("علي")
    desk.sessions.end(first)
    assert desk.sessions.current == second
    desk.sessions.end(second)
    assert desk.sessions.current is None
