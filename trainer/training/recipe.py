"""Recipes: everything that decides how a network is trained, as code.

`default` is what the shipped bundle was trained with: the smallest that won on validation (trainer/NOTES.md has
the table). A recipe that changes one thing is one line.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from trainer.augmentation.config import AugmentationConfig
from trainer.model.network import SIZES, Size


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train."""

    size: Size = SIZES["tiny"]
    steps: int = 32  # S, to which every take is resampled
    dropout: float = 0.0  # inside the blocks; the head has its own
    drop_path: float = 0.1
    label_smoothing: float = 0.1
    epochs: int = 120
    samples_per_epoch: int = 1024
    batch_size: int = 64
    learning_rate: float = 1.5e-3  # at the top of a one-cycle schedule
    weight_decay: float = 0.05
    ema_decay: float = 0.995  # decay of the weights' moving average, which is what is judged and exported
    patience: int | None = (
        None  # epochs without a lower loss on what is held out that end training; None: it decides nothing
    )
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)

    def as_content(self) -> dict[str, Any]:
        """What a run's note and a bundle tell of it; `trainer.training.run.recipe_of` reads it."""
        return asdict(self) | {"augmentation": self.augmentation.as_content()}

    @property
    def steps_per_epoch(self) -> int:
        """Batches that an epoch learns from."""
        return self.samples_per_epoch // self.batch_size


RECIPES: Final[dict[str, Recipe]] = {
    "default": Recipe(),
    **{name: Recipe(size=size) for name, size in SIZES.items()},
    # A minute's training for a handful of signs, to see that everything works.
    "trial": Recipe(drop_path=0.0, epochs=20, samples_per_epoch=256, batch_size=32, learning_rate=3e-3, ema_decay=0.9),
}
