"""Evaluates a bundle on takes, or a recipe on signers that were not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from landmarkers.errors import UserError
from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import OnnxClassifier
from models.labels import Sign
from trainer.data.sign_names import name_signs
from trainer.evaluation.leave_one_signer_out import UnseenSigners, mean_score
from trainer.evaluation.metrics import Evaluation, evaluate


class NothingToEvaluate(UserError):
    """There is no take of a sign that the bundle knows; the message names both."""


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """An evaluation and what was evaluated: sentences for people, `metadata` for programs."""

    title: str
    description: tuple[str, ...]
    metadata: dict[str, Any]
    evaluation: Evaluation
    signs: tuple[Sign, ...]
    unreadable: tuple[str, ...] = ()
    """Clips that were not evaluated because they cannot be read."""
    unseen_signers: UnseenSigners | None = None
    """The scores of each signer, if a recipe was evaluated by leaving signers out."""

    @property
    def signs_by_id(self) -> dict[int, Sign]:
        """The signs by their numbers."""
        return {sign.sign_id: sign for sign in self.signs}


def evaluate_bundle(
    bundle: Bundle, takes: Sequence[Take], source: str, signs: Mapping[int, Sign], unreadable: Sequence[str]
) -> EvaluationResult:
    """Evaluate a bundle on takes, which `source` describes; `signs` are those whose words are known.

    Raises NothingToEvaluate.
    """
    classifier = OnnxClassifier(bundle)
    title, sign_ids = bundle.manifest.title, [sign.sign_id for sign in bundle.signs]
    known = [take for take in takes if take.provenance.sign_id in sign_ids]
    if not known:
        raise NothingToEvaluate(f"there is no clip of a sign that {title} knows among the {source}")
    progress: tqdm[Take] = tqdm(known, desc="classify", unit="take")
    probabilities = [classifier.probabilities(take.points, take.times - take.times[0]) for take in progress]
    unknown = {take.provenance.sign_id for take in takes if take.provenance.sign_id is not None} - set(sign_ids)
    description = [f"{title} on the {source}."]
    if unknown:
        names = name_signs(unknown, signs)
        description.append(f"Not evaluated: {len(takes) - len(known)} clips of signs that it does not know ({names}).")
    foreign = {take.provenance.landmarker for take in known} - {bundle.manifest.landmarker}
    if foreign:
        found, on_devices = ", ".join(sorted(foreign)), bundle.manifest.landmarker
        description.append(f"Landmarks of {found} are among them; devices find those of {on_devices}.")
    evaluation = evaluate(np.stack(probabilities), bundle.signs, [take.provenance for take in known])
    metadata = {"model": title, "unknown_signs": sorted(unknown)}
    return EvaluationResult(title, tuple(description), metadata, evaluation, bundle.signs, tuple(unreadable))


def evaluate_recipe(name: str, epochs: int, unseen: UnseenSigners, signs: tuple[Sign, ...]) -> EvaluationResult:
    """Return the result of a recipe whose networks were each evaluated on signers who were left out of training."""
    by_id = {sign.sign_id: sign for sign in signs}
    folds, seeds = unseen.folds, list(unseen.evaluations)
    trained = f"(recipe {name}, {epochs} epochs, {_name_seeds(seeds)})"
    those, mean = name_signs(folds.signs, by_id), mean_score(unseen.mean_by_seed)
    procedure = (
        f"Networks {trained} were trained without the takes of one signer of each of the signs {those}, in rotation, "
        "so that a signer who was left out of one sign was seen in others, and each was evaluated on the takes that it "
        "was trained without, at the end of training and uncalibrated."
        if folds.rotating
        else f"For each signer a network {trained} was trained without that signer's takes of signs {those} and "
        "evaluated on these takes, at the end of training and uncalibrated."
    )
    description = [procedure]
    if folds.skipped_signs:
        skipped = name_signs(folds.skipped_signs, by_id)
        description.append(f"Not evaluated, as they have fewer than two known signers: signs {skipped}.")
    metadata = {
        "recipe": name,
        "epochs": epochs,
        "seeds": seeds,
        "rotating": folds.rotating,
        "signs": sorted(folds.signs),
        "skipped_signs": sorted(folds.skipped_signs),
        "mean": {"top1": mean.top1, "top5": mean.top5},
        "worst_signer": unseen.worst[0],
    }
    return EvaluationResult(
        f"Recipe {name} on unseen signers",
        tuple(description),
        metadata,
        unseen.evaluation,
        signs,
        unseen_signers=unseen,
    )


def _name_seeds(seeds: Sequence[int]) -> str:
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
