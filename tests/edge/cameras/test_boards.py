"""Ribbon-cable cameras of a Raspberry Pi and a Jetson, with fakes of the libraries that only these boards have."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from edge.__main__ import main
from edge.cameras.camera import CameraLost
from edge.cameras.source import SourceOptions, SourceUnknown, open_camera
from edge.config import CameraConfig
from edge.libraries import LibraryMissing
from landmarkers.frame import Frame

BOARDS = Path(__file__).parents[1] / "boards"
RGB = [50, 100, 200]
SMALL = CameraConfig(width_px=320, height_px=240, frames_per_s=15)


def load(names: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Import fakes in place of a library's modules, fresh for each test; yield the last."""
    monkeypatch.syspath_prepend(BOARDS)
    for name in names:
        assert name not in sys.modules
    yield [importlib.import_module(name) for name in names][-1]
    for name in names:
        del sys.modules[name]


@pytest.fixture
def pi(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    yield from load(["picamera2"], monkeypatch)


@pytest.fixture
def jetson(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    yield from load(["gi", "gi.repository"], monkeypatch)


def read_frames(source: str, config: CameraConfig = SMALL) -> list[Frame]:
    """Read more frames than a camera has buffers."""
    camera = open_camera(source, SourceOptions(fast=True, camera=config))
    frames: list[Frame] = []
    for frame in camera.frames():
        frames.append(frame)
        if len(frames) == 20:
            camera.stop()
    return frames


def test_raspberry_pi_camera_delivers_the_configured_images_and_is_released(pi: ModuleType) -> None:
    frames = read_frames("picamera:0")
    (camera,) = pi.opened
    assert {frame.image.shape for frame in frames} == {(240, 320, 3)}
    assert frames[0].image[0, 0].tolist() == RGB
    assert camera.configuration["controls"] == {"FrameDurationLimits": (66666, 66666)}
    assert camera.configuration["raw"] == {"size": (2304, 1296)}
    assert (camera.is_open, camera.unreleased) == (False, 0)


def test_jetson_camera_delivers_the_configured_images_and_is_released(jetson: ModuleType) -> None:
    frames = read_frames("csi:1")
    (pipeline,) = jetson.launched
    assert {frame.image.shape for frame in frames} == {(240, 320, 3)}
    assert frames[0].image[0, 0].tolist() == RGB
    assert "nvarguscamerasrc sensor-id=1 ! " in pipeline.text
    assert "framerate=15/1" in pipeline.text
    assert pipeline.state is jetson.Gst.State.NULL
    assert all(sample.buffer.mapped == 0 for sample in pipeline.sink.samples)


def test_each_board_has_its_own_default_size(pi: ModuleType, jetson: ModuleType) -> None:
    assert read_frames("picamera:0", CameraConfig())[0].image.shape == (480, 640, 3)
    assert read_frames("csi:0", CameraConfig())[0].image.shape == (720, 1280, 3)


def test_absent_camera_of_a_board_is_named(pi: ModuleType) -> None:
    pi.connected.clear()
    with pytest.raises(CameraLost, match="picamera:0 is absent: 0 are connected; check its cable"):
        read_frames("picamera:0")
    assert pi.opened == []


@pytest.mark.parametrize("source", ["picamera:0", "csi:0"])
def test_camera_of_a_board_that_is_in_use_is_named(source: str, pi: ModuleType, jetson: ModuleType) -> None:
    pi.Picamera2()
    jetson.Gst.parse_launch("appsink name=other ").set_state(jetson.Gst.State.PLAYING)
    with pytest.raises(CameraLost, match=rf"{source} cannot be opened.*no other program uses it"):
        read_frames(source)


@pytest.mark.parametrize(("source", "reason"), [("picamera:0", "check its cable"), ("csi:0", r"\(Argus: timeout\)")])
def test_camera_of_a_board_that_falls_silent_is_lost_and_released(
    source: str, reason: str, pi: ModuleType, jetson: ModuleType
) -> None:
    pi.silent.append(True)
    jetson.silent.append(True)
    with pytest.raises(CameraLost, match=f"{source} delivers no more images.*{reason}"):
        read_frames(source)
    assert not any(camera.is_open for camera in pi.opened)
    assert all(pipeline.state is jetson.Gst.State.NULL for pipeline in jetson.launched)


@pytest.mark.parametrize(
    ("source", "module", "package"),
    [("picamera:0", "picamera2", "apt install python3-picamera2"), ("csi:0", "gi", "apt install python3-gi")],
)
def test_missing_library_is_reported_with_the_command_that_installs_it(
    source: str,
    module: str,
    package: str,
    bundle_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert main(["run", "--source", source, "--model", str(bundle_folder)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [package in line for line in lines] == [True]


def test_gstreamer_without_the_jetson_camera_is_reported(jetson: ModuleType) -> None:
    jetson.elements.remove("nvarguscamerasrc")
    with pytest.raises(LibraryMissing, match="nvarguscamerasrc, which GStreamer does not have"):
        open_camera("csi:0", SourceOptions(fast=True))


@pytest.mark.parametrize("source", ["picamera:", "picamera:left", "csi:-1"])
def test_camera_of_a_board_without_a_number_is_refused(source: str) -> None:
    with pytest.raises(SourceUnknown, match=f"there is no source {source}; cameras are numbered, and the first is"):
        open_camera(source, SourceOptions(fast=True))


def test_other_sources_load_neither_library() -> None:
    open_camera("/dev/video0", SourceOptions(fast=True))
    assert not {"picamera2", "gi"} & set(sys.modules)
