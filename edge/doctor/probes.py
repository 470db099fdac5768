"""Probes that run in processes of their own; each returns a sentence about its success and raises a refusal."""

import json
import time
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.cameras.camera import CameraLost
from edge.cameras.source import SourceOptions, open_camera, open_landmarker, open_source
from edge.config import CameraConfig, MqttConfig, SpeechConfig
from edge.model_selection.active_bundle import read_trusted_keys
from landmarkers.errors import UserError
from landmarkers.frame import Frame
from landmarkers.landmarker import Landmarker
from models.bundle import Bundle, check_landmarker, open_bundle

if TYPE_CHECKING:
    from edge.sinks.mqtt.broker_settings import Attempt, BrokerSettings
    from edge.sinks.mqtt.events import ConnAck, Event

_BROKER_TIMEOUT_S: Final = 10.0
_BLANK_IMAGES: Final = 3
_BLANK: Final = (480, 640, 3)


class BrokerUnreachable(UserError):
    """The broker cannot be reached or refuses this device; the message says why."""


def open_bundle_landmarker(bundle: Bundle) -> Landmarker:
    """Open the landmarker that the daemon uses for a bundle. Raises LibraryMissing, NetworksUnavailable."""
    return open_landmarker(bundle.manifest.parts, bundle.manifest.landmarker)


def probe_classifier(folder: str) -> str:
    """Load a bundle's network and check its answer to the bundle's probe."""
    from models.classifier import OnnxClassifier

    bundle = open_bundle(Path(folder))
    OnnxClassifier(bundle)
    return f"{bundle.manifest.title} answers its probe as expected"


def probe_signature(keys_and_bundle: str) -> str:
    """Verify a bundle's signature with the trusted keys; the argument is a JSON list of both folders."""
    keys, bundle = (Path(folder) for folder in json.loads(keys_and_bundle))
    trusted = read_trusted_keys(keys)
    unusable = "".join(f"; {reason}" for reason in trusted.unusable)
    return f"{bundle.name} is signed by {trusted.verify(bundle).name}{unusable}"


def probe_landmarker(folder: str) -> str:
    """Run the landmarker of a bundle on blank images."""
    bundle = open_bundle(Path(folder))
    manifest = bundle.manifest
    with closing(open_bundle_landmarker(bundle)) as landmarker:
        check_landmarker(manifest, landmarker.fingerprint)
        for number in range(_BLANK_IMAGES):
            began = time.perf_counter()
            landmarker.detect(Frame(np.full(_BLANK, 127, np.uint8), number / 10))
            seconds = time.perf_counter() - began
    return f"it processes a blank image in {seconds * 1000:.0f} ms"


def probe_camera(section: str) -> str:
    """Wait for the first image of the source that a `[camera]` section, as JSON, names, taken with its options."""
    config = CameraConfig.model_validate_json(section)
    source, redacted = config.source.get_secret_value(), str(config.source)
    if source.startswith("take:"):
        open_source(source, frozenset(), "", SourceOptions(fast=True))
        return f"{source} is a recording of landmarks that can be read; no camera was opened"
    camera = open_camera(source, SourceOptions(fast=True, camera=config))
    frame = next(iter(camera.frames()), None)
    camera.stop()
    if frame is None:
        raise CameraLost(f"the camera {redacted} delivers no image")
    height, width = frame.image.shape[:2]
    return f"{redacted} delivers images of {width}x{height}"


def probe_broker(section: str) -> str:
    """Connect as the daemon would, but without a client id, so that a running daemon keeps its connection."""
    from edge.sinks.mqtt.broker_settings import BrokerSettings
    from edge.sinks.mqtt.connection import failure_reason
    from edge.sinks.mqtt.events import ConnAck

    settings = BrokerSettings.read(MqttConfig.model_validate_json(section))
    try:
        answer = next(filter(None, (_connect(settings, attempt) for attempt in settings.attempts)), None)
    except OSError as error:
        raise BrokerUnreachable(f"{settings.broker} cannot be reached: {failure_reason(error)}") from error
    if not isinstance(answer, ConnAck):
        raise BrokerUnreachable(f"{settings.broker} does not answer as an MQTT broker does; check whether it needs TLS")
    if answer.refusal is not None:
        raise BrokerUnreachable(f"{settings.broker} refuses this device: {answer.refusal}")
    return f"{settings.broker} accepts this device"


def probe_speech(section: str) -> str:
    """Open the loudspeaker, playing silence, and have a word said that is not played."""
    from edge.sinks.speech.loudspeaker import Loudspeaker
    from edge.sinks.speech.voice import FIRST_WORD, open_voice

    config = SpeechConfig.model_validate_json(section)
    open_voice(config.voice_file, config.volume).synthesise(FIRST_WORD)
    with Loudspeaker(config.device) as loudspeaker:
        loudspeaker.check()
    voice = "espeak-ng" if config.voice_file is None else config.voice_file.name
    return f"{voice} speaks, and the loudspeaker {config.device} plays"


def _connect(settings: "BrokerSettings", attempt: "Attempt") -> "ConnAck | None":
    """Return the broker's answer, None if it does not answer in this way. Raises OSError."""
    from edge.sinks.mqtt.connection import Connection
    from edge.sinks.mqtt.events import ConnAck

    events: SimpleQueue[Event] = SimpleQueue()
    connection = Connection(settings, events.put, attempt=attempt)
    try:
        answer = events.get(timeout=_BROKER_TIMEOUT_S)
    except Empty:
        return None
    finally:
        connection.close()
    return answer if isinstance(answer, ConnAck) and not answer.unsupported_protocol else None
