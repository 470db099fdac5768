"""Predictions of a run's final network for takes that it was not trained on.

The figures of a run's report, of a comparison of runs and of a bundle's card all come from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

import torch
from torch import Tensor
from tqdm import tqdm

from landmarkers.take import Provenance, Take
from trainer.data.store import Store
from trainer.evaluation.calibrate import fit_temperature
from trainer.evaluation.metrics import Evaluation, evaluate
from trainer.training.run import Run
from trainer.training.run_metadata import RunUnusable
from trainer.training.trained_model import load_trained, logits_per_take

HELD_OUT: Final = "Held-out clips"
TEST_CLIPS: Final = "Test clips of the data set"


@dataclass(frozen=True, eq=False)
class Predictions:
    """Takes of a run's store, given by their indices in it, and the network's logits [takes, signs + 1] for them."""

    run: Run
    store: Store
    indices: tuple[int, ...]
    logits: Tensor

    @classmethod
    def of(cls, run: Run, store: Store, indices: Sequence[int]) -> Self:
        """Classify takes one by one, as a device does. Raises RunUnusable."""
        network = load_trained(run.folder, run.recipe, run.signs)
        progress: tqdm[int] = tqdm(indices, desc=f"classify with {run.folder.name}", unit="take")
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # more threads only wait for each other on one take: 9 s instead of 208 s under load
        try:
            return cls(run, store, tuple(indices), logits_per_take(network, store, progress))
        finally:
            torch.set_num_threads(threads)

    def __len__(self) -> int:
        return len(self.indices)

    def select(self, indices: Sequence[int]) -> Self:
        """Return the predictions for some of these takes, in the given order."""
        positions = {index: position for position, index in enumerate(self.indices)}
        return replace(self, indices=tuple(indices), logits=self.logits[[positions[index] for index in indices]])

    @cached_property
    def provenances(self) -> tuple[Provenance, ...]:
        """The provenance of each take."""
        return tuple(self.store.rows[index].provenance for index in self.indices)

    @cached_property
    def targets(self) -> Tensor:
        """The true classes, [takes]."""
        classes = {sign.sign_id: position for position, sign in enumerate(self.run.signs)}
        return torch.tensor([classes[provenance.sign_id or 0] for provenance in self.provenances])

    def take(self, position: int) -> Take:
        """Return the take at a position among these."""
        return self.store.take(self.indices[position])

    def probabilities(self, temperature: float = 1.0) -> Tensor:
        """Return probabilities [takes, signs + 1] at a temperature."""
        return torch.softmax(self.logits / temperature, -1)

    def evaluation(self, temperature: float = 1.0) -> Evaluation:
        """Return the metrics of these predictions at a temperature."""
        return evaluate(self.probabilities(temperature).numpy(), self.run.signs, self.provenances)

    @cached_property
    def target_ranks(self) -> Tensor:
        """The rank of the true class in each prediction, from 0, [takes]."""
        ordered = self.logits.argsort(-1, descending=True)
        return (ordered == self.targets[:, None]).int().argmax(-1)

    @cached_property
    def by_source(self) -> dict[str, Self]:
        """The takes that the run held out and the data set's test clips, if there are any; some are both."""
        sources = {
            HELD_OUT: self.run.validation,
            TEST_CLIPS: test_indices(self.run, self.store),
        }
        return {name: self.select(indices) for name, indices in sources.items() if indices}

    def temperature(self) -> float:
        """Return the temperature that calibrates these predictions."""
        return fit_temperature(self.logits, self.targets)


def test_indices(run: Run, store: Store) -> tuple[int, ...]:
    """Return the data set's own test clips of signs that the run knows, without variants. No run is trained on them."""
    known = {sign.sign_id for sign in run.signs}
    provenances = [row.provenance for row in store.rows]
    return tuple(
        index
        for index, one in enumerate(provenances)
        if one.split == "test" and one.variant == 0 and one.sign_id in known
    )


def unseen_indices(run: Run, store: Store) -> list[int]:
    """Return all takes that the run was not trained on: held-out and test clips."""
    return sorted({*run.validation, *test_indices(run, store)})


def predict_unseen(run: Run, store: Store) -> Predictions:
    """Classify all takes that the run was not trained on: held-out and test clips. Raises RunUnusable if none exist."""
    unseen = unseen_indices(run, store)
    if not unseen:
        raise RunUnusable(f"{run.folder} held nothing out and its store has no test clips, so it cannot be evaluated")
    return Predictions.of(run, store, unseen)
