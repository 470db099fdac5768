import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.consent.kept_takes import MAX_RECENT
from edge.consent.session import SESSION_FILE
from landmarkers.consent import Purpose
from landmarkers.layout import DEFAULT_PARTS
from landmarkers.take import Provenance
from models.labels import Sign as Label
from models.labels import read_labels
from tests.edge.consent.conftest import OpenDesk
from tests.edge.consent.desk import TAKES, Desk
from tests.edge.sinks.web.device import MODEL
from tests.edge.tiny_bundle import SIGNS
from tests.edge.waiting import wait_until
from tests.synthetic_signer import LANDMARKER
from trainer.data.split import is_for_training
from trainer.data.store import find_takes
from trainer.data.store_builder import build_store

NAME = Label(sign_id=(1 << 20) + 5, word="محمد", word_en="محمد")


def test_corrected_take_is_saved_with_the_right_word_what_was_said_and_the_consent(desk: Desk) -> None:
    consent = desk.agree(purpose=Purpose.TRAINING)
    desk.say(1, 0)
    desk.say(2, 1)
    desk.kept.correct(1, SIGNS[2].model_copy(update={"word": "عظام"}))  # as this device shows it
    desk.kept.correct(2, NAME)
    desk.kept.close()
    first, second = (take.provenance for take in desk.takes())
    assert (first.sign_id, second.sign_id) == (SIGNS[2].sign_id, NAME.sign_id)
    assert (first.landmarker, first.split, first.signer) == (LANDMARKER, "train", "مريم")
    assert first.consent == second.consent == consent
    assert first.said is not None
    assert (first.said.sign_id, first.said.word, first.said.model) == (SIGNS[0].sign_id, SIGNS[0].word, MODEL)
    assert desk.takes()[0].stored().has_landmarks_of(TAKES[0].stored())
    assert [sign.word for sign in read_labels(desk.folder.takes_folder / "labels.json")] == [SIGNS[2].word, NAME.word]
    assert desk.folder.folder.stat().st_mode & 0o077 == 0


def test_nothing_is_written_without_consent(desk: Desk) -> None:
    desk.say(1)
    desk.kept.correct(1, SIGNS[1])
    desk.kept.close()
    assert not desk.folder.folder.exists()


def test_sign_that_began_before_the_consent_is_not_kept(desk: Desk) -> None:
    desk.agree()
    desk.say(1, started_at=datetime.now(UTC) - timedelta(minutes=1))
    desk.kept.correct(1, SIGNS[1])
    desk.kept.close()
    assert desk.takes() == []


def test_nothing_is_kept_after_the_consent_has_ended_though_it_was_signed_before(desk: Desk) -> None:
    desk.agree()
    desk.say(1, 0)
    desk.say(2, 1)
    desk.kept.correct(1, SIGNS[1])
    wait_until(lambda: len(desk.takes()) == 1, "the take")
    desk.sessions.end()
    desk.kept.correct(2, SIGNS[1])
    desk.say(3, 2)
    desk.kept.correct(3, SIGNS[1])
    desk.kept.correct(1, SIGNS[2])  # what is kept may still be put right
    desk.kept.close()
    assert [take.provenance.sign_id for take in desk.takes()] == [SIGNS[2].sign_id]


def test_take_of_another_consent_is_not_kept_by_the_present_one(desk: Desk) -> None:
    desk.agree("مريم")
    desk.say(1)
    desk.agree("علي")
    desk.kept.correct(1, SIGNS[1])
    desk.say(2)
    desk.kept.correct(2, SIGNS[1])
    desk.kept.close()
    assert [take.provenance.signer for take in desk.takes()] == ["علي"]


def test_all_takes_are_kept_as_the_model_said_them_where_that_is_configured(open_desk: OpenDesk) -> None:
    desk = open_desk(keep="all")
    desk.agree()
    desk.say(1, 0)
    desk.say(2, 1)
    desk.kept.close()
    assert [take.provenance.sign_id for take in desk.takes()] == [SIGNS[0].sign_id, SIGNS[1].sign_id]


def test_no_take_of_a_word_is_kept_where_only_teaching_is_configured(open_desk: OpenDesk) -> None:
    desk = open_desk(keep="none")
    desk.agree()
    desk.say(1)
    desk.kept.correct(1, SIGNS[1])
    desk.kept.close()
    assert desk.takes() == []


def test_trainer_reads_the_folder(desk: Desk, tmp_path: Path) -> None:
    desk.agree(purpose=Purpose.TRAINING)
    for seq, sign in enumerate((SIGNS[0], SIGNS[1], SIGNS[1])):
        desk.say(seq, seq)
        desk.kept.correct(seq, sign)
    desk.kept.close()
    store = build_store(find_takes([desk.folder.takes_folder]), DEFAULT_PARTS, tmp_path / "store")
    assert sorted(row.provenance.sign_id or 0 for row in store.rows) == [75, 75, 76]
    assert all(is_for_training(row.provenance) for row in store.rows)
    assert {sign.sign_id for sign in read_labels(desk.folder.takes_folder / "labels.json")} == {75, 76}


