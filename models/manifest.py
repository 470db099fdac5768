"""The manifest of a bundle: its identity, settings, accuracy and files.

Keys and files that a later release adds to the same format are ignored; a change that must not be is a new format.
"""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from landmarkers.layout import LAYOUT_NAME, Part
from landmarkers.text_types import Label
from models.stored_model import StoredModel

FORMAT: Final = 2
BUNDLE_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
BundleName = Annotated[str, StringConstraints(pattern=BUNDLE_NAME)]
BundleVersion = Annotated[int, Field(ge=1, le=999_999_999)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class SpotterSettings(StoredModel):
    """The settings of sign spotting. Heights are in shoulder widths, times in seconds."""

    raise_threshold: Annotated[float, Field(ge=0.0, le=4.0)] = 1.0  # a wrist further below the shoulders is not raised
    start_after_s: Annotated[float, Field(ge=0.0, le=2.0)] = 0.1  # with a hand up this long a sign starts
    end_after_s: Annotated[float, Field(ge=0.05, le=3.0)] = 0.1  # with both hands down or not visible this long it ends
    min_duration_s: Annotated[float, Field(ge=0.0, le=2.0)] = 0.3  # of a sign
    max_duration_s: Annotated[float, Field(ge=1.0, le=30.0)] = 4.0  # of a sign
    stride_s: Annotated[float, Field(ge=0.03, le=1.0)] = 0.15  # between classifications while a hand is up
    commit_delay_s: Annotated[float, Field(ge=0.0, le=3.0)] = 0.3  # a sign is emitted so late while a hand is up
    early_confidence: Share = 0.85  # a sign predicted with at least this confidence
    early_after_s: Annotated[float, Field(ge=0.0, le=3.0)] = 0.4  # for this long is emitted before it ends
    min_confidence: Share = 0.3  # a segment with less scores nothing
    segment_penalty_s: Annotated[float, Field(ge=0.0, le=2.0)] = 0.2  # the score that each further word costs
    spelling_penalty_s: Annotated[float, Field(ge=0.0, le=2.0)] = 0.07  # and that each letter or number sign costs


class Calibration(StoredModel):
    """The confidence calibration of the model."""

    temperature: Annotated[float, Field(gt=0.0, le=100.0)] = 1.0  # the graph divides its logits by it; for the record
    threshold: Share = 0.4  # a word of lower probability is not emitted


class Accuracy(StoredModel):
    """The top-1 and top-5 accuracy on clips that were not used in training."""

    clips: Label
    count: Annotated[int, Field(ge=1, le=999_999_999)]
    top1: Share
    top5: Share


class Manifest(StoredModel):
    """The content of `manifest.json`."""

    format: Literal[2] = FORMAT
    name: BundleName
    version: BundleVersion
    layout: Literal["holistic-543"] = LAYOUT_NAME
    parts: frozenset[Part]
    landmarker: Label  # fingerprint of the landmark networks that the training takes came from
    spotter: SpotterSettings
    calibration: Calibration
    accuracy: tuple[Accuracy, ...]
    smallest_app_version: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}$")]
    files: dict[str, Sha256]

    @property
    def title(self) -> str:
        """Name and version in one, as word events carry them: `karsl-230@7`."""
        return f"{self.name}@{self.version}"
