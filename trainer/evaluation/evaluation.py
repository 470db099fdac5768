"""A verdict: what was judged, told in sentences, and how well it read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from landmarkers.errors import UserError
from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import OnnxClassifier
from models.labels import Sign
from trainer.data.split import format_sign_ranges
from trainer.evaluation.leave_one_signer_out import UnseenSigners
from trainer.evaluation.metrics import Evaluation, evaluate
from trainer.reports.html import interval, percent


class NothingToEvaluate(UserError):
    """No take of a sign that the bundle knows; the message names both."""


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """An evaluation with what was judged: sentences for people, `about` for programs."""

    title: str
    summary: tuple[str, ...]
    metadata: dict[str, Any]
    evaluation: Evaluation
    signs: tuple[Sign, ...]
    unreadable: tuple[str, ...] = ()
    """Clips that were not judged because they could not be read."""


def evaluate_bundle(
    bundle: Bundle, takes: Sequence[Take], described: str, unreadable: Sequence[str]
) -> EvaluationResult:
    """How well a bundle reads takes. Raises NothingToJudge."""
    classifier = OnnxClassifier(bundle)
    title, sign_ids = bundle.manifest.title, [sign.sign_id for sign in bundle.signs]
    known = [take for take in takes if take.provenance.sign_id in sign_ids]
    if not known:
        raise NothingToEvaluate(f"there is no clip of a sign that {title} knows among the {described}")
    progress: tqdm[Take] = tqdm(known, desc="read", unit="take")
    answers = [classifier.probabilities(take.points, take.times - take.times[0]) for take in progress]
    unknown = {take.provenance.sign_id for take in takes if take.provenance.sign_id is not None} - set(sign_ids)
    lead = [f"{title} on the {described}."]
    if unknown:
        signs = format_sign_ranges(unknown)
        lead.append(f"Clips of signs that it does not know ({signs}), not judged: {len(takes) - len(known)}.")
    result = evaluate(np.stack(answers), sign_ids, [take.provenance for take in known])
    about = {"model": title, "unknown_signs": sorted(unknown)}
    return EvaluationResult(title, tuple(lead), about, result, bundle.signs, tuple(unreadable))


def evaluate_recipe(
    name: str, epochs: int, seed: int, strangers: UnseenSigners, signs: tuple[Sign, ...]
) -> EvaluationResult:
    """How well networks of a recipe read the signers whom each of them never saw make these signs."""
    (signer, worst), (top1, top5) = strangers.worst, strangers.mean
    how = (
        f"For each signer a network (recipe {name}, {epochs} epochs, seed {seed}) that never saw him make signs "
        f"{format_sign_ranges(strangers.signs)}, judged on just these takes of his, at the end of its training and "
        "uncalibrated."
    )
    summed_up = (
        f"Mean of the {len(strangers.evaluation.by_signer)} signers: top-1 {percent(top1)}, top-5 {percent(top5)}. "
        f"Worst: signer {signer}, top-1 {percent(worst.top1)} ({interval(worst.top1_interval)})."
    )
    lead = [how, summed_up]
    if strangers.skipped_signs:
        lead.append(
            f"Not judged, as no two known signers make them: signs {format_sign_ranges(strangers.skipped_signs)}."
        )
    about = {
        "recipe": name,
        "epochs": epochs,
        "seed": seed,
        "signs": sorted(strangers.signs),
        "left_aside": sorted(strangers.skipped_signs),
        "mean": {"top1": top1, "top5": top5},
        "worst_signer": signer,
    }
    return EvaluationResult(f"Recipe {name} on signers not seen", tuple(lead), about, strangers.evaluation, signs)