def test_second_correction_takes_the_place_of_the_first(desk: Desk) -> None:
    desk.agree()
    desk.say(1)
    desk.kept.correct(1, SIGNS[1])
    desk.kept.correct(1, NAME)
    wait_until(lambda: [one.provenance.sign_id for one in desk.takes()] == [NAME.sign_id], "the second")
    labels = desk.folder.takes_folder / "labels.json"
    wait_until(lambda: [sign.word for sign in read_labels(labels)] == [NAME.word], "the second's word alone")
    desk.kept.correct(1, None)
    wait_until(lambda: not desk.takes(), "the deletion")
    wait_until(lambda: not list(desk.folder.takes_folder.iterdir()), "the deletion of its words and folders")


def test_oldest_takes_of_words_are_deleted_and_those_of_chosen_signs_stay(open_desk: OpenDesk) -> None:
    desk = open_desk(max_takes=3)
    consent = desk.agree()
    chosen = desk.folder.save(TAKES[0].stored(), SIGNS[0], consent)
    os.utime(chosen, (0, 0))
    for seq in range(5):
        desk.say(seq, seq % 3)
        desk.kept.correct(seq, SIGNS[seq % 3])
    desk.kept.close()
    assert [take.provenance.said is None for take in desk.takes()] == [True, False, False, False]
    assert desk.takes()[-1].stored().has_landmarks_of(TAKES[4 % 3].stored())


def test_words_whose_take_is_no_longer_in_memory_are_corrected_without_it(desk: Desk) -> None:
    desk.agree()
    for seq in range(MAX_RECENT + 1):
        desk.say(seq)
    desk.kept.correct(0, SIGNS[1])
    desk.kept.close()
    assert desk.takes() == []


def test_unusable_folder_costs_a_line_of_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.agree()
    desk.folder.takes_folder.write_text("no folder")
    desk.say(1)
    desk.kept.correct(1, SIGNS[1])
    wait_until(lambda: "a take is not kept" in caplog.text, "the report")
    desk.folder.takes_folder.unlink()
    desk.kept.correct(1, SIGNS[1])
    wait_until(lambda: len(desk.takes()) == 1, "the take")


def test_folder_with_takes_of_other_landmarks_gets_none(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    other = Provenance("other", "another landmarker", sign_id=76)
    replace(TAKES[0], provenance=other).save(desk.folder.takes_folder / "other.take.npz")
    desk.agree()
    desk.say(1)
    desk.kept.correct(1, SIGNS[1])
    desk.kept.close()
    assert "a take is not kept: the takes in" in caplog.text
    assert [one.provenance for one in desk.takes()] == [other]


def test_word_that_was_said_before_the_consent_ended_is_not_kept_afterwards(open_desk: OpenDesk) -> None:
    desk = open_desk(keep="all")
    desk.agree()
    (desk.folder.folder / SESSION_FILE).unlink()  # as a command on the device does
    desk.say(1)
    desk.kept.close()
    assert desk.takes() == []


def test_no_word_is_kept_by_a_consent_to_teaching(open_desk: OpenDesk) -> None:
    desk = open_desk(keep="all")
    desk.sessions.begin("مريم", Purpose.DEVICE, 30, only_teaches=True)
    assert desk.status.keeping is not None
    desk.say(1)
    desk.kept.correct(1, SIGNS[1])
    desk.kept.close()
    assert desk.takes() == []


def test_take_that_was_taken_back_is_not_kept_again_though_another_has_its_name(desk: Desk) -> None:
    desk.agree()
    for seq in (1, 2):
        desk.say(seq, seq)
        desk.kept.correct(seq, SIGNS[0])
        wait_until(lambda: len(desk.takes()) == 1, "the take")
        if seq == 1:
            desk.folder.delete(take.path for take in desk.folder.takes())
    desk.kept.correct(1, SIGNS[2])
    desk.kept.close()
    (left,) = desk.takes()
    assert left.provenance.sign_id == SIGNS[0].sign_id
    assert left.stored().has_landmarks_of(TAKES[2].stored())


def test_corrected_words_stay_when_others_are_deleted_for_later_ones(open_desk: OpenDesk) -> None:
    desk = open_desk(keep="all", max_takes=2)
    desk.agree()
    desk.say(1, 0)
    desk.kept.correct(1, SIGNS[2])
    for seq in (2, 3):
        desk.say(seq, 1)
    desk.kept.close()
    assert [take.provenance.sign_id for take in desk.takes()] == [SIGNS[2].sign_id, SIGNS[1].sign_id]
