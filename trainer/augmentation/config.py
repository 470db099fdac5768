"""Settings of all data augmentation that training applies to takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from models.stored_model import from_stored
from trainer.augmentation.static_hands import StaticHandConfig
from trainer.augmentation.transforms import TransformConfig
from trainer.augmentation.transitions import TransitionConfig


@dataclass(frozen=True, slots=True)
class AugmentationConfig:
    """Groups the settings of each augmentation; the stages in `pipeline.py` apply them in order."""

    static_hands: StaticHandConfig = field(default_factory=StaticHandConfig)
    transitions: TransitionConfig = field(default_factory=TransitionConfig)
    transforms: TransformConfig = field(default_factory=TransformConfig)
    negative_fraction: float = 0.15  # of each batch is turned into "no sign"

    def as_content(self) -> dict[str, Any]:
        """Return the settings as JSON content for run folders and bundles."""
        return {
            "static_hands": self.static_hands._asdict(),
            "transitions": self.transitions._asdict(),
            "transforms": self.transforms._asdict(),
            "negative_fraction": self.negative_fraction,
        }

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """Read the settings from JSON content. Raises ValueError."""
        parts = {
            "static_hands": from_stored(StaticHandConfig, content.get("static_hands", {})),
            "transitions": from_stored(TransitionConfig, content.get("transitions", {})),
            "transforms": from_stored(TransformConfig, content.get("transforms", {})),
        }
        return from_stored(cls, dict(content) | parts)
