"""The daemon's configuration as frozen models, one file a section; `loading` reads it from file and variables."""

from edge.config.camera import CameraConfig
from edge.config.captions import CaptionsConfig
from edge.config.edge_config import EdgeConfig
from edge.config.learning import LearningConfig
from edge.config.model import SHIPPED_MODEL, ModelConfig
from edge.config.monitoring import MetricsConfig, RateConfig
from edge.config.mqtt import MqttConfig
from edge.config.section import ConfigInvalid
from edge.config.signs import DEFAULT_VOCABULARY, LabelsConfig, Vocabulary, VocabularyConfig
from edge.config.speech import SpeechConfig
from edge.config.web import WebConfig

__all__ = [
    "DEFAULT_VOCABULARY",
    "SHIPPED_MODEL",
    "CameraConfig",
    "CaptionsConfig",
    "ConfigInvalid",
    "EdgeConfig",
    "LabelsConfig",
    "LearningConfig",
    "MetricsConfig",
    "ModelConfig",
    "MqttConfig",
    "RateConfig",
    "SpeechConfig",
    "Vocabulary",
    "VocabularyConfig",
    "WebConfig",
]
