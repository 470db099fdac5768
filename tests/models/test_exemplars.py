"""The exemplar takes of the shipped bundle, and of damaged ones."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from landmarkers.array_archive import ArrayArchive
from landmarkers.layout import LEFT_SHOULDER, PART_SLICES, Part
from models.exemplars import read_metadata, read_takes

SHIPPED = Path(__file__).parents[2] / "models" / "karsl-230" / "exemplars.npz"
MAX_BYTES = 64_000_000


@pytest.fixture
def shipped() -> Iterator[ArrayArchive]:
    with SHIPPED.open("rb") as file:
        yield ArrayArchive(file, MAX_BYTES)


def test_takes_of_one_sign_are_those_of_all(shipped: ArrayArchive) -> None:
    metadata = read_metadata(shipped)
    ours = [take for take in read_takes(shipped, metadata) if take.provenance.sign_id == 76]
    selected = read_takes(shipped, metadata, 76)
    assert [take.provenance for take in selected] == [take.provenance for take in ours]
    for one, other in zip(selected, ours, strict=True):
        np.testing.assert_array_equal(one.points, other.points)
        np.testing.assert_array_equal(one.times, other.times)
        assert len(one) <= 32
        assert one.visible(Part.POSE).any()
        assert np.isfinite(one.points[:, PART_SLICES[Part.POSE].start + LEFT_SHOULDER, :2]).all()


def archive(**changes: NDArray[Any]) -> ArrayArchive:
    """Return an exemplar memory of two takes of hands, of two frames each, with changes."""
    provenance = [{"clip": str(number), "landmarker": "x", "sign_id": number} for number in range(2)]
    metadata = {"format": 1, "recipe": {}, "parts": ["left_hand", "right_hand"], "provenance": provenance}
    content = {
        "metadata": np.array(json.dumps(metadata)),
        "points": np.zeros((4, 42, 3), np.int16),
        "times": np.array([0.0, 0.1, 0.0, 0.1], np.float32),
        "ends": np.array([2, 4]),
    }
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **(content | changes))
    return ArrayArchive(file, MAX_BYTES)


def test_small_memory_is_read() -> None:
    whole = archive()
    assert [len(take) for take in read_takes(whole, read_metadata(whole))] == [2, 2]


@pytest.mark.parametrize(
    "changes",
    [
        {"points": np.zeros((4, 42, 3), np.int32)},
        {"points": np.zeros((4, 41, 3), np.int16)},
        {"points": np.zeros((3, 42, 3), np.int16)},
        {"times": np.array([0.0, np.nan, 0.0, 0.1], np.float32)},
        {"times": np.array([0.0, 0.0, 0.0, 0.1], np.float32)},
        {"ends": np.array([3, 2])},
        {"ends": np.array([2, 3])},
        {"ends": np.array([4])},
        {"ends": np.array([-1, 4])},
    ],
)
def test_damaged_memory_is_refused(changes: dict[str, NDArray[Any]]) -> None:
    damaged = archive(**changes)
    metadata = read_metadata(damaged)
    with pytest.raises(ValueError, match=r"do not fit|not in order|strictly|at least one|shorter|longer"):
        read_takes(damaged, metadata)
