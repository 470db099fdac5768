"""What a source's name means: which camera gives the frames and which landmarker finds the points."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.cameras.camera import Camera, Wanted, every_frame
from edge.cameras.newest import NewestFrame
from edge.cameras.replay import TakeReplay
from landmarkers import choice
from landmarkers.landmarker import Landmarker
from landmarkers.layout import Part
from landmarkers.take import TAKE_SUFFIX, Take

SOURCES_HELP = (
    "/dev/video0, v4l2:DEVICE, rtsp://…, http://…, a video file, a folder of numbered frames, take:FILE, "
    "or take:FOLDER for all takes of a folder one after another"
)
DEBIAN_PACKAGES = "libegl1 libgl1 libgles2 libglib2.0-0"


class SourceUnknown(Exception):
    """A source that names nothing that is there; the message says so."""


class LibraryMissing(Exception):
    """A library cannot start, mostly for want of the graphics libraries that it loads; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """A camera with the landmarker for its frames."""

    camera: Camera
    landmarker: Landmarker

    @property
    def is_live(self) -> bool:
        """Whether the camera goes its own way, however slowly its frames are looked at."""
        return isinstance(self.camera, NewestFrame)

    @property
    def dropped(self) -> int:
        """Frames that came while another was looked at and that a newer one replaced."""
        return self.camera.dropped if isinstance(self.camera, NewestFrame) else 0


def open_source(
    name: str,
    parts: frozenset[Part],
    fingerprint: str,
    *,
    fast: bool,
    again: bool,
    wanted: Wanted = every_frame,
) -> Source:
    """The camera and landmarker of a source; `fingerprint` names the landmarker that is wanted for pictures.

    `fast` plays a recording as quickly as frames are asked for, dropping none. `again` starts a clip anew when it
    ends and tries a lost camera anew. Frames that are not `wanted` are not given, unless the source is a take or
    played fast. Raises SourceUnknown, TakeDamaged, and what `open_landmarker` raises.
    """
    if name.startswith("take:"):
        replay = TakeReplay(_load_takes(Path(name.removeprefix("take:"))), paced=not fast, again=again)
        return Source(replay, replay)
    camera = open_camera(name, every_frame if fast else wanted, fast=fast, again=again)
    return Source(camera, open_landmarker(parts, fingerprint))


def open_landmarker(parts: frozenset[Part], fingerprint: str) -> Landmarker:
    """The landmarker for pictures that is wanted. Raises LibraryMissing, LandmarkerUnavailable, NetworksUnavailable."""
    with needing_libraries():
        return choice.open_landmarker(parts, fingerprint)


@contextmanager
def needing_libraries() -> Iterator[None]:
    """Import inside what loads OpenCV, LiteRT or MediaPipe. Raises LibraryMissing.

    They are imported late: a replayed take needs neither them nor the graphics libraries that they load.
    """
    try:
        yield
    except (ImportError, OSError) as error:
        absent = isinstance(error, ModuleNotFoundError)
        remedy = "pip install 'ishara[edge]'" if absent else f"on Debian: apt install {DEBIAN_PACKAGES}"
        raise LibraryMissing(f"what finds landmarks cannot start here ({error}); {remedy}") from error


def open_camera(name: str, wanted: Wanted = every_frame, *, fast: bool, again: bool) -> Camera:
    """The camera or clip of a source that gives pictures. Raises SourceUnknown, LibraryMissing."""
    with needing_libraries():
        from edge.cameras.recording import RecordingCamera
        from edge.cameras.video_device import VideoDevice

    device = name.removeprefix("v4l2:")
    if device.isdigit():
        device = f"/dev/video{device}"
    if name.startswith(("v4l2:", "/dev/", "rtsp://", "http://", "https://")):
        return NewestFrame(VideoDevice(device, again=again, wanted=wanted))
    path = Path(name)
    if not path.exists():
        raise SourceUnknown(f"there is no source {name}; a source is {SOURCES_HELP}")
    recording = RecordingCamera(path, paced=not fast, again=again, wanted=wanted)
    return recording if fast else NewestFrame(recording)


def _load_takes(path: Path) -> list[Take]:
    paths = sorted(path.glob(f"*{TAKE_SUFFIX}")) if path.is_dir() else [path]
    if not paths or not paths[0].is_file():
        raise SourceUnknown(f"there is no take {path}" + (f" (*{TAKE_SUFFIX})" if path.is_dir() else ""))
    return [Take.load(path) for path in paths]
