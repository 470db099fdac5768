"""Recipes: all settings of a training run, as code.

`default` is the recipe of the shipped bundle: the smallest network with the best validation results (the table is in
docs/experiments.md). A recipe that changes one setting is one line.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from models.stored_model import from_stored
from trainer.augmentation.config import AugmentationConfig
from trainer.model.transformer import SIZES, Size


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of a training run."""

    size: Size = SIZES["tiny"]
    steps: int = 32  # S, to which every take is resampled
    dropout: float = 0.0  # inside the blocks; the head has its own
    drop_path: float = 0.1
    label_smoothing: float = 0.1
    foreign_sign_weight: float = 0.2  # in the loss, of signs that a take's signer never made in training
    epochs: int = 120
    samples_per_epoch: int = 1024
    batch_size: int = 64
    learning_rate: float = 1.5e-3  # at the peak of a one-cycle schedule
    weight_decay: float = 0.05
    ema_decay: float = 0.995  # of the EMA of the weights, which is evaluated and exported
    patience: int | None = None  # epochs without a lower validation loss after which training stops; None: never
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)

    def as_content(self) -> dict[str, Any]:
        """Return the recipe as JSON content for run folders and bundles; `from_content` reads it."""
        return asdict(self) | {"augmentation": self.augmentation.as_content()}

    @classmethod
    def from_content(cls, content: Any) -> Self:
        """Return the recipe of such content. Raises ValueError."""
        if not isinstance(content, dict) or not isinstance(content.get("augmentation", {}), dict):
            raise ValueError("the recipe is no object")  # noqa: TRY004  # the file is wrong, not the program
        augmentation = AugmentationConfig.from_content(content.get("augmentation", {}))
        return from_stored(cls, content | {"augmentation": augmentation})

    @property
    def steps_per_epoch(self) -> int:
        """Return the number of batches in an epoch."""
        return self.samples_per_epoch // self.batch_size


RECIPES: Final[dict[str, Recipe]] = {
    "default": Recipe(),
    **{name: Recipe(size=size) for name, size in SIZES.items()},
    # Trains a handful of signs in a minute, to check that everything works.
    "trial": Recipe(drop_path=0.0, epochs=20, samples_per_epoch=256, batch_size=32, learning_rate=3e-3, ema_decay=0.9),
}
