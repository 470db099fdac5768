"""Opens a network camera and says why it cannot be opened: with its host, and what it or the network answers."""

import socket
import ssl
import threading
import time
from typing import Final

from edge.cameras.camera import CameraLost, CameraRefused
from edge.cameras.device import Device
from edge.cameras.network_address import ESCAPES, NetworkAddress
from edge.cameras.network_probe import UNAUTHORIZED, Answer, NoCamera, request_stream
from edge.cameras.video_device import STREAM_TIMEOUT_S, VideoDevice
from edge.config import CameraConfig

_NAME_S: Final = 3.0
_PROBE_S: Final = 3.0
_LEAST_PROBE_S: Final = 0.5
_LIMIT_S: Final = STREAM_TIMEOUT_S + _LEAST_PROBE_S  # LiveCamera abandons an attempt that takes longer
_OK: Final = range(200, 300)
_REDIRECTIONS: Final = range(300, 400)
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404


class NetworkCameraOpener:
    """Opens one camera again and again."""

    def __init__(self, address: NetworkAddress, config: CameraConfig) -> None:
        self._address = address
        self._config = config
        self._was_refused = False

    def open(self) -> Device:
        """Open the camera. Raises CameraLost, and CameraRefused where another attempt soon would not help."""
        deadline = time.monotonic() + _LIMIT_S
        self._look_up()
        if self._was_refused:
            # One request instead of FFmpeg's several: many cameras lock out whoever repeats a wrong password.
            self._ask(deadline)
        open_timeout_s = deadline - _LEAST_PROBE_S - time.monotonic()
        try:
            return VideoDevice(self._address.text, self._address.name, self._config, open_timeout_s=open_timeout_s)
        except CameraLost:
            self._ask(deadline)
        raise self._refusal("answers, but sends no video that can be read; check that it sends H.264, H.265 or MJPEG")

    def _look_up(self) -> None:
        """Find the host within a limit of time, which FFmpeg does not have. Raises CameraLost, CameraRefused."""
        failures: list[Exception] = []

        def resolve() -> None:
            try:
                socket.getaddrinfo(self._address.host, self._address.port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                failures.append(error)

        thread = threading.Thread(target=resolve, name="camera's host", daemon=True)
        thread.start()
        thread.join(_NAME_S)
        if thread.is_alive() or any(getattr(error, "errno", None) == socket.EAI_AGAIN for error in failures):
            raise self._loss("cannot be found, because no name server answers; check this device's network")
        if failures:
            raise self._refusal("cannot be found: no machine has this name; correct it, or write the IP address")

    def _ask(self, deadline: float) -> None:
        """Ask the camera for its stream. Raises CameraLost or CameraRefused with what is wrong, if anything is."""
        now = time.monotonic()
        try:
            answer = request_stream(self._address, max(now + _LEAST_PROBE_S, min(deadline, now + _PROBE_S)))
        except TimeoutError:
            raise self._loss(
                "does not answer; check that it is switched on, and host and port of its address"
            ) from None
        except ConnectionRefusedError:
            remedy = f"check that it is switched on, and that {self._address.port} is its port"
            raise self._refusal(f"refuses the connection; {remedy}") from None
        except ssl.SSLError:
            remedy = f"check the port, or write {self._address.scheme[:-1]}://"
            raise self._refusal(f"offers no encryption (TLS) that works here; {remedy}") from None
        except (NoCamera, ConnectionResetError, BrokenPipeError):
            protocol = "RTSP" if self._address.is_rtsp else "HTTP"
            raise self._refusal(f"does not speak {protocol}; check host, port and scheme of its address") from None
        except OSError as error:
            raise self._loss(f"cannot be reached: {error.strerror}; check this device's network") from None
        refusal = _explain(answer, self._address)
        self._was_refused = refusal is not None
        if refusal is not None:
            raise self._refusal(refusal)

    def _loss(self, sentence: str) -> CameraLost:
        return CameraLost(f"the camera at {self._address.name} {sentence}")

    def _refusal(self, sentence: str) -> CameraRefused:
        escapes = "" if self._address.is_certain else f"; {ESCAPES}"
        return CameraRefused(f"the camera at {self._address.name} {sentence}{escapes}")


def _explain(answer: Answer, address: NetworkAddress) -> str | None:
    """Return what the camera refuses and what to do about it; None if it would send a stream."""
    status = answer.status
    if status == UNAUTHORIZED and address.user is None:
        return f"asks for a user name and password ({status}); name username and password_file in [camera]"
    if status == UNAUTHORIZED and not answer.knows_login:
        return f"asks for a kind of login that is unknown here ({status}); choose Digest or Basic in its settings"
    if status == UNAUTHORIZED:
        return f"refuses the user name or password ({status}); correct them in [camera]"
    if status == _FORBIDDEN:
        return f"denies access to the stream ({status}); allow it in the camera's settings"
    if status == _NOT_FOUND:
        return f"has no stream of this path ({status}); its manual names the path"
    if status in _REDIRECTIONS:
        return f"points to another address ({status}); name that one as the source"
    if status not in _OK:
        return f"answers with the status {status}; look into the camera's settings, or restart it"
    if answer.content_type.startswith("text/"):
        return f"sends a page ({answer.content_type}) instead of video; check the path in its address"
    return None
