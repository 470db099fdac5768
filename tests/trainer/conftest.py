"""A small data set of clips."""

from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def dataset(tmp_path: Path, sample_image: Path) -> Path:
    """Create a data set in the official layout: a person in eight videos and one folder of frames."""
    picture = cv2.resize(cv2.imread(str(sample_image), cv2.IMREAD_COLOR), (128, 128))  # type: ignore[arg-type]
    for sign in range(1, 9):
        folder = tmp_path / f"data/01/01/train/{sign:04}"
        folder.mkdir(parents=True)
        writer = cv2.VideoWriter(str(folder / "clip.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, (128, 128))
        for shift in range(4):
            writer.write(np.roll(picture, shift + sign, axis=1))
        writer.release()
    frames = tmp_path / "data/01/01/test/0001/frames"
    frames.mkdir(parents=True)
    for number in (1, 4, 9):
        cv2.imwrite(str(frames / f"x_{number:04}.jpg"), picture)
    return tmp_path / "data"
