from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.corrections.kept_takes import MAX_RECENT, KeptTakes
from edge.monitoring.status import Component, DeviceStatus
from landmarkers.layout import DEFAULT_PARTS
from landmarkers.take import Provenance, Take
from models.bundle import LABELS
from models.labels import Sign as Label
from models.labels import read_labels
from tests.edge.tiny_bundle import PLACES, SIGNS
from tests.edge.waiting import wait_until
from tests.synthetic_signer import LANDMARKER, Sign, even_times, take
from trainer.data.split import is_for_training
from trainer.data.store import find_takes
from trainer.data.store_builder import build_store

NAME = Label(sign_id=(1 << 20) + 5, word="محمد", word_en="محمد")
TAKES = [take(even_times(30, 1.0), Sign(0.1, 0.9, place)) for place in PLACES]


@pytest.fixture
def kept(tmp_path: Path, bundle_folder: Path) -> Iterator[KeptTakes]:
    takes = KeptTakes(tmp_path / "kept", 3, bundle_folder / LABELS, DeviceStatus().escalation(Component.DAEMON))
    yield takes
    takes.close()


def saved(folder: Path) -> list[Take]:
    """Return the takes of the folder in the order of their names."""
    return [Take.load(path) for path in sorted((folder / "kept").rglob("*.take.npz"))]


def test_take_is_saved_with_the_right_word(kept: KeptTakes, tmp_path: Path) -> None:
    kept.remember(1, TAKES[0])
    kept.remember(2, TAKES[1])
    assert not (tmp_path / "kept").exists()  # nothing is written for a word that nobody corrects
    kept.keep(1, SIGNS[2].model_copy(update={"word": "عظام"}))  # as this device shows it
    kept.keep(2, NAME)
    kept.close()
    first, second = saved(tmp_path)
    assert (first.provenance.sign_id, second.provenance.sign_id) == (SIGNS[2].sign_id, NAME.sign_id)
    assert (first.provenance.landmarker, first.provenance.split) == (LANDMARKER, "train")
    assert first.stored().has_landmarks_of(TAKES[0].stored())
    assert [sign.word for sign in read_labels(tmp_path / "kept" / "labels.json")] == [SIGNS[2].word, NAME.word]
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


def test_trainer_reads_the_folder(kept: KeptTakes, tmp_path: Path) -> None:
    for seq, (one, sign) in enumerate(zip(TAKES, (SIGNS[0], SIGNS[1], SIGNS[1]), strict=True)):
        kept.remember(seq, one)
        kept.keep(seq, sign)
    kept.close()
    store = build_store(find_takes([tmp_path / "kept"]), DEFAULT_PARTS, tmp_path / "store")
    assert sorted(row.provenance.sign_id or 0 for row in store.rows) == [75, 75, 76]
    assert all(is_for_training(row.provenance) for row in store.rows)
    assert {sign.sign_id for sign in read_labels(tmp_path / "kept" / "labels.json")} == {75, 76}


def test_second_correction_takes_the_place_of_the_first(kept: KeptTakes, tmp_path: Path) -> None:
    kept.remember(1, TAKES[0])
    kept.keep(1, SIGNS[1])
    kept.keep(1, SIGNS[2])
    wait_until(lambda: [one.provenance.sign_id for one in saved(tmp_path)] == [SIGNS[2].sign_id], "the second")
    kept.keep(1, None)
    wait_until(lambda: not saved(tmp_path), "the deletion")


def test_oldest_takes_are_removed(kept: KeptTakes, tmp_path: Path) -> None:
    for seq in range(5):
        kept.remember(seq, TAKES[seq % 3])
        kept.keep(seq, SIGNS[seq % 3])
    kept.close()
    assert len(saved(tmp_path)) == 3
    assert any(one.stored().has_landmarks_of(TAKES[4 % 3].stored()) for one in saved(tmp_path))


def test_words_whose_take_is_no_longer_in_memory_are_corrected_without_it(kept: KeptTakes, tmp_path: Path) -> None:
    for seq in range(MAX_RECENT + 1):
        kept.remember(seq, TAKES[0])
    kept.keep(0, SIGNS[1])
    kept.close()
    assert saved(tmp_path) == []


def test_unusable_folder_costs_a_line_of_the_log(
    kept: KeptTakes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "kept").write_text("no folder")
    kept.remember(1, TAKES[0])
    kept.keep(1, SIGNS[1])
    wait_until(lambda: "the take of word 1 is not kept" in caplog.text, "the report")
    (tmp_path / "kept").unlink()
    kept.keep(1, SIGNS[1])
    wait_until(lambda: len(saved(tmp_path)) == 1, "the take")


def test_folder_with_takes_of_other_landmarks_gets_none(
    kept: KeptTakes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = Provenance("other", "another landmarker", sign_id=76)
    replace(TAKES[0], provenance=other).save(tmp_path / "kept" / "other.take.npz")
    kept.remember(1, TAKES[0])
    kept.keep(1, SIGNS[1])
    kept.close()
    assert "the take of word 1 is not kept: the takes in" in caplog.text
    assert [one.provenance for one in saved(tmp_path)] == [other]
