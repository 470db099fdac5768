from pathlib import Path

import numpy as np
import pytest

from landmarkers.layout import Part
from landmarkers.take import STEPS_PER_UNIT, Provenance, Take, TakeDamaged
from tests.synthetic_takes import make_take


def test_saved_take_is_loaded_unchanged(tmp_path: Path) -> None:
    take = make_take(3)
    take.save(tmp_path / "a.take.npz")
    loaded = Take.load(tmp_path / "a.take.npz")
    assert loaded.provenance == take.provenance
    np.testing.assert_array_equal(loaded.times, take.times)
    np.testing.assert_array_equal(np.isnan(loaded.points), np.isnan(take.points))
    np.testing.assert_allclose(loaded.points, take.points, atol=0.51 / STEPS_PER_UNIT)


def test_equal_takes_have_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make_take().save(tmp_path / f"{name}.take.npz")
    assert (tmp_path / "a.take.npz").read_bytes() == (tmp_path / "b.take.npz").read_bytes()


def test_take_file_is_small(tmp_path: Path) -> None:
    make_take().save(tmp_path / "a.take.npz")
    assert (tmp_path / "a.take.npz").stat().st_size < 24 * 75 * 3 * 2


def test_saving_leaves_no_temporary_file(tmp_path: Path) -> None:
    make_take().save(tmp_path / "deep" / "a.take.npz")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.take.npz"]


@pytest.mark.parametrize("size", [0, 1, 100, 400])
def test_truncated_take_is_refused_by_name(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.take.npz"
    make_take().save(path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(TakeDamaged, match="a.take.npz"):
        Take.load(path)


def test_flipped_byte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.take.npz"
    make_take().save(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(TakeDamaged):
        Take.load(path)


def test_missing_take_is_reported_by_name(tmp_path: Path) -> None:
    with pytest.raises(TakeDamaged, match="none.take.npz"):
        Take.load(tmp_path / "none.take.npz")


def test_take_has_visibility_and_duration() -> None:
    take = make_take()
    assert take.visible(Part.RIGHT_HAND).all()
    assert not take.visible(Part.LEFT_HAND).any()
    assert take.duration == pytest.approx(1.0)
    assert Take.from_landmarks(take.landmarks(), take.provenance).points.shape == take.points.shape


def test_equal_times_are_refused() -> None:
    with pytest.raises(ValueError, match="increase strictly"):
        Take(make_take().points[:2], np.array([0.1, 0.1]), Provenance("a", "b"))
