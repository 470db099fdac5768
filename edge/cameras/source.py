"""Opens the camera and the landmarker that a source's name stands for."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.cameras.camera import Camera, RealTimeCamera, ReportFault, ShouldProcess, ignore_fault, process_every_frame
from edge.cameras.device import OpenDevice
from edge.cameras.latest_frame import LatestFrameCamera
from edge.cameras.network_address import NetworkAddress
from edge.cameras.replay import TakeReplay
from edge.config import CameraConfig
from edge.libraries import require_libraries
from edge.redaction import redact_source
from landmarkers import factory
from landmarkers.errors import UserError
from landmarkers.landmarker import Landmarker
from landmarkers.layout import Part
from landmarkers.numbers import is_number
from landmarkers.take import TAKE_SUFFIX, Take

_MEMORY: Final = "/dev/shm/"  # noqa: S108 # files in memory, although they lie among the devices
_DEFAULT_CAMERA: Final = CameraConfig()


class SourceUnknown(UserError):
    """A source names nothing that exists; the message says so."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """The way in which a source is played."""

    fast: bool = False
    """Play a recording as quickly as frames are requested, without dropping any."""
    endless: bool = False
    """Start a clip again when it ends, and reconnect a lost camera."""
    should_process: ShouldProcess = process_every_frame
    """Frames that it declines are left out, unless the source is a take or played fast."""
    report_fault: ReportFault = ignore_fault
    """Receives the faults of a live camera."""
    camera: CameraConfig = _DEFAULT_CAMERA
    """Settings of the images; the `source` in it is not used."""


@dataclass(frozen=True, slots=True)
class Source:
    """A camera with the landmarker for its frames."""

    camera: Camera
    landmarker: Landmarker

    @property
    def is_live(self) -> bool:
        """True if the camera does not wait, however slowly its frames are processed."""
        return isinstance(self.camera, RealTimeCamera)

    @property
    def dropped(self) -> int:
        """The number of frames that came while another was processed and that a newer one replaced."""
        return self.camera.dropped if isinstance(self.camera, RealTimeCamera) else 0


def open_source(name: str, parts: frozenset[Part], fingerprint: str, options: SourceOptions) -> Source:
    """Open the camera and landmarker of a source; `fingerprint` names the landmarker to use for images.

    Raises TakeDamaged, and what `open_camera` and `open_landmarker` raise.
    """
    if name.startswith("take:"):
        takes = _load_takes(Path(name.removeprefix("take:")))
        replay = TakeReplay(takes, paced=not options.fast, loop=options.endless)
        return Source(replay, replay)
    camera = open_camera(name, options)
    return Source(camera, open_landmarker(parts, fingerprint))


def open_landmarker(parts: frozenset[Part], fingerprint: str) -> Landmarker:
    """Open a landmarker for images. Raises LibraryMissing, LandmarkerUnavailable, NetworksUnavailable."""
    with require_libraries():
        return factory.open_landmarker(parts, fingerprint)


def open_camera(name: str, options: SourceOptions) -> Camera:
    """Open the camera or clip of a source that delivers images.

    Raises SourceUnknown, AddressInvalid, ConfigInvalid, LibraryMissing.
    """
    with require_libraries():
        from edge.cameras.live import LiveCamera
        from edge.cameras.recording import RecordingCamera

    should_process = process_every_frame if options.fast else options.should_process
    open_device = _find_opener(name, options.camera)
    if open_device is not None:
        return LiveCamera(
            redact_source(name),
            open_device,
            options.camera,
            reconnect=options.endless,
            should_process=should_process,
            report_fault=options.report_fault,
        )
    path = Path(name)
    if _find_mode(name) is None:
        raise SourceUnknown(f"there is no source {redact_source(name)}; `ishara-edge run --help` lists what can be one")
    recording = RecordingCamera(
        path, paced=not options.fast, loop=options.endless, should_process=should_process, config=options.camera
    )
    return recording if options.fast else LatestFrameCamera(recording)


def _find_opener(name: str, config: CameraConfig) -> OpenDevice | None:
    """Return what opens the device that a source names, None when it names none.

    Raises SourceUnknown, AddressInvalid, ConfigInvalid, LibraryMissing.
    The libraries of boards are imported only for their own sources.
    """
    address = NetworkAddress.parse(name)
    if address is not None:
        from edge.cameras.network_camera import NetworkCameraOpener

        login = address.with_login(config.username, config.read_password())
        return NetworkCameraOpener(login, config).open
    kind, _, rest = name.partition(":")
    if kind == "picamera":
        from edge.cameras.picamera import Picamera, require_picamera2

        number = _parse_number(name, rest)
        require_picamera2()
        return lambda: Picamera(number, config)
    if kind == "csi":
        from edge.cameras.csi import CsiCamera, require_gstreamer

        number = _parse_number(name, rest)
        require_gstreamer()
        return lambda: CsiCamera(number, config)
    if kind == "v4l2" or _is_device(name):
        from edge.cameras.video_device import VideoDevice

        device = rest if kind == "v4l2" else name
        device = f"/dev/video{device}" if is_number(device) else device
        if not device.isprintable():  # OpenCV crashes at a name that is not UTF-8
            raise SourceUnknown(f"there is no source {redact_source(name)}; no device has a name with such a character")
        return lambda: VideoDevice(device, redact_source(name), config)
    return None


def _is_device(name: str) -> bool:
    """Return True if a name stands for a device, or among devices for one that may be plugged in later."""
    mode = _find_mode(name)
    return name.startswith("/dev/") and not name.startswith(_MEMORY) if mode is None else stat.S_ISCHR(mode)


def _find_mode(path: str) -> int | None:
    """Return what kind of file a path names, None if it names none. Raises SourceUnknown."""
    try:
        return Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a path with a null character
        return None
    except OSError as error:
        raise SourceUnknown(f"the source {redact_source(path)} cannot be read: {error.strerror}") from error


def _parse_number(name: str, digits: str) -> int:
    if not is_number(digits):
        first = f"{name.partition(':')[0]}:0"
        raise SourceUnknown(f"there is no source {redact_source(name)}; cameras are numbered, and the first is {first}")
    return int(digits)


def _load_takes(path: Path) -> list[Take]:
    is_folder = stat.S_ISDIR(_find_mode(str(path)) or 0)
    paths = [one for one in sorted(path.glob(f"*{TAKE_SUFFIX}")) if one.name[0] != "."] if is_folder else [path]
    if not paths or not paths[0].is_file():
        raise SourceUnknown(
            f"there is no take {redact_source(str(path))}" + (f" (*{TAKE_SUFFIX})" if is_folder else "")
        )
    return [Take.load(path) for path in paths]
