"""A run: what a run folder tells of itself."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from models.labels import Sign
from trainer.augmentation.static_hands import StaticHands
from trainer.augmentation.transforms import Augmentation
from trainer.augmentation.transitions import Transitions
from trainer.model.network import Size
from trainer.training.recipe import Recipe
from trainer.training.run_metadata import RUN_METADATA, RunUnusable


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run, as its folder tells it."""

    folder: Path
    recipe: Recipe
    signs: tuple[Sign, ...]
    train: tuple[int, ...]
    validation: tuple[int, ...]
    described: str
    landmarker: str
    metadata: dict[str, Any]

    @property
    def parent(self) -> str | None:
        """The bundle or run that this one was taught from; None for one that was trained from nothing."""
        fine_tuning = self.metadata.get("fine_tuning")
        return None if fine_tuning is None else str(fine_tuning["parent"])


def open_run(folder: Path) -> Run:
    """Read a run folder. Raises RunUnusable."""
    try:
        note = json.loads((folder / RUN_METADATA).read_text())
        recipe = recipe_of(note["recipe"])
        signs = TypeAdapter(tuple[Sign, ...]).validate_python(note["signs"])
        split = note["split"]
        landmarkers = note["landmarkers"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunUnusable(f"{folder} is not the folder of a run") from error
    if len(landmarkers) != 1:
        raise RunUnusable(
            f"the takes of {folder} come from {len(landmarkers)} different landmarkers; extract them anew with one"
        )
    return Run(
        folder,
        recipe,
        signs,
        tuple(split["train"]),
        tuple(split["validation"]),
        split["described"],
        landmarkers[0],
        note,
    )


def recipe_of(content: dict[str, Any]) -> Recipe:
    """The recipe that was written down as JSON. Raises KeyError or TypeError for one of another program."""
    parts = {
        "size": Size(**content["size"]),
        "augmentation": Augmentation(**content["augmentation"]),
        "held": StaticHands(**content["held"]),
        "ways": Transitions(**content["ways"]),
    }
    return Recipe(**(content | parts))
