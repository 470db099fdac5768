"""Opens the landmarker that a model was trained with, if this processor can run it."""

import logging
from typing import Final

from landmarkers.errors import UserError
from landmarkers.landmarker import Landmarker
from landmarkers.layout import Part
from landmarkers.processor import Machine, Processor
from landmarkers.task_bundles import has_mediapipe

log = logging.getLogger(__name__)

_MEDIAPIPE: Final = "mediapipe"
GET_MEDIAPIPE: Final = "make a new venv from requirements/mediapipe.txt, which has the extra `mediapipe`"


class LandmarkerUnavailable(UserError):
    """A landmarker that this processor cannot run or that is not installed; the message names the remedy."""


def open_landmarker(parts: frozenset[Part], fingerprint: str, machine: Machine | None = None) -> Landmarker:
    """Open the landmarker of a fingerprint. An unknown fingerprint opens the default one: compare fingerprints.

    Raises LandmarkerUnavailable, NetworksUnavailable, and ImportError or OSError where a library is missing. Each
    landmarker is imported only when it is opened, because the other's library may not load on this machine.
    """
    processor = Processor.of(machine or Machine())
    if not fingerprint.startswith(_MEDIAPIPE):
        from landmarkers.tracking import TrackingLandmarker

        log.info("landmarks by LiteRT on %s", processor.name)
        return TrackingLandmarker(parts)
    _require_mediapipe_for_model(processor)
    from landmarkers.mediapipe_tasks import MediaPipeLandmarker

    log.info("landmarks by MediaPipe on %s", processor.name)
    return MediaPipeLandmarker(parts)


def landmarker_fingerprint(parts: frozenset[Part], fingerprint: str, machine: Machine | None = None) -> str:
    """Return the fingerprint of the landmarker that `open_landmarker` would open, without loading its networks.

    Raises the errors of `open_landmarker`.
    """
    if not fingerprint.startswith(_MEDIAPIPE):
        from landmarkers.tracking import FINGERPRINT

        return FINGERPRINT
    _require_mediapipe_for_model(Processor.of(machine or Machine()))
    from landmarkers.mediapipe_tasks import fingerprint_of

    return fingerprint_of(parts)


def require_mediapipe(wanted_by: str, instead: str, processor: Processor) -> None:
    """Raise LandmarkerUnavailable, which names what wants MediaPipe and what to do instead, where it cannot run."""
    if processor.lacks_atomics:
        raise LandmarkerUnavailable(
            f"{wanted_by} MediaPipe, which needs ARMv8.1 atomics that this {processor.name} lacks; {instead}"
        )
    if not has_mediapipe():
        raise LandmarkerUnavailable(
            f"{wanted_by} MediaPipe, which is not installed here; {instead}, or {GET_MEDIAPIPE}"
        )


def _require_mediapipe_for_model(processor: Processor) -> None:
    instead = "use a model for LiteRT, such as the shipped one"
    require_mediapipe("the model needs landmarks of", instead, processor)
