"""The data of a training run: a store of takes, its split, and the signs."""

from dataclasses import dataclass

from models.labels import Sign
from trainer.data.split import Split
from trainer.data.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """Holds a store of takes, its split into training and validation takes, and the signs in output order."""

    store: Store
    split: Split
    signs: tuple[Sign, ...]
