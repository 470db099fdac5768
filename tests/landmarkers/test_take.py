import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from landmarkers.layout import Part
from landmarkers.quantisation import STEPS_PER_UNIT
from landmarkers.take import MAX_FRAMES, Provenance, StoredTake, Take, TakeDamaged, read_duration, read_provenance
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


def rewrite(path: Path, provenance: str | None = None, **arrays: NDArray[Any]) -> None:
    """Save a take with another provenance or other arrays."""
    make_take().save(path)
    with np.load(path) as content:
        stored = dict(content)
    if provenance is not None:
        stored["provenance"] = np.array(provenance)
    np.savez_compressed(path, allow_pickle=False, **stored | arrays)


def refusal(path: Path) -> str:
    with pytest.raises(TakeDamaged) as refused:
        Take.load(path)
    sentence = str(refused.value)
    assert "a.take.npz" in sentence
    assert "\n" not in sentence
    return sentence


def test_take_of_another_release_is_read(tmp_path: Path) -> None:
    header = {"format": 1, "layout": "holistic-543", "clip": "a", "landmarker": "m", "camera": {"model": "x"}}
    rewrite(tmp_path / "a.take.npz", json.dumps(header), depth=np.zeros(3))
    assert Take.load(tmp_path / "a.take.npz").provenance == Provenance("a", "m")


def test_take_of_a_later_format_names_the_way(tmp_path: Path) -> None:
    rewrite(tmp_path / "a.take.npz", '{"format": 2}')
    assert "install a later ishara" in refusal(tmp_path / "a.take.npz")


@pytest.mark.parametrize(
    "provenance",
    [
        "",
        "null",
        "[]",
        '{"format": 1}',
        '{"format": 1, "layout": "holistic-543", "clip": 5, "landmarker": "m"}',
        '{"format": 1, "layout": "holistic-543", "clip": "a", "landmarker": "m", "variant": NaN}',
        '{"format": ' + "1" * 5000 + "}",
        "[" * 60_000,
        '{"clip": "\\ud800"}',
    ],
    ids=lambda text: text[:20] or "empty",
)
def test_provenance_that_is_none_is_refused(tmp_path: Path, provenance: str) -> None:
    rewrite(tmp_path / "a.take.npz", provenance)
    refusal(tmp_path / "a.take.npz")


@pytest.mark.parametrize(
    "times",
    [
        np.zeros((), np.float64),
        np.array(["now"]),
        np.array([1.0, np.inf]),
        np.arange(24, dtype=np.int64),
        np.arange(MAX_FRAMES + 1, dtype=np.float64),  # all points of so many frames take 6.5 KB each
        np.zeros((10**9, 0)),
    ],
    ids=lambda times: f"{times.dtype} {times.shape}",
)
def test_times_that_are_none_are_refused(tmp_path: Path, times: NDArray[Any]) -> None:
    rewrite(tmp_path / "a.take.npz", times=times)
    refusal(tmp_path / "a.take.npz")


@pytest.mark.parametrize(
    ("descr", "shape"),
    [("<f8", "(1099511627776,)"), ("|V0", "(1000000000,)"), ("<f8", "(-1,)"), ("|O", "(1,)"), ("<f8", "(" + "(" * 500)],
)
def test_array_of_an_absurd_header_is_refused(tmp_path: Path, descr: str, shape: str) -> None:
    path = tmp_path / "a.take.npz"
    make_take().save(path)
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    with np.load(path) as stored:
        provenance = io.BytesIO()
        np.save(provenance, stored["provenance"])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("provenance.npy", provenance.getvalue())
        archive.writestr("times.npy", content)
    refusal(path)


@pytest.mark.parametrize("character", [0xD800, 0x110000, 0x7FFFFFFF])
def test_text_of_characters_that_are_none_is_refused(tmp_path: Path, character: int) -> None:
    text = np.array([character], "<u4").view("<U1").reshape(())
    np.savez(tmp_path / "a.take.npz", allow_pickle=False, provenance=text, times=np.arange(3.0))
    with pytest.raises(TakeDamaged, match="provenance holds what is no text"):
        StoredTake.load(tmp_path / "a.take.npz")


def test_small_file_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    rewrite(tmp_path / "a.take.npz", face=np.zeros((24, 468, 3 * 10_000), np.int16))
    assert "too large" in refusal(tmp_path / "a.take.npz")


def test_folder_is_no_take(tmp_path: Path) -> None:
    (tmp_path / "a.take.npz").mkdir()
    refusal(tmp_path / "a.take.npz")


def test_landmarks_of_a_stored_take_are_those_of_the_take(tmp_path: Path) -> None:
    make_take().save(tmp_path / "a.take.npz")
    take, stored = Take.load(tmp_path / "a.take.npz"), StoredTake.load(tmp_path / "a.take.npz")
    for expected, landmarks in zip(take.landmarks(), stored.landmarks(), strict=True):
        np.testing.assert_array_equal(landmarks.points, expected.points)
        assert landmarks.time == expected.time - take.times[0]


@pytest.mark.parametrize("read", [Take.load, read_provenance, read_duration])
def test_missing_take_is_reported_by_name(read: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "none.take.npz"
    with pytest.raises(TakeDamaged) as refused:
        read(path)
    assert str(refused.value) == f"{path} is not a readable take: No such file or directory"


def test_duration_is_read_without_the_landmarks(tmp_path: Path) -> None:
    path = tmp_path / "a.take.npz"
    make_take().save(path)
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        hand = archive.getinfo("right_hand.npy")
    path.write_bytes(content[: hand.header_offset + 60] + b"?" * 20 + content[hand.header_offset + 80 :])
    refusal(path)
    assert read_duration(path) == pytest.approx(1.0)
    path.write_bytes(content[:100])
    with pytest.raises(TakeDamaged, match="a.take.npz"):
        read_duration(path)


def test_take_has_visibility_and_duration() -> None:
    take = make_take()
    assert take.visible(Part.RIGHT_HAND).all()
    assert not take.visible(Part.LEFT_HAND).any()
    assert take.duration == pytest.approx(1.0)
    assert Take.from_landmarks(take.landmarks(), take.provenance).points.shape == take.points.shape


def test_equal_times_are_refused() -> None:
    with pytest.raises(ValueError, match="increase strictly"):
        Take(make_take().points[:2], np.array([0.1, 0.1]), Provenance("a", "b"))
