"""What a source's name means: which camera gives the frames and which landmarker finds the points."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.cameras.camera import Camera, LibraryMissing, ShouldProcess, process_every_frame
from edge.cameras.device import OpenDevice
from edge.cameras.newest import NewestFrame
from edge.cameras.replay import TakeReplay
from edge.config import CameraConfig
from edge.monitoring.status import DeviceStatus
from landmarkers import factory as choice
from landmarkers.errors import UserError
from landmarkers.landmarker import Landmarker
from landmarkers.layout import Part
from landmarkers.take import TAKE_SUFFIX, Take

SOURCES_HELP = (
    "/dev/video0 or better its name in /dev/v4l/by-id, which stays when cameras are plugged in anew, v4l2:DEVICE, "
    "picamera:0 (Raspberry Pi), csi:0 (Jetson), rtsp://…, http://…, a video file, a folder of numbered frames, "
    "take:FILE, or take:FOLDER for all takes of a folder one after another"
)
_AS_IT_COMES = CameraConfig()
_STREAMS = ("rtsp://", "rtsps://", "http://", "https://")
DEBIAN_PACKAGES = "libegl1 libgl1 libgles2 libglib2.0-0"


class SourceUnknown(UserError):
    """A source that names nothing that is there; the message says so."""


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
    wanted: ShouldProcess = process_every_frame,
    options: CameraConfig = _AS_IT_COMES,
    status: DeviceStatus | None = None,
) -> Source:
    """The camera and landmarker of a source; `fingerprint` names the landmarker that is wanted for pictures.

    `options` are how pictures are taken; what they name as the source does not count here. What is wrong with a live
    camera is told to `standing`.

    `fast` plays a recording as quickly as frames are asked for, dropping none. `again` starts a clip anew when it
    ends and tries a lost camera anew. Frames that are not `wanted` are not given, unless the source is a take or
    played fast. Raises SourceUnknown, TakeDamaged, and what `open_landmarker` raises.
    """
    if name.startswith("take:"):
        replay = TakeReplay(_load_takes(Path(name.removeprefix("take:"))), paced=not fast, again=again)
        return Source(replay, replay)
    wanted = process_every_frame if fast else wanted
    camera = open_camera(name, wanted, fast=fast, again=again, options=options, status=status)
    return Source(camera, open_landmarker(parts, fingerprint))


def open_landmarker(parts: frozenset[Part], fingerprint: str) -> Landmarker:
    """The landmarker for pictures that is wanted. Raises LibraryMissing, LandmarkerUnavailable, NetworksUnavailable."""
    with require_libraries():
        return choice.open_landmarker(parts, fingerprint)


@contextmanager
def require_libraries() -> Iterator[None]:
    """Import inside what loads OpenCV, LiteRT or MediaPipe. Raises LibraryMissing.

    They are imported late: a replayed take needs neither them nor the graphics libraries that they load.
    """
    try:
        yield
    except (ImportError, OSError) as error:
        absent = isinstance(error, ModuleNotFoundError)
        remedy = "pip install 'ishara[edge]'" if absent else f"on Debian: apt install {DEBIAN_PACKAGES}"
        raise LibraryMissing(f"what finds landmarks cannot start here ({error}); {remedy}") from error


def open_camera(
    name: str,
    wanted: ShouldProcess = process_every_frame,
    *,
    fast: bool,
    again: bool,
    options: CameraConfig = _AS_IT_COMES,
    status: DeviceStatus | None = None,
) -> Camera:
    """The camera or clip of a source that gives pictures. Raises SourceUnknown, LibraryMissing."""
    with require_libraries():
        from edge.cameras.live import LiveCamera
        from edge.cameras.recording import RecordingCamera

    open_device = _opener(name, options)
    if open_device is not None:
        shown = redact_password(name)
        return NewestFrame(LiveCamera(shown, open_device, options, again=again, wanted=wanted, status=status))
    path = Path(name)
    if not path.exists():
        raise SourceUnknown(f"there is no source {name}; ishara-edge run --help tells what can be one")
    recording = RecordingCamera(path, paced=not fast, again=again, wanted=wanted, options=options)
    return recording if fast else NewestFrame(recording)


def redact_password(name: str) -> str:
    """The name of a source as it may be shown: user and password of a network camera are left out."""
    scheme, separator, rest = name.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"


def _opener(name: str, options: CameraConfig) -> OpenDevice | None:
    """What opens the device that a source names; None when it names none. Raises SourceUnknown, LibraryMissing."""
    kind, _, rest = name.partition(":")
    if kind == "picamera":
        from edge.cameras.picamera import Picamera, need_picamera2

        number = _number(name, rest)
        need_picamera2()
        return lambda: Picamera(number, options)
    if kind == "csi":
        from edge.cameras.csi import CsiCamera, need_gstreamer

        number = _number(name, rest)
        need_gstreamer()
        return lambda: CsiCamera(number, options)
    if kind == "v4l2" or name.startswith(("/dev/", *_STREAMS)):
        from edge.cameras.video_device import VideoDevice

        device = rest if kind == "v4l2" else name
        device = f"/dev/video{device}" if device.isdigit() else device
        return lambda: VideoDevice(device, redact_password(name), options)
    return None


def _number(name: str, digits: str) -> int:
    if not digits.isdecimal():
        raise SourceUnknown(f"there is no source {name}; cameras are counted, the first is {name.partition(':')[0]}:0")
    return int(digits)


def _load_takes(path: Path) -> list[Take]:
    paths = sorted(path.glob(f"*{TAKE_SUFFIX}")) if path.is_dir() else [path]
    if not paths or not paths[0].is_file():
        raise SourceUnknown(f"there is no take {path}" + (f" (*{TAKE_SUFFIX})" if path.is_dir() else ""))
    return [Take.load(path) for path in paths]
