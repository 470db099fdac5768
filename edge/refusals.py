"""What ends a command with one sentence and exit code 2: the user must act."""

from typing import Final

from edge.cameras.camera import CameraLost, LibraryMissing
from edge.cameras.source import SourceUnknown
from edge.config import ConfigInvalid
from edge.lifecycle.paths import HomeUnknown
from landmarkers.factory import LandmarkerUnavailable
from landmarkers.networks import NetworksUnavailable
from landmarkers.take import TakeDamaged
from models.bundle import BundleRefused
from models.store import StoreUnusable

REFUSALS: Final = (
    BundleRefused,
    CameraLost,
    ConfigInvalid,
    HomeUnknown,
    LandmarkerUnavailable,
    LibraryMissing,
    NetworksUnavailable,
    SourceUnknown,
    StoreUnusable,
    TakeDamaged,
)
