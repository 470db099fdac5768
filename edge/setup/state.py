"""The state of the checks of set-up: the event `setup` of `/api/events`, whenever it changes."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.labels import Sign
from models.strict_model import StrictModel


class CameraKind(StrEnum):
    """The connection of a camera."""

    USB = "usb"
    """A video device of the kernel's, `/dev/v4l/by-id/…` or `/dev/video0`."""
    RIBBON = "ribbon"
    """A Raspberry Pi's ribbon cable, `picamera:0`."""
    CSI = "csi"
    """A Jetson's ribbon cable, `csi:0`."""


class FoundCamera(StrictModel):
    """A camera of this machine."""

    source: str
    """The value of `camera.source` that reads it."""
    name: str
    """The name that its maker gave it, on one line."""
    kind: CameraKind
    is_used: bool = False
    """True if the daemon reads it now."""
    is_busy: bool = False
    """True if another program reads it."""


class CameraSearch(StrictModel):
    """The outcome of `cameras`. A camera of the network is not searched: somebody enters its address."""

    is_running: bool
    found: tuple[FoundCamera, ...] = ()


class Advice(StrEnum):
    """The one thing to do next, so that the device can read the signer."""

    WAIT = "wait"
    """Nothing yet: the camera is being opened, or the picture measured."""
    NO_PICTURE = "no_picture"
    """Check the camera: it delivers no picture, or the device is paused."""
    BLACK = "black"
    """Uncover the lens, or switch on a light: the camera delivers nothing but black."""
    FROZEN = "frozen"
    """Move before the camera, or restart it: it delivers the same image again and again."""
    MORE_LIGHT = "more_light"
    """Switch on a light."""
    NOBODY = "nobody"
    """Stand before the camera."""
    ONE_PERSON = "one_person"
    """Let one person alone stand before the camera."""
    TURN_PICTURE = "turn_picture"
    """Set `camera.rotation_degrees` to `figures.degrees`: the camera hangs on its side or upside down."""
    LEVEL = "level"
    """Turn the camera by `figures.degrees`: clockwise as somebody behind the camera sees it, or the other way if they
    are negative."""
    COME_CLOSER = "come_closer"
    """Divide the distance by `figures.factor`."""
    STEP_BACK = "step_back"
    """Multiply the distance by `figures.factor`."""
    RAISE_CAMERA = "raise_camera"
    """Raise the camera by `figures.centimetres`, or tilt it up: the head is at the upper edge of the picture."""
    LOWER_CAMERA = "lower_camera"
    """Lower the camera by `figures.centimetres`, or tilt it down: hands that are lowered from a sign are below the
    picture."""
    MOVE_LEFT = "move_left"
    """Move to the left, as the signer sees it who looks at the camera, by `figures.centimetres`."""
    MOVE_RIGHT = "move_right"
    """Move to the right, as the signer sees it who looks at the camera, by `figures.centimetres`."""
    FACE_CAMERA = "face_camera"
    """Turn towards the camera."""
    LIGHT_IN_FRONT = "light_in_front"
    """Put the light in front of the signer: what is behind them is brighter by `figures.factor`."""
    SHARPEN = "sharpen"
    """Clean or focus the lens."""
    GOOD = "good"
    """Nothing: the device can read the signer here."""


class GuideFigures(StrictModel):
    """The measures; None where it cannot be."""

    shoulders: float | None = None
    """Width of the shoulders, as a share of the picture's width."""
    shoulders_px: int | None = None
    """The same in pixels."""
    best_shoulders: tuple[float, float] | None = None
    """The least and the greatest of these shares that are good here."""
    head_room: float | None = None
    """Space above the head, as a share of the picture's height; negative if the head is cut off."""
    hand_room: float | None = None
    """Space below hands that are lowered from a sign, as a share of the picture's height; negative if they are cut
    off."""
    aside: float | None = None
    """The middle of the shoulders, from that of the picture: -0.5 at its left edge, 0.5 at its right one."""
    tilt_degrees: float | None = None
    """Slope of the shoulders and the hips; positive if the picture is turned clockwise."""
    brightness: float | None = None
    """Mean of the pixels of head and chest, or of the picture if nobody is in view: 0 to 255."""
    behind: float | None = None
    """Mean of the pixels around them."""
    sharpness: float | None = None
    people: int | None = None
    degrees: int | None = None
    """The amount of what is to be done, for `turn_picture` and `level`."""
    factor: float | None = None
    """The amount of what is to be done, for `come_closer`, `step_back`, `light_in_front`, `more_light` and `sharpen`:
    the number of times by which distance, brightness or sharpness is wrong."""
    centimetres: int | None = None
    """The same for `move_left`, `move_right`, `raise_camera` and `lower_camera`, with an adult's shoulders as the
    measure."""


