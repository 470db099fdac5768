import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from landmarkers.factory import LandmarkerUnavailable, open_landmarker
from landmarkers.layout import DEFAULT_PARTS
from landmarkers.mediapipe_tasks import MediaPipeLandmarker
from landmarkers.processor import Machine
from landmarkers.tracking import FINGERPRINT, TrackingLandmarker

# As /proc/cpuinfo of a Raspberry Pi 4 and 5 has them, one core of each.
PI_4 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU part\t: 0xd08\n"
PI_5 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 atomics fphp asimdhp cpuid asimddp\nCPU part\t: 0xd0b\n"
OF_MEDIAPIPE = "mediapipe-tasks-0123456789ab-video"


@pytest.fixture(autouse=True)
def told(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, "landmarkers"):
        yield caplog


def board(folder: Path, cpuinfo: str) -> Machine:
    (folder / "cpuinfo").write_text(cpuinfo)
    return Machine(architecture="aarch64", cpuinfo=folder / "cpuinfo")


@pytest.mark.parametrize("cpuinfo", [PI_4, PI_5])
def test_what_the_shipped_model_wants_runs_on_every_raspberry_pi(
    cpuinfo: str, tmp_path: Path, told: pytest.LogCaptureFixture
) -> None:
    with closing(open_landmarker(DEFAULT_PARTS, FINGERPRINT, board(tmp_path, cpuinfo))) as landmarker:
        assert isinstance(landmarker, TrackingLandmarker)
    assert f"landmarks by LiteRT on Cortex-A{'72' if cpuinfo is PI_4 else '76'}" in told.text


def test_mediapipe_is_refused_where_it_would_die(tmp_path: Path) -> None:
    with pytest.raises(LandmarkerUnavailable, match=r"Cortex-A72 lacks; take a model for LiteRT"):
        open_landmarker(DEFAULT_PARTS, OF_MEDIAPIPE, board(tmp_path, PI_4))


def test_mediapipe_is_opened_for_a_model_of_it_where_it_runs(tmp_path: Path, told: pytest.LogCaptureFixture) -> None:
    with closing(open_landmarker(DEFAULT_PARTS, OF_MEDIAPIPE, board(tmp_path, PI_5))) as landmarker:
        assert isinstance(landmarker, MediaPipeLandmarker)
    assert "landmarks by MediaPipe on Cortex-A76" in told.text
