"""Takes of unknown signs: extracted from clips, stored, and trained as "no sign"."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landmarkers.layout import DEFAULT_PARTS
from landmarkers.take import Take
from models.labels import Sign
from tests.trainer.stream_takes import rest_take, sign_take
from trainer.augmentation.loader import WeightedSampler
from trainer.cli.main import main as trainer
from trainer.data.split import split_by_name, split_by_signer
from trainer.data.store import Store, find_takes
from trainer.data.store_builder import build_store
from trainer.training.loss import class_indices
from trainer.training.training_data import TrainingData

SIGNS = (Sign(sign_id=1, word="واحد", word_en="one"), Sign(sign_id=2, word="اثنان", word_en="two"))


def extract(clips: Path, to: Path) -> list[Take]:
    assert trainer(["extract-unknown", str(clips), "--to", str(to)]) == 0
    return [Take.load(path) for path in sorted(to.rglob("*.take.npz"))]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store of ten takes of two known signs, by signers 01 and 02, and of one unknown sign by nobody known."""
    for number in range(10):
        take = sign_take(1 + number % 2, 0.4, signer=f"0{1 + number % 3 // 2}", number=number)
        provenance = replace(take.provenance, split="train")
        Take(take.points, take.times, provenance).save(tmp_path / f"takes/{number}.take.npz")
    sign_take(9, 0.6).save(tmp_path / "clips/other.take.npz")
    extract(tmp_path / "clips", tmp_path / "takes")
    return build_store(find_takes([tmp_path / "takes"]), DEFAULT_PARTS, tmp_path / "a.store")


def test_clip_is_cut_to_the_time_in_which_a_hand_is_raised_and_has_no_sign(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rest_take(seconds=2.0).save(tmp_path / "clips/a.take.npz")  # half a second of a sign
    (take,) = extract(tmp_path / "clips", tmp_path / "takes")
    assert "1 takes of 1 clips" in capsys.readouterr().out
    assert take.duration < 0.7
    assert take.provenance.sign_id is None


def test_clip_is_read_again_only_when_it_is_newer_than_its_takes(tmp_path: Path) -> None:
    clip, made = tmp_path / "clips/a.take.npz", tmp_path / "takes/clips/a-0.take.npz"
    sign_take(9, 0.4, seconds=0.5).save(clip)
    extract(tmp_path / "clips", tmp_path / "takes")
    before = made.stat().st_mtime_ns
    extract(tmp_path / "clips", tmp_path / "takes")
    assert made.stat().st_mtime_ns == before
    sign_take(9, 0.4, seconds=1.0).save(clip)
    (take,) = extract(tmp_path / "clips", tmp_path / "takes")
    assert take.duration > 0.9


def test_takes_that_a_changed_clip_no_longer_has_are_set_aside(tmp_path: Path) -> None:
    clip = tmp_path / "clips/a.take.npz"
    first, second = sign_take(9, 0.4), sign_take(9, 0.4)
    points, times = np.concatenate([first.points, second.points]), np.concatenate([first.times, second.times + 5.0])
    Take(points, times, first.provenance).save(clip)  # two signs, and nothing for seconds between them
    assert len(extract(tmp_path / "clips", tmp_path / "takes")) == 2
    first.save(clip)
    assert len(extract(tmp_path / "clips", tmp_path / "takes")) == 1


def test_clip_that_cannot_be_read_is_named_and_the_others_are_extracted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_take(9, 0.4).save(tmp_path / "clips/a-0.take.npz")
    sign_take(9, 0.4).save(tmp_path / "clips/a.take.npz")  # whose take may not be confused with the other's
    (tmp_path / "clips/b.mp4").write_bytes(b"no video")
    assert trainer(["extract-unknown", str(tmp_path / "clips"), "--to", str(tmp_path / "takes")]) == 1
    assert "2 takes of 2 clips" in (output := capsys.readouterr().out)
    assert "b.mp4" in output


def test_clips_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("x/clips", "y/clips"):
        sign_take(9, 0.4).save(tmp_path / folder / "a.take.npz")
    command = ["extract-unknown", str(tmp_path / "x"), str(tmp_path / "y"), "--to", str(tmp_path / "takes")]
    assert trainer(command) == 2
    assert "would have one take" in capsys.readouterr().err


def test_folder_without_clips_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clips").mkdir()
    assert trainer(["extract-unknown", str(tmp_path / "clips"), "--to", str(tmp_path / "takes")]) == 2
    assert "no clip and no take" in capsys.readouterr().err


def test_take_without_a_sign_is_stored_and_is_no_sign_in_training(store: Store) -> None:
    (number,) = [n for n, row in enumerate(store.rows) if row.provenance.sign_id is None]
    split = split_by_signer([row.provenance for row in store.rows], "02", None)
    assert number in split.train
    assert class_indices(TrainingData(store, split, SIGNS))[number] == len(SIGNS)


def test_takes_without_a_sign_have_a_fixed_share_of_a_batch(store: Store) -> None:
    number = next(n for n, row in enumerate(store.rows) if row.provenance.sign_id is None)
    drawn = WeightedSampler(store, range(len(store))).sample(4000, torch.Generator().manual_seed(1))
    assert 0.06 < float((drawn == number).float().mean()) < 0.10


def test_take_without_a_sign_is_never_held_out_to_validate(store: Store) -> None:
    provenances = [row.provenance for row in store.rows]
    split = split_by_name(provenances, ["clips/other*", "01/test/1/0"])
    assert [provenances[number].clip for number in split.validation] == ["01/test/1/0"]
    assert "clips/other-0" in [provenances[number].clip for number in split.train]  # there is no other of its kind
