"""Quantisation of the hand landmark network."""

from pathlib import Path

import numpy as np
import pytest

from landmarkers.litert import TfliteNetwork
from landmarkers.task_bundles import HAND_INT8
from tests.videos import write_video
from trainer.cli.main import main as trainer


def test_clips_without_hands_are_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(tmp_path / "data/01/01/train/0001/clip.mp4", 6 * [np.zeros((128, 128, 3), np.uint8)])
    out = tmp_path / "hand.tflite"
    assert trainer(["quantise-hand", str(tmp_path / "data"), "--to", str(out)]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("ishara-trainer: only 0 hands are seen")
    assert not out.exists()


def test_network_calibrated_on_real_hands_is_similar_to_the_shipped_one(
    karsl: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = tmp_path / "data", tmp_path / "hand.tflite"
    for sign in range(10, 22):
        folder = data / f"01/01/train/00{sign}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.symlink_to(karsl / f"karsl-502/01/01/train/00{sign}")
    assert trainer(["quantise-hand", str(data), "--to", str(out), "--hands", "36"]) == 0
    assert "kB" in capsys.readouterr().out
    picture = np.random.default_rng(0).random((224, 224, 3), np.float32)
    outputs = ("Identity", "Identity_1", "Identity_2")
    ours, shipped = (TfliteNetwork(path.read_bytes(), outputs).run(picture) for path in (out, HAND_INT8))
    assert [one.shape for one in ours] == [one.shape for one in shipped]
    assert abs(out.stat().st_size - HAND_INT8.stat().st_size) < 50_000
