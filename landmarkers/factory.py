"""Opens the landmarker that a model was trained with, where this processor can run it."""

import logging
from typing import Final

from landmarkers.errors import UserError
from landmarkers.landmarker import Landmarker
from landmarkers.layout import Part
from landmarkers.processor import Machine, Processor

log = logging.getLogger(__name__)

_MEDIAPIPE: Final = "mediapipe"


class LandmarkerUnavailable(UserError):
    """A landmarker that this processor cannot run; the message says what can be done."""


def open_landmarker(parts: frozenset[Part], fingerprint: str, machine: Machine | None = None) -> Landmarker:
    """The landmarker of a fingerprint or, of an unknown one, what is served by default: compare its own.

    Raises LandmarkerUnavailable, NetworksUnavailable, and ImportError or OSError where a library is missing. Each
    landmarker is imported only when it is opened: the other's library may not even load here.
    """
    processor = Processor.of(machine or Machine())
    if not fingerprint.startswith(_MEDIAPIPE):
        from landmarkers.tracking import TrackingLandmarker

        log.info("landmarks by LiteRT on %s", processor.name)
        return TrackingLandmarker(parts)
    _refuse_without_atomics(processor)
    from landmarkers.mediapipe_tasks import MediaPipeLandmarker

    log.info("landmarks by MediaPipe on %s", processor.name)
    return MediaPipeLandmarker(parts)


def landmarker_fingerprint(parts: frozenset[Part], fingerprint: str, machine: Machine | None = None) -> str:
    """The fingerprint of what `open_landmarker` would open, and raises as it does; no network is loaded for it."""
    if not fingerprint.startswith(_MEDIAPIPE):
        from landmarkers.tracking import FINGERPRINT

        return FINGERPRINT
    _refuse_without_atomics(Processor.of(machine or Machine()))
    from landmarkers.mediapipe_tasks import fingerprint_of

    return fingerprint_of(parts)


def _refuse_without_atomics(processor: Processor) -> None:
    if processor.lacks_atomics:
        raise LandmarkerUnavailable(
            f"the model wants landmarks of MediaPipe, which needs ARMv8.1 atomics that this {processor.name} lacks; "
            "take a model for LiteRT, as the shipped one is"
        )
