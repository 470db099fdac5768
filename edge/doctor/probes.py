"""What the doctor tries in processes of their own; each returns what is said of a success and raises a refusal."""

import json
import time
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

import numpy as np

from edge.cameras.camera import CameraLost
from edge.cameras.source import SourceOptions, open_camera, open_landmarker, open_source, redact_password
from edge.config import CameraConfig, MqttConfig
from edge.model_selection.active_bundle import read_trusted_keys
from landmarkers.frame import Frame
from landmarkers.landmarker import Landmarker
from models.bundle import Bundle, check_landmarker, open_bundle

if TYPE_CHECKING:
    from paho.mqtt.enums import MQTTProtocolVersion

    from edge.sinks.mqtt.connection import BrokerSettings, ConnAck, Event

_BROKER_PATIENCE_S: Final = 10.0
_BLANK_PICTURES: Final = 3
_BLANK: Final = (480, 640, 3)


class BrokerUnreachable(Exception):
    """A broker that cannot be reached or refuses this device; the message says why."""


def open_bundle_landmarker(bundle: Bundle) -> Landmarker:
    """The landmarker that the daemon opens for a bundle. Raises LibraryMissing, NetworksUnavailable."""
    return open_landmarker(bundle.manifest.parts, bundle.manifest.landmarker)


def probe_classifier(folder: str) -> str:
    """Load a bundle's network and hold it against the bundle's probe."""
    from models.classifier import OnnxClassifier

    bundle = open_bundle(Path(folder))
    OnnxClassifier(bundle)
    return f"{bundle.manifest.title} reads its probe as it should"


def probe_signature(keys_and_bundle: str) -> str:
    """Hold a bundle's signature against the trusted keys; a JSON list of both folders."""
    keys, bundle = (Path(folder) for folder in json.loads(keys_and_bundle))
    trusted = read_trusted_keys(keys)
    unusable = "".join(f"; {reason}" for reason in trusted.unusable)
    return f"{bundle.name} is signed by {trusted.verify(bundle).name}{unusable}"


def probe_landmarker(folder: str) -> str:
    """Look for points in blank pictures with the landmarker of a bundle."""
    bundle = open_bundle(Path(folder))
    manifest = bundle.manifest
    with closing(open_bundle_landmarker(bundle)) as landmarker:
        check_landmarker(manifest, landmarker.fingerprint)
        for number in range(_BLANK_PICTURES):
            began = time.perf_counter()
            landmarker.detect(Frame(np.full(_BLANK, 127, np.uint8), number / 10))
            seconds = time.perf_counter() - began
    return f"it looks through a blank picture in {seconds * 1000:.0f} ms"


def probe_camera(section: str) -> str:
    """Wait for the first picture of the source that a `[camera]` section, as JSON, names, taken as it says."""
    options = CameraConfig.model_validate_json(section)
    source, shown = options.source, redact_password(options.source)
    if source.startswith("take:"):
        open_source(source, frozenset(), "", SourceOptions(fast=True))
        return f"{source} is a recording of landmarks that can be read; no camera was tried"
    camera = open_camera(source, SourceOptions(fast=True, camera=options))
    frame = next(iter(camera.frames()), None)
    camera.stop()
    if frame is None:
        raise CameraLost(f"the camera {shown} gives no picture")
    height, width = frame.image.shape[:2]
    return f"{shown} gives pictures of {width}x{height}"


def probe_broker(section: str) -> str:
    """Connect as the daemon would, but nameless: the daemon that may be running must not be pushed out."""
    from edge.sinks.mqtt.connection import BrokerSettings, ConnAck, failure_reason

    access = BrokerSettings.read(MqttConfig.model_validate_json(section))
    try:
        answer = next(filter(None, (_knock(access, protocol) for protocol in access.protocols)), None)
    except OSError as error:
        raise BrokerUnreachable(f"{access.broker} cannot be reached: {failure_reason(error)}") from error
    if not isinstance(answer, ConnAck):
        raise BrokerUnreachable(f"{access.broker} does not answer as an MQTT broker does; does it want TLS?")
    if answer.refusal is not None:
        raise BrokerUnreachable(f"{access.broker} refuses this device: {answer.refusal}")
    return f"{access.broker} lets this device in"


def _knock(access: "BrokerSettings", protocol: "MQTTProtocolVersion") -> "ConnAck | None":
    """The broker's answer, if it gives one in this protocol. Raises OSError."""
    from edge.sinks.mqtt.connection import ConnAck, Connection

    events: SimpleQueue[Event] = SimpleQueue()
    connection = Connection(access, events.put, protocol=protocol)
    try:
        answer = events.get(timeout=_BROKER_PATIENCE_S)
    except Empty:
        return None
    finally:
        connection.close()
    return answer if isinstance(answer, ConnAck) and not answer.unsupported_protocol else None
