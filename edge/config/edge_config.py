"""The whole configuration."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from edge.config.camera import CameraConfig
from edge.config.captions import CaptionsConfig
from edge.config.learning import LearningConfig
from edge.config.model import ModelConfig
from edge.config.monitoring import MetricsConfig, RateConfig
from edge.config.mqtt import MqttConfig
from edge.config.section import Section
from edge.config.signs import LabelsConfig, VocabularyConfig
from edge.config.speech import SpeechConfig
from edge.config.web import WebConfig
from models.composition import Digits

DEVICE_NAME: Final = "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"
"""Pattern of a device's name, which is a level of MQTT topics."""


class EdgeConfig(Section):
    """The daemon's configuration; each part of the daemon receives only its own section."""

    device: Annotated[str, StringConstraints(pattern=DEVICE_NAME)] = "ishara"
    """The device's name in MQTT topics, word events and captions."""
    managed: bool = False
    """True where a file management system owns this file: the page shows the settings and cannot change them."""
    health_every_s: Annotated[float, Field(ge=1.0, le=3600.0)] = 10.0
    """Seconds between two publications of `health`."""
    digits: Digits = "european"
    """Digits of the numbers in utterances: `european` (0 to 9) or `arabic-indic` (٠ to ٩)."""
    camera: CameraConfig = CameraConfig()
    rate: RateConfig = RateConfig()
    model: ModelConfig = ModelConfig()
    labels: LabelsConfig = LabelsConfig()
    vocabulary: VocabularyConfig = VocabularyConfig()
    learning: LearningConfig | None = None
    mqtt: MqttConfig | None = None
    captions: CaptionsConfig | None = None
    speech: SpeechConfig | None = None
    metrics: MetricsConfig | None = None
    web: WebConfig | None = None
