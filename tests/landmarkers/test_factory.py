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

# One core each of /proc/cpuinfo on a Raspberry Pi 4 and 5.
PI_4 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\nCPU part\t: 0xd08\n"
PI_5 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 atomics fphp asimdhp cpuid asimddp\nCPU part\t: 0xd0b\n"
MEDIAPIPE_FINGERPRINT = "mediapipe-tasks-0123456789ab-video"


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, "landmarkers"):
        yield caplog


def fake_machine(folder: Path, cpuinfo: str) -> Machine:
    (folder / "cpuinfo").write_text(cpuinfo)
    return Machine(architecture="aarch64", cpuinfo=folder / "cpuinfo")


@pytest.mark.parametrize("cpuinfo", [PI_4, PI_5])
def test_shipped_models_landmarker_runs_on_every_raspberry_pi(
    cpuinfo: str, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    with closing(open_landmarker(DEFAULT_PARTS, FINGERPRINT, fake_machine(tmp_path, cpuinfo))) as landmarker:
        assert isinstance(landmarker, TrackingLandmarker)
    assert f"landmarks by LiteRT on Cortex-A{'72' if cpuinfo is PI_4 else '76'}" in log.text


def test_mediapipe_is_refused_on_a_processor_without_atomics(tmp_path: Path) -> None:
    with pytest.raises(LandmarkerUnavailable, match=r"Cortex-A72 lacks; use a model for LiteRT"):
        open_landmarker(DEFAULT_PARTS, MEDIAPIPE_FINGERPRINT, fake_machine(tmp_path, PI_4))


def test_mediapipe_is_opened_for_its_model_on_a_processor_with_atomics(
    tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    with closing(open_landmarker(DEFAULT_PARTS, MEDIAPIPE_FINGERPRINT, fake_machine(tmp_path, PI_5))) as landmarker:
        assert isinstance(landmarker, MediaPipeLandmarker)
    assert "landmarks by MediaPipe on Cortex-A76" in log.text


def test_mediapipe_that_is_not_installed_is_one_sentence_with_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landmarkers.factory.has_mediapipe", lambda: False)
    machine = fake_machine(tmp_path, PI_5)
    with pytest.raises(LandmarkerUnavailable, match=r"not installed here; .*requirements/mediapipe\.txt.*`mediapipe`"):
        open_landmarker(DEFAULT_PARTS, MEDIAPIPE_FINGERPRINT, machine)
    with closing(open_landmarker(DEFAULT_PARTS, FINGERPRINT, machine)) as landmarker:
        assert isinstance(landmarker, TrackingLandmarker)
