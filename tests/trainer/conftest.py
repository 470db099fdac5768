"""A small data set of clips."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.videos import write_video


@pytest.fixture
def dataset(tmp_path: Path, sample_image: Path) -> Path:
    """Create a data set in the official layout: a person in eight videos and one folder of frames."""
    picture = cv2.resize(cv2.imread(str(sample_image), cv2.IMREAD_COLOR), (128, 128))  # type: ignore[arg-type]
    for sign in range(1, 9):
        pictures = [np.roll(picture, shift + sign, axis=1).astype(np.uint8) for shift in range(4)]
        write_video(tmp_path / f"data/01/01/train/{sign:04}/clip.mp4", pictures)
    frames = tmp_path / "data/01/01/test/0001/frames"
    frames.mkdir(parents=True)
    for number in (1, 4, 9):
        cv2.imwrite(str(frames / f"x_{number:04}.jpg"), picture)
    return tmp_path / "data"
