"""Reads the folder of a finished run."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, NonNegativeInt

from landmarkers.parsing import describe
from models.forgotten import ConsentId
from models.karsl import review
from models.labels import Sign
from models.stored_model import StoredModel
from trainer.training.recipe import Recipe
from trainer.training.run_metadata import RunUnusable, read_run_metadata


@dataclass(frozen=True)
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

    @cached_property
    def signs_by_id(self) -> dict[int, Sign]:
        """The signs by their numbers."""
        return {sign.sign_id: sign for sign in self.signs}

    @property
    def parent(self) -> str | None:
        """Return the title of the bundle or run that this run fine-tuned; None for one trained from scratch."""
        fine_tuning = self.metadata.get("fine_tuning")
        return None if fine_tuning is None else str(fine_tuning["parent"])

    @property
    def parent_consents(self) -> frozenset[str]:
        """The numbers of the consents to the takes behind the parent; none without a parent."""
        fine_tuning = self.metadata.get("fine_tuning")
        return frozenset() if fine_tuning is None else frozenset(fine_tuning.get("consents", ()))

    @property
    def rehearsed_takes(self) -> int:
        """The number of takes of the parent's, which stand first in the store; 0 without a parent."""
        fine_tuning = self.metadata.get("fine_tuning")
        return 0 if fine_tuning is None else int(fine_tuning["rehearsed_takes"])


class _Split(StoredModel):
    train: tuple[NonNegativeInt, ...]
    validation: tuple[NonNegativeInt, ...]
    description: str


class _FineTuning(StoredModel):
    parent: str
    rehearsed_takes: int
    consents: tuple[ConsentId, ...] = ()


class _Content(StoredModel):
    """The keys of `run.json` that every program needs."""

    signs: tuple[Sign, ...]
    split: _Split
    landmarkers: tuple[str, ...]
    takes: int
    seed: int
    fine_tuning: _FineTuning | None = None
    starts: tuple[dict[str, Any], ...] = ()
    forgetting: dict[str, dict[str, Any]] = Field(default_factory=dict)


def open_run(folder: Path) -> Run:
    """Read a run folder; KArSL's signs have their reviewed words, whenever it was trained. Raises RunUnusable."""
    metadata = read_run_metadata(folder)
    try:
        content = _Content.model_validate(metadata)
        recipe = Recipe.from_content(metadata.get("recipe"))
    except ValueError as error:
        raise RunUnusable(f"{folder} is not the folder of a run: {describe(error)}") from error
    split, landmarkers = content.split, content.landmarkers
    if len(landmarkers) != 1:
        raise RunUnusable(
            f"the takes of {folder} come from {len(landmarkers)} different landmarkers; extract them anew with one"
        )
    return Run(
        folder,
        recipe,
        tuple(map(review, content.signs)),
        split.train,
        split.validation,
        split.description,
        landmarkers[0],
        metadata,
    )
