"""What the network that a run ended with makes of takes that it never learned from.

The figures of a run's report, of a comparison of runs and of a bundle's card all come from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
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

HELD_OUT: Final = "What it held out"
TEST_CLIPS: Final = "The data set's test clips"


@dataclass(frozen=True, eq=False)
class Predictions:
    """Takes of a run's store by their numbers, and the logits [takes, signs + 1] that its network gives them."""

    run: Run
    store: Store
    indices: tuple[int, ...]
    logits: Tensor

    @classmethod
    def of(cls, run: Run, store: Store, numbers: Sequence[int]) -> Self:
        """Each take read by itself, as on a device. Raises RunUnusable."""
        recogniser = load_trained(run.folder, run.recipe, run.signs)
        progress: tqdm[int] = tqdm(numbers, desc=f"read by {run.folder.name}", unit="take")
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # for one take others only wait for each other: on a busy machine 208 s became 9
        try:
            return cls(run, store, tuple(numbers), logits_per_take(recogniser, store, progress))
        finally:
            torch.set_num_threads(threads)

    def __len__(self) -> int:
        return len(self.indices)

    def select(self, numbers: Sequence[int]) -> Self:
        """Only these takes, in their order; all of them must be among those that were read."""
        places = {number: place for place, number in enumerate(self.indices)}
        return replace(self, indices=tuple(numbers), logits=self.logits[[places[number] for number in numbers]])

    @cached_property
    def provenances(self) -> tuple[Provenance, ...]:
        """Where the takes come from."""
        return tuple(self.store.rows[number].provenance for number in self.indices)

    @cached_property
    def targets(self) -> Tensor:
        """The right outputs, [takes]."""
        outputs = {sign.sign_id: place for place, sign in enumerate(self.run.signs)}
        return torch.tensor([outputs[origin.sign_id or 0] for origin in self.provenances])

    def take(self, place: int) -> Take:
        """The take at a place among these."""
        return self.store.take(self.indices[place])

    def probabilities(self, temperature: float = 1.0) -> Tensor:
        """Probabilities [takes, signs + 1] at a temperature."""
        return torch.softmax(self.logits / temperature, -1)

    def evaluation(self, temperature: float = 1.0) -> Evaluation:
        """How good these readings are."""
        sign_ids = [sign.sign_id for sign in self.run.signs]
        return evaluate(self.probabilities(temperature).numpy(), sign_ids, self.provenances)

    @cached_property
    def target_ranks(self) -> Tensor:
        """At which place of each reading the right sign stands, from 0, [takes]."""
        ordered = self.logits.argsort(-1, descending=True)
        return (ordered == self.targets[:, None]).int().argmax(-1)

    @cached_property
    def by_source(self) -> dict[str, Self]:
        """The takes that the run held out and the data set's test clips, as far as there are any; some are both."""
        kinds = {
            HELD_OUT: self.run.validation,
            TEST_CLIPS: test_indices(self.run, self.store),
        }
        return {name: self.select(numbers) for name, numbers in kinds.items() if numbers}

    def temperature(self) -> float:
        """The temperature at which these readings are as sure as they are right."""
        return fit_temperature(self.logits, self.targets)


def open_store(run: Run, folder: Path | None = None) -> Store:
    """The store that a run was trained on; `folder` where it is not in the run's. Raises StoreUnusable, RunUnusable."""
    folder = folder or run.folder / "takes.store"
    if not folder.is_dir():
        raise RunUnusable(f"there is no store {folder}; name the store that {run.folder} was trained on with --store")
    store = Store(folder)
    check_store(run, store)
    return store


def check_store(run: Run, store: Store) -> None:
    """Raises RunUnusable for a run that was trained on another store than this."""
    if run.metadata["takes"] != len(store):
        raise RunUnusable(f"{run.folder} was trained on another store than the one given")


def test_indices(run: Run, store: Store) -> tuple[int, ...]:
    """The data set's own test clips of signs that the run knows, as they were recorded. No run learns from them."""
    known = {sign.sign_id for sign in run.signs}
    origins = [row.provenance for row in store.rows]
    return tuple(
        number
        for number, one in enumerate(origins)
        if one.split == "test" and one.variant == 0 and one.sign_id in known
    )


def predict_unseen(run: Run, store: Store) -> Predictions:
    """All takes that the run never learned from: what it held out, and the test clips. Raises RunUnusable."""
    unseen = sorted({*run.validation, *test_indices(run, store)})
    if not unseen:
        raise RunUnusable(f"{run.folder} held nothing out and its store has no test clips, so nothing can judge it")
    return Predictions.of(run, store, unseen)
