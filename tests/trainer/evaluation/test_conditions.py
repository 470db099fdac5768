"""Clips changed as poor rooms and cameras change them, and a bundle's scores on them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from landmarkers.frame import Frame
from tests.edge.tiny_bundle import write_bundle
from trainer.cli.main import main as trainer
from trainer.evaluation.conditions import AS_RECORDED, CONDITIONS

WIDTH, HEIGHT = 96, 64


def spot(x: int, y: int) -> list[Frame]:
    """Make a clip of a bright spot on black, of 15 frames at 30 a second."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[y - 3 : y + 4, x - 3 : x + 4] = 255
    return [Frame(image, number / 30) for number in range(15)]


@pytest.mark.parametrize("name", sorted(CONDITIONS))
def test_points_move_with_the_picture(name: str) -> None:
    condition = CONDITIONS[name]
    image = next(iter(condition.apply(spot(60, 20)))).image
    rows, columns = np.nonzero(image.mean(axis=2) > 0.7 * image.max())
    point = condition.move(np.array([[60 / WIDTH, 20 / WIDTH, 0.1]], np.float32), WIDTH, HEIGHT)[0]
    assert point[:2] * image.shape[1] == pytest.approx([columns.mean(), rows.mean()], abs=3.0)


def test_condition_is_the_same_at_every_call() -> None:
    first, second = (list(CONDITIONS["dark"].apply(spot(30, 30))) for _ in range(2))
    assert all((one.image == other.image).all() for one, other in zip(first, second, strict=True))
    assert (first[0].image != first[1].image).any()


def test_ten_frames_a_second_leave_every_third_of_thirty() -> None:
    times = [frame.time for frame in CONDITIONS["10 frames a second"].apply(spot(30, 30))]
    assert times == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])


def test_far_picture_is_720p_with_the_clip_a_third_as_tall() -> None:
    image = next(iter(CONDITIONS["far"].apply(spot(30, 30)))).image
    assert image.shape == (720, 1280, 3)
    rows, _ = np.nonzero(image[:, :, 0] == 0)
    assert np.ptp(rows) == pytest.approx(239, abs=2)


def test_command_compares_every_condition_with_the_clips_as_recorded(
    sample_image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "karsl" / "01" / "01" / "test" / "0071" / "01_0071_1"
    clip.mkdir(parents=True)
    for number in range(4):
        shutil.copy(sample_image, clip / f"frame_{number:04}.jpg")
    bundle = write_bundle(tmp_path / "tiny")
    arguments = ["evaluate", str(tmp_path / "karsl"), "--model", str(bundle), "--conditions", "--workers", "1"]
    assert trainer([*arguments, "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["conditions"]
    assert list(scores) == list(CONDITIONS)
    assert all(score["count"] == 1 for score in scores.values())
    assert scores[AS_RECORDED]["distance"] == 0.0
    assert 0.0 < scores["dark"]["distance"] < 0.2
    with pytest.raises(SystemExit):
        trainer([*arguments, "--html", str(tmp_path / "report.html")])
    assert "--html cannot be given" in capsys.readouterr().err
