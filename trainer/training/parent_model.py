"""The parent model of fine-tuning: a trained network, from a bundle or a run, with exemplars of its signs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from landmarkers.errors import UserError
from landmarkers.layout import Part
from landmarkers.take import Take
from models.bundle import EXEMPLARS, MANIFEST, Bundle, open_bundle
from models.labels import Sign
from trainer.data.consents import read_consents
from trainer.data.store import Store
from trainer.model.network import SignClassifier
from trainer.training.exemplars import load_exemplars, select_exemplars
from trainer.training.recipe import Recipe
from trainer.training.run import Run, open_run
from trainer.training.run_metadata import RUN_METADATA
from trainer.training.run_store import consents_of, open_store
from trainer.training.trained_model import build_model, load_trained

_TAKES_PER_SIGN: Final = 12  # exemplars of a run, whose store is at hand
_MAX_DIFFERENCE: Final = 0.1  # of a probability, between these weights and the bundle's int8 output for its probe


class ParentModelUnusable(UserError):
    """Reports a bundle or run that cannot be fine-tuned; the message gives the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class ParentModel:
    """A trained network with exemplars of its signs."""

    title: str
    recipe: Recipe
    signs: tuple[Sign, ...]
    landmarker: str
    parts: frozenset[Part]
    weights: Mapping[str, Tensor]
    exemplars: tuple[Take, ...]
    consents: frozenset[str] = frozenset()
    """The numbers of the consents to the takes that it was trained on."""

    def build(self) -> SignClassifier:
        """Return the trained network. Raises ParentModelUnusable."""
        classifier = build_model(self.recipe, self.signs)
        try:
            classifier.load_state_dict(dict(self.weights))
        except RuntimeError as error:
            raise ParentModelUnusable(
                f"the weights of {self.title} are of another network architecture; fine-tune it with the ishara "
                "version that made it"
            ) from error
        return classifier.eval()


def open_parent_model(folder: Path, store: Path | None = None) -> ParentModel:
    """Open a bundle or a run as a parent model; `store` is the run's store if it is not in the run's folder.

    Raises ParentModelUnusable, BundleRefused, RunUnusable, StoreUnusable.
    """
    if (folder / MANIFEST).is_file():
        return _from_bundle(open_bundle(folder))
    if (folder / RUN_METADATA).is_file():
        run = open_run(folder)
        return _from_run(run, open_store(run, store))
    raise ParentModelUnusable(f"{folder} is neither a bundle nor a run")


def _from_run(run: Run, store: Store) -> ParentModel:
    selected = select_exemplars([row.provenance for row in store.rows], run.train, _TAKES_PER_SIGN)
    return ParentModel(
        run.folder.name,
        run.recipe,
        run.signs,
        run.landmarker,
        frozenset(store.parts),
        load_trained(run.folder, run.recipe, run.signs).state_dict(),
        tuple(store.take(number) for number in selected),
        consents_of(run, store),
    )


def _from_bundle(bundle: Bundle) -> ParentModel:
    path, title = bundle.folder / EXEMPLARS, bundle.manifest.title
    if EXEMPLARS not in bundle.manifest.files:
        raise ParentModelUnusable(
            f"{title} cannot be fine-tuned because it carries no {EXEMPLARS}; export it anew, or give its run"
        )
    try:
        memory = load_exemplars(path)
    except (OSError, ValueError) as error:
        raise ParentModelUnusable(f"{path} is damaged or of another format; export the bundle anew") from error
    parent = ParentModel(
        title,
        memory.recipe,
        bundle.signs,
        bundle.manifest.landmarker,
        memory.parts,
        memory.weights,
        memory.takes,
        read_consents(bundle.folder),
    )
    probe = bundle.probe
    with torch.no_grad():
        output = parent.build()(torch.from_numpy(probe.points)[None], torch.from_numpy(probe.times)[None])[0]
    # A difference means other weights, or another preprocessing than that of the program that trained them.
    if not np.abs(output.numpy() - probe.probabilities).max() <= _MAX_DIFFERENCE:
        raise ParentModelUnusable(f"{path} does not answer the probe as {title} does; export the bundle anew")
    return parent
