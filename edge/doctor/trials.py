"""What the doctor tries in processes of their own; each returns what is said of a success and raises a refusal."""

import time
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np

from edge.cameras.camera import CameraLost
from edge.cameras.source import open_camera, open_landmarker, open_source, without_password
from edge.config import CameraConfig, MqttConfig
from landmarkers.frame import Frame
from landmarkers.landmarker import Landmarker
from models.bundle import Bundle, BundleRefused, open_bundle

_BROKER_PATIENCE_S: Final = 10.0
_BLANK_PICTURES: Final = 3
_BLANK: Final = (480, 640, 3)


class BrokerAway(Exception):
    """A broker that cannot be reached or refuses this device; the message says why."""


def open_bundles_landmarker(bundle: Bundle) -> Landmarker:
    """The landmarker that the daemon opens for a bundle. Raises LibraryMissing, NetworksUnavailable."""
    return open_landmarker(bundle.manifest.parts, bundle.manifest.landmarker)


def try_classifier(folder: str) -> str:
    """Load a bundle's network and hold it against the bundle's probe."""
    from models.classifier import OnnxClassifier

    bundle = open_bundle(Path(folder))
    OnnxClassifier(bundle)
    return f"{bundle.manifest.title} reads its probe as it should"


def try_landmarker(folder: str) -> str:
    """Look for points in blank pictures with the landmarker of a bundle."""
    bundle = open_bundle(Path(folder))
    manifest = bundle.manifest
    with closing(open_bundles_landmarker(bundle)) as landmarker:
        if landmarker.fingerprint != manifest.landmarker:
            raise BundleRefused(
                f"{manifest.title} was trained on landmarks of {manifest.landmarker}, not of {landmarker.fingerprint}"
            )
        for number in range(_BLANK_PICTURES):
            began = time.perf_counter()
            landmarker.locate(Frame(np.full(_BLANK, 127, np.uint8), number / 10))
            seconds = time.perf_counter() - began
    return f"it looks through a blank picture in {seconds * 1000:.0f} ms"


def try_camera(section: str) -> str:
    """Wait for the first picture of the source that a `[camera]` section, as JSON, names, taken as it says."""
    options = CameraConfig.model_validate_json(section)
    source, shown = options.source, without_password(options.source)
    if source.startswith("take:"):
        open_source(source, frozenset(), "", fast=True, again=False)
        return f"{source} is a recording of landmarks that can be read; no camera was tried"
    camera = open_camera(source, fast=True, again=False, options=options)
    frame = next(iter(camera.frames()), None)
    camera.stop()
    if frame is None:
        raise CameraLost(f"the camera {shown} gives no picture")
    height, width = frame.picture.shape[:2]
    return f"{shown} gives pictures of {width}x{height}"


def try_broker(section: str) -> str:
    """Connect as the daemon would, but nameless: the daemon that may be running must not be pushed out."""
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

    config = MqttConfig.model_validate_json(section)
    broker = f"the broker {config.host}:{config.port}"
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect_timeout = _BROKER_PATIENCE_S
    if config.username is not None:
        client.username_pw_set(config.username, config.read_password())
    answers: list[str] = []
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(
        f"refuses this device: {reason}" if reason.is_failure else ""
    )
    try:
        client.connect(config.host, config.port)
    except OSError as error:
        raise BrokerAway(f"{broker} cannot be reached: {error}") from error
    ends = time.monotonic() + _BROKER_PATIENCE_S
    while not answers and time.monotonic() < ends and client.loop(timeout=0.5) == MQTTErrorCode.MQTT_ERR_SUCCESS:
        pass
    client.disconnect()
    if not answers:
        raise BrokerAway(f"{broker} does not answer as an MQTT broker does")
    if answers[0]:
        raise BrokerAway(f"{broker} {answers[0]}")
    return f"{broker} lets this device in"
