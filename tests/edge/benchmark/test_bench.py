import json
import os
import platform
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.__main__ import main as edge
from edge.benchmark.card import format_card
from edge.benchmark.report import Benchmark, Speed
from edge.monitoring.stage_times import StageTime
from edge.monitoring.thermal import ThermalState
from landmarkers.agreement import Agreement
from tests.videos import write_video

SHIPPED = Path(__file__).parents[3] / "models" / "karsl-230"


@pytest.fixture
def person_clip(tmp_path: Path, sample_image: Path) -> Path:
    """Write a clip of six frames with a person who does not move."""
    image = cv2.imread(str(sample_image), cv2.IMREAD_COLOR)
    assert image is not None
    small = cv2.resize(image, (192, 224))
    return write_video(tmp_path / "person.mp4", 6 * [np.asarray(small, np.uint8)])


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


def test_reference_that_is_not_installed_is_one_sentence(
    person_clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("landmarkers.factory.has_mediapipe", lambda: False)
    assert edge(["bench", "--source", str(person_clip)]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "MediaPipe, which is not installed here; measure the pipeline alone with `bench --card`" in sentence
    assert "the extra `mediapipe`" in sentence


def test_card_tells_of_the_board_and_of_the_pipeline_alone(
    person_clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("landmarkers.factory.has_mediapipe", lambda: False)
    assert edge(["bench", "--card", "--source", str(person_clip)]) == 0
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
    card = dict(row for row in rows if len(row) == 2)
    assert card["Clips"] == "1, 6 frames of 192x224"
    assert float(card["Frames a second"]) > 0
    assert card["Reference"] == "not measured"
    assert f"{os.cpu_count()} cores" in card["Processor"]
    assert card["Kernel"].endswith(platform.release())
    for row in ("Board", "Clock", "Temperature", "Throttled", "Memory", "System", "Versions"):
        assert card[row]
    assert {"Stage landmarks, ms", "Peak memory of the daemon", "Start to the first word"} <= card.keys()


def test_card_of_a_board_that_reports_everything(tmp_path: Path) -> None:
    policy = tmp_path / "devices/system/cpu/cpufreq/policy0"
    policy.mkdir(parents=True)
    (policy / "cpuinfo_max_freq").write_text("2400000\n")
    (policy / "scaling_governor").write_text("ondemand\n")
    firmware = tmp_path / "devices/platform/soc/soc:firmware"
    firmware.mkdir(parents=True)
    (firmware / "get_throttled").write_text("e0000\n")
    speed = Speed(frames_per_s=60.0, cpu_s_per_frame=0.03)
    figures = Benchmark(
        clips=2,
        frames=12,
        sizes=("640x480", "192x224"),
        pipeline=speed,
        stage_ms={"landmarks": StageTime(p50=1.0, p95=2.0, p99=3.0)},
        networks={},
        start_to_first_word_s=None,
        peak_memory_mb=150.0,
        reference=Speed(frames_per_s=10.0, cpu_s_per_frame=0.2),
        frames_per_s_ratio=6.0,
        cpu_ratio=0.15,
        agreement=Agreement(hands_found=0.99, same_handedness=1.0, distance=0.02),
    )
    card = format_card(
        figures, "tiny@1", ThermalState(48.2, throttled=False), ThermalState(61.0, throttled=True), tmp_path
    )
    for row in (
        "| Clock | 2400 MHz, ondemand |",
        "| Temperature | 48 °C before, 61 °C after |",
        "| Throttled | yes (get_throttled 0xe0000) |",
        "| Clips | 2, 12 frames of 640x480 and 192x224 |",
        "| Stage landmarks, ms | p50 1.00, p95 2.00, p99 3.00 |",
        "| Start to the first word | no word came |",
        (
            "| Reference | 10.0 frames a second (6.00 times), 200.0 CPU ms a frame (0.150); "
            "99.0% of its hands found, distance 0.0200 |"
        ),
    ):
        assert row in card.splitlines()


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
