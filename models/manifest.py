"""What a bundle says of itself."""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from landmarkers.layout import LAYOUT_NAME, Part
from models.strict_model import StrictModel

FORMAT: Final = 1
BUNDLE_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
BundleName = Annotated[str, StringConstraints(pattern=BUNDLE_NAME)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class SpotterSettings(StrictModel):
    """How the device cuts one sign out of the stream. Heights are in shoulder widths, times in seconds."""

    raise_threshold: Annotated[float, Field(ge=0.0, le=4.0)] = 1.0  # a wrist this far below the shoulders is up no more
    start_after_s: Annotated[float, Field(ge=0.0, le=2.0)] = 0.1  # hands up this long begin a sign
    end_after_s: Annotated[float, Field(ge=0.05, le=3.0)] = 0.1  # hands down or gone this long end it
    min_duration_s: Annotated[float, Field(ge=0.0, le=2.0)] = 0.3  # no sign is shorter
    max_duration_s: Annotated[float, Field(ge=1.0, le=30.0)] = 4.0  # no sign is longer
    stride_s: Annotated[float, Field(ge=0.03, le=1.0)] = 0.15  # how often it is read while the hands are up
    commit_delay_s: Annotated[float, Field(ge=0.0, le=3.0)] = 0.3  # with hands still up a sign is given so late
    early_confidence: Share = 0.85  # a sign read with this or more ...
    early_after_s: Annotated[float, Field(ge=0.0, le=3.0)] = 0.4  # ... for so long is given before it ends
    min_confidence: Share = 0.3  # a piece read with less explains nothing
    segment_penalty_s: Annotated[float, Field(ge=0.0, le=2.0)] = 0.2  # what a further sign must explain more


class Calibration(StrictModel):
    """How sure the model must be before a word is said."""

    temperature: Annotated[float, Field(gt=0.0, le=100.0)] = 1.0  # what the graph divides its logits by; for the record
    threshold: Share = 0.4  # a word less likely than this is not said


class Accuracy(StrictModel):
    """Top-1 and top-5 on clips that training never saw, and which clips these were."""

    clips: str
    count: Annotated[int, Field(ge=1)]
    top1: Share
    top5: Share


class Manifest(StrictModel):
    """The content of `manifest.json`."""

    format: Literal[1] = FORMAT
    name: BundleName
    version: Annotated[int, Field(ge=1)]
    layout: Literal["holistic-543"] = LAYOUT_NAME
    parts: frozenset[Part]
    landmarker: str  # fingerprint of the landmark networks that the training takes came from
    spotter: SpotterSettings
    calibration: Calibration
    accuracy: tuple[Accuracy, ...]
    smallest_app_version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    files: dict[str, Sha256]

    @property
    def title(self) -> str:
        """Name and version in one, as word events carry them: `karsl-190@7`."""
        return f"{self.name}@{self.version}"
