import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.__main__ import main as edge

SHIPPED = Path(__file__).parents[3] / "models" / "karsl-190"


@pytest.fixture
def person_clip(tmp_path: Path, sample_image: Path) -> Path:
    """Write a clip of six frames with a person who does not move."""
    image = cv2.imread(str(sample_image), cv2.IMREAD_COLOR)
    assert image is not None
    small = cv2.resize(image, (192, 224))
    path = tmp_path / "person.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, (192, 224))
    for _ in range(6):
        writer.write(np.asarray(small, np.uint8))
    writer.release()
    return path


def test_pipeline_and_reference_are_measured_on_the_same_frames(
    person_clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge(["bench", "--source", str(person_clip), str(person_clip), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["clips"], result["frames"]) == (2, 12)
    for name in ("pipeline", "reference"):
        assert result[name]["frames_per_s"] > 0
        assert result[name]["cpu_s_per_frame"] > 0
    assert result["frames_per_s_ratio"] == pytest.approx(
        result["pipeline"]["frames_per_s"] / result["reference"]["frames_per_s"], abs=0.01
    )
    assert {"p50", "p95", "p99"} == set(result["stage_ms"]["landmarks"])
    assert 0 < result["agreement"]["distance"] < 0.3
    assert result["peak_memory_mb"] > 50


def test_result_is_printed_as_a_table(person_clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge(["bench", "--source", str(person_clip)]) == 0
    table = capsys.readouterr().out
    for row in ("frames a second", "CPU ms a frame", "landmarks", "no word came", "peak memory"):
        assert row in table


def test_missing_clip_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge(["bench", "--source", str(tmp_path / "none.mp4")]) == 2
    assert "there is no clip" in capsys.readouterr().err


def test_hands_are_found_and_a_word_comes_on_a_real_clip(karsl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = next((karsl / "karsl-502/01/01/test/0040").glob("*.mp4"))
    assert edge(["bench", "--source", str(clip), "--model", str(SHIPPED), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["agreement"]["hands_found"] > 0.9
    assert result["agreement"]["distance"] < 0.06
    assert result["start_to_first_word_s"] > 0
    assert result["networks"]["body"]["runs_per_frame"] < 0.6
    assert result["networks"]["hand"]["million_macs"] == pytest.approx(331, abs=1)
