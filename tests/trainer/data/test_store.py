from pathlib import Path

import numpy as np
import pytest

from landmarkers.consent import Consent
from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.take import Provenance, Take, TakeDamaged
from tests.synthetic_takes import make_take
from trainer.augmentation.loader import BatchLoader, StoreLacksPart
from trainer.data import store as stores
from trainer.data.store_builder import build_store


def write_takes(folder: Path, count: int) -> list[Path]:
    for number in range(count):
        provenance = Provenance(f"clip{number}", "synthetic", None if number == 0 else "01", "train", 1 + number % 3)
        take = make_take(number, times=np.arange(5 + number) / 30, provenance=provenance)
        take.save(folder / f"{number}.take.npz")
    return stores.find_takes([folder])


def test_stored_takes_are_read_back_unchanged(tmp_path: Path) -> None:
    paths = write_takes(tmp_path / "takes", 4)
    store = build_store(paths, DEFAULT_PARTS, tmp_path / "a.store")
    assert len(stores.Store(tmp_path / "a.store")) == 4
    for number, path in enumerate(paths):
        take, stored = Take.load(path), store.take(number)
        np.testing.assert_array_equal(stored.points, take.points)
        np.testing.assert_allclose(stored.times, take.times - take.times[0], atol=1e-6)
        assert stored.provenance == take.provenance


def test_only_the_given_parts_are_stored(tmp_path: Path) -> None:
    paths = write_takes(tmp_path / "takes", 2)
    store = build_store(paths, frozenset({Part.POSE}), tmp_path / "a.store")
    assert store.read(0)[0].shape[1:] == (33, 3)
    with pytest.raises(StoreLacksPart, match="left_hand"):
        BatchLoader(store)


def test_damaged_take_stops_the_build_and_keeps_the_old_store(tmp_path: Path) -> None:
    paths = write_takes(tmp_path / "takes", 3)
    build_store(paths, DEFAULT_PARTS, tmp_path / "a.store")
    paths[1].write_bytes(b"")
    with pytest.raises(TakeDamaged, match=r"1\.take\.npz"):
        build_store(paths, DEFAULT_PARTS, tmp_path / "a.store")
    assert len(stores.Store(tmp_path / "a.store")) == 3


def test_take_that_somebody_gave_to_a_device_alone_is_refused(tmp_path: Path) -> None:
    asked = {
        "person": "مريم",
        "asked_by": "Reception",
        "asked_at": "2026-11-29T17:00:00Z",
        "words": "May we?",
        "days": 9,
    }
    for purpose in ("training", "device"):
        consent = Consent.model_validate(asked | {"purpose": purpose})
        provenance = Provenance("مريم/train/0001/01", "synthetic", "مريم", "train", 1, consent=consent)
        make_take(provenance=provenance).save(tmp_path / purpose / "1.take.npz")
    assert len(build_store(stores.find_takes([tmp_path / "training"]), DEFAULT_PARTS, tmp_path / "a.store")) == 1
    with pytest.raises(stores.StoreUnusable, match="مريم agreed to the take of مريم/train/0001/01 for a device alone"):
        build_store(stores.find_takes([tmp_path]), DEFAULT_PARTS, tmp_path / "a.store")


def test_folder_that_is_not_a_store_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(stores.StoreUnusable, match=r"none\.store"):
        stores.Store(tmp_path / "none.store")
    with pytest.raises(stores.StoreUnusable, match="empty"):
        stores.find_takes([tmp_path / "empty"])


def test_store_whose_index_names_no_part_is_refused(tmp_path: Path) -> None:
    build_store(write_takes(tmp_path / "takes", 1), DEFAULT_PARTS, tmp_path / "a.store")
    with np.load(tmp_path / "a.store/index.npz") as index:
        columns = {name: index[name] for name in index.files}
    np.savez_compressed(tmp_path / "a.store/index.npz", allow_pickle=False, **columns | {"parts": np.array([], "U4")})
    with pytest.raises(stores.StoreUnusable, match="no part of the body"):
        stores.Store(tmp_path / "a.store")


def test_takes_of_overlapping_folders_are_found_once(tmp_path: Path) -> None:
    paths = write_takes(tmp_path / "takes/mine", 2)
    assert stores.find_takes([tmp_path / "takes", tmp_path / "takes/mine"]) == paths


def test_batches_are_padded_with_nan(tmp_path: Path) -> None:
    store = build_store(write_takes(tmp_path / "takes", 3), DEFAULT_PARTS, tmp_path / "a.store")
    pose, left, right, times = BatchLoader(store).collate([0, 2]).parts()
    assert pose.shape == (2, 7, 11, 3)
    assert left.shape == right.shape == (2, 7, 21, 3)
    assert times.isnan().sum(1).tolist() == [2, 0]
    assert bool(right[0, 5:].isnan().all())