class GuideState(StrictModel):
    """The measures of `guide`, at most twice a second."""

    advice: Advice = Advice.WAIT
    figures: GuideFigures = GuideFigures()
    fault: str | None = None
    """The sentence in English about a camera of which no picture comes, with what to do about it."""
    seconds_left: int
    """It ends then, unless `guide` comes again."""


class TriedWord(StrictModel):
    """A word that the signer is asked for."""

    sign: Sign
    has_movement: bool
    """True if `/api/dictionary/ID` shows how it is signed."""
    seen: bool = False
    confidence: float | None = None
    """The highest of the times that it was seen."""


class TryState(StrictModel):
    """The outcome of `try`."""

    words: Annotated[tuple[TriedWord, ...], Field(max_length=3)]
    """Fewer than three only if the vocabulary has fewer."""
    others: tuple[Sign, ...] = ()
    """The last five words that were seen and not asked for, the newest first."""
    seconds_left: int


class FoundBroker(StrictModel):
    """A broker of the network, or a machine that may have one."""

    name: str
    """The name that it announces, on one line."""
    host: str
    """The value of `mqtt.host`: a name that ends in `.local`, or an address where names of that kind are not resolved
    here."""
    port: int
    tls: bool
    is_guess: bool = False
    """True if it is Home Assistant that was found, which often has a broker beside it."""


class BrokerSearch(StrictModel):
    """The outcome of `brokers`; that none is found is no fault."""

    is_running: bool
    found: tuple[FoundBroker, ...] = ()


class TrialOutcome(StrEnum):
    """The outcome of connecting to a broker."""

    OK = "ok"
    """Connected, and this device's words may be published."""
    UNKNOWN_HOST = "unknown_host"
    REFUSED = "refused"
    """Nothing listens at this port."""
    UNREACHABLE = "unreachable"
    """No way leads to this host."""
    TIMED_OUT = "timed_out"
    TLS_REQUIRED = "tls_required"
    """It speaks TLS alone at this port."""
    NO_TLS = "no_tls"
    """It does not speak TLS at this port."""
    CERTIFICATE_NOT_TRUSTED = "certificate_not_trusted"
    """Its certificate is signed by nobody who is trusted here, or has expired; `detail` says which."""
    CERTIFICATE_OF_OTHER_HOST = "certificate_of_other_host"
    """Its certificate has other names than this host."""
    CERTIFICATE_WANTED = "certificate_wanted"
    """It asks for a certificate of this device."""
    CA_INVALID = "ca_invalid"
    """The authorities that were given are no certificate in PEM."""
    WRONG_LOGIN = "wrong_login"
    """User name or password are wrong, or missing."""
    NOT_AUTHORISED = "not_authorised"
    """The user may connect, but not publish on this device's topics."""
    NO_BROKER = "no_broker"
    """Something answers that does not speak MQTT."""
    NO_CONFIGURATION = "no_configuration"
    """No broker was given and none is configured, or a file that the configuration names cannot be read."""
    FAILED = "failed"
    """Something else; `detail` says what."""


class TrialResult(StrictModel):
    """The outcome of a trial."""

    outcome: TrialOutcome | None = None
    """None while it is tried."""
    detail: str | None = None
    """The reason that the other side or the system gave, in English, on one line."""


class BrokerTrial(TrialResult):
    """The outcome of `try_broker`; never a password."""

    is_running: bool
    host: str
    port: int
    tls: bool
    username: str | None = None


class SetupState(StrictModel):
    """The state of every check; None for one that nobody has begun, or that has ended."""

    cameras: CameraSearch | None = None
    guide: GuideState | None = None
    tried: TryState | None = None
    brokers: BrokerSearch | None = None
    broker: BrokerTrial | None = None

    def to_json(self) -> str:
        """Return the state on one line."""
        return self.model_dump_json()
