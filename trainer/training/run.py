"""Reads the folder of a finished run."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from models.labels import Sign
from trainer.augmentation.config import AugmentationConfig
from trainer.model.network import Size
from trainer.training.recipe import Recipe
from trainer.training.run_metadata import RUN_METADATA, RunUnusable


@dataclass(frozen=True, slots=True)
class Run:
    """A run as described by its metadata, `run.json`."""

    folder: Path
    recipe: Recipe
    signs: tuple[Sign, ...]
    train: tuple[int, ...]
    validation: tuple[int, ...]
    description: str
    landmarker: str
    metadata: dict[str, Any]

    @property
    def parent(self) -> str | None:
        """Return the title of the bundle or run that this run fine-tuned; None for one trained from scratch."""
        fine_tuning = self.metadata.get("fine_tuning")
        return None if fine_tuning is None else str(fine_tuning["parent"])


def open_run(folder: Path) -> Run:
    """Read a run folder. Raises RunUnusable."""
    try:
        metadata = json.loads((folder / RUN_METADATA).read_text())
        recipe = recipe_from_content(metadata["recipe"])
        signs = TypeAdapter(tuple[Sign, ...]).validate_python(metadata["signs"])
        split = metadata["split"]
        landmarkers = metadata["landmarkers"]
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
        split["description"],
        landmarkers[0],
        metadata,
    )


def recipe_from_content(content: dict[str, Any]) -> Recipe:
    """Return a recipe from its JSON content. Raises KeyError or TypeError for one of another program."""
    parts = {
        "size": Size(**content["size"]),
        "augmentation": AugmentationConfig.from_content(content["augmentation"]),
    }
    return Recipe(**(content | parts))
