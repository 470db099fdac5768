"""Writes the model card of a bundle: its training data, its accuracy, and its limits.

After Mitchell et al., "Model Cards for Model Reporting", 2019. Whatever it tells of the data was counted by the export
that writes it (training_facts.py) or stated by who exported; KArSL is named where labels and signers are KArSL's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from landmarkers.layout import Part
from models.karsl import is_karsl_sign
from trainer.bundle.card_limits import limits_section, terms_section
from trainer.bundle.quantise import QuantisationResult
from trainer.bundle.training_facts import TrainingFacts
from trainer.data import holistic_pose, keypoints
from trainer.data.sign_names import name_signs
from trainer.data.store import Store
from trainer.evaluation.metrics import Evaluation, HeldOutResult
from trainer.training.run import Run

IMPORTED_LANDMARKS: Final = frozenset({keypoints.FINGERPRINT, holistic_pose.FINGERPRINT})
"""Fingerprints of key points that others found, and that no device produces."""
_MAX_NAMES: Final = 40
_KARSL: Final = (
    "of KArSL-502, as labels and signers tell: three men aged 30 to 40, seated, in front of a green background, under "
    "studio light"
)


@dataclass(frozen=True, slots=True, eq=False)
class CardContent:
    """The content of a card: the run, its store and data, results on held-out and test clips, and the quantisation.

    `about` and `terms` are what who exports states of the data; None where nothing is stated.
    """

    run: Run
    store: Store
    facts: TrainingFacts
    held_out: Sequence[HeldOutResult]
    test: Evaluation | None
    quantisation: QuantisationResult
    about: str | None
    terms: str | None
    with_exemplars: bool
    is_own_held_out: bool
    """The held-out clips are those of the run itself, not of others of the same recipe."""
    rejected: int
    """Takes of unknown signs that fitted the rejection of such signs; 0 for a network that rejects none."""


def write_card(name: str, version: int, content: CardContent) -> str:
    """Return the card in Markdown; every figure in it was measured by the export that writes it."""
    run = content.run
    sections = [
        f"# {name}, version {version}",
        _purpose(run, content.store),
        _training(content) if run.parent is None else _fine_tuning(content),
        _accuracy(content),
        _quantisation(content.quantisation),
        limits_section(content.facts, content.run.signs_by_id, run.parent),
        terms_section(content.facts, content.terms, run.parent, with_exemplars=content.with_exemplars),
    ]
    return "\n\n".join(sections) + "\n"


def _purpose(run: Run, store: Store) -> str:
    signs = run.signs_by_id
    karsl = {sign_id for sign_id, sign in signs.items() if is_karsl_sign(sign)}
    vocabulary = [f"the signs {name_signs(karsl, signs)} of KArSL-502"] if karsl else []
    vocabulary += [name_signs(set(signs) - karsl, signs, _MAX_NAMES)] if len(karsl) < len(signs) else []
    face = ", hands and face" if Part.FACE in store.parts else " and hands"
    return (
        f"Classifies {len(signs)} signs ({'; '.join(vocabulary)}) from landmarks of body{face}. The inputs are raw "
        'points and times, the outputs the probabilities of every sign and of "no sign"; all preprocessing is inside '
        "the graph."
    )


def _training(content: CardContent) -> str:
    run, facts = content.run, content.facts
    return (
        f"## Training data\n\n{_origin(content)}\n\n"
        f"{_clips(facts)} of {len(facts.sign_ids)} signs, {_views(facts)}.{_unknown_signs(facts)} "
        f"Split: {run.description}. "
        f"{_landmarks(run)} Seed {run.metadata['seed']}, {run.recipe.epochs} epochs of "
        f"{run.recipe.samples_per_epoch} takes, two networks of width {run.recipe.size.width} and "
        f"{run.recipe.size.layers} layers."
    )


def _fine_tuning(content: CardContent) -> str:
    run, facts = content.run, content.facts
    names = name_signs(facts.sign_ids, run.signs_by_id, _MAX_NAMES)
    rows = [
        f"| {title} | {one['count']} | {one['before']} | {one['after']} |"
        for title, one in run.metadata.get("forgetting", {}).items()
    ]
    return (
        f"## Fine-tuning\n\n{_origin(content)}\n\n"
        f"Fine-tuned from {run.parent}, whose card describes its training data, on {_clips(facts)} of "
        f"{len(facts.sign_ids)} signs ({names}), {_views(facts)}, "
        f"with {run.rehearsed_takes} rehearsed takes of the old signs. {_escape(run.description)}. {_landmarks(run)} "
        f"Seed {run.metadata['seed']}, {run.recipe.epochs} epochs.\n\n"
        "| takes | count | correct before | correct after |\n| --- | --- | --- | --- |\n" + "\n".join(rows)
    )


def _origin(content: CardContent) -> str:
    """Return where the clips come from: as it was stated or, of KArSL's, as it can be told."""
    facts = content.facts
    if content.about is not None:
        return content.about
    if facts.karsl_clips == facts.clips:
        return f"The clips are {_KARSL}."
    unstated = "come from, and who made them, was not stated (`--about` at export states it)."
    if facts.karsl_clips:
        return f"{facts.karsl_clips} of the clips are {_KARSL}. Where the others {unstated}"
    return f"Where the clips {unstated}"


def _clips(facts: TrainingFacts) -> str:
    """Return the number of clips, and how many are of each signer."""
    counts = [f"{count} of signer {name}" for name, count in facts.by_signer.items()]
    counts += [f"{facts.agreed} of {facts.agreed_signers} who agreed to it"] if facts.agreed else []
    counts += [f"{facts.unknown_signer} of signers who are not known"] if facts.unknown_signer else []
    return f"{facts.clips} clips ({', '.join(counts)})"


def _views(facts: TrainingFacts) -> str:
    if not facts.views:
        return "each as it was recorded"
    return f"each as it was recorded, and {facts.views} views of them with changed images (`--variants`)"


def _unknown_signs(facts: TrainingFacts) -> str:
    return f' {facts.unknown_signs} takes of other signs were trained as "no sign".' if facts.unknown_signs else ""


def _landmarks(run: Run) -> str:
    if run.landmarker in IMPORTED_LANDMARKS:
        return f"Landmarks: `{run.landmarker}`, imported key points, which no device produces."
    return f"Landmarks: `{run.landmarker}`, tracked as on the device."


def _accuracy(content: CardContent) -> str:
    if content.test is None and not content.held_out:
        return "## Accuracy\n\nNothing was held out, so the accuracy is not known."
    parts = ["## Accuracy", "On clips that were not trained on."]
    if content.test is not None:
        network = content.quantisation.selected.name
        table = _score_table(content.test, content)
        parts.append(f"**The data set's test clips**, this network ({network}):\n\n{table}")
    if content.held_out and content.run.parent is None:
        parts.append(_about_held_out(content))
    parts += [
        f"**{_escape(result.description)}**, fp32:\n\n{_score_table(result.evaluation, content)}"
        for result in content.held_out
    ]
    return "\n\n".join(parts)


def _about_held_out(content: CardContent) -> str:
    """Return which networks were measured on held-out clips, and what influence these clips had."""
    networks = (
        "The table below is of this network before it was quantised"
        if content.is_own_held_out
        else "The tables below are of networks of the same recipe"
    )
    fitted_to = "them" if content.is_own_held_out else "those of the first of these tables"
    ended = "decided when training ended (`--patience`)" if content.run.recipe.patience else "had no influence on it"
    return (
        f"{networks}, as training left it at its last epoch, on the clips that were held out from its training. These "
        f"{ended}; the temperature is fitted to {fitted_to}.{_rejection(content.rejected)}"
    )


def _rejection(takes: int) -> str:
    if not takes:
        return ""
    return (
        f" Rejection of signs that the network does not know is fitted to {takes} takes of such signs and to the "
        "held-out clips that are classified correctly; figures of this network are with it, those of held-out clips "
        "without."
    )


def _escape(description: str) -> str:
    """Return a split's description as a sentence without Markdown emphasis."""
    return (description[:1].upper() + description[1:]).replace("*", r"\*")


def _score_table(evaluation: Evaluation, content: CardContent) -> str:
    """Return the same figures as in a run's report, but for people who are not named."""
    unnamed = {f"signer {name}" for name in content.facts.unnamed}
    rows = ["| clips | count | top-1 | 95 % interval | top-5 |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| {name} | {score.count} | {score.top1:.1%} | {low:.1%} to {high:.1%} | {score.top5:.1%} |"
        for name, score in evaluation.named_scores.items()
        if name not in unnamed
        for low, high in (score.top1_interval,)
    ]
    wrong = name_signs(evaluation.wrong_signs, content.run.signs_by_id, _MAX_NAMES) or "none"
    remarks = (
        f"Calibration error {evaluation.calibration_error:.3f}; NLL {evaluation.nll:.3f}; predicted as no sign: "
        f"{evaluation.no_sign_count}; signs with a wrong prediction: {wrong}."
    )
    return "\n".join([*rows, "", remarks])


def _quantisation(result: QuantisationResult) -> str:
    rows = ["| network | MB | time of a call, fp32 = 1 | top-1 on training clips | largest change of a probability |"]
    rows += ["| --- | --- | --- | --- | --- |"]
    for candidate in result.candidates:
        title = f"**{candidate.name}** (this one)" if candidate is result.selected else candidate.name
        rows.append(
            f"| {title} | {candidate.bytes / 1e6:.2f} | {candidate.ms / result.candidates[0].ms:.2f} "
            f"| {candidate.top1:.1%} | {candidate.max_abs_diff:.3f} |"
        )
    return "## Quantisation\n\n" + "\n".join(rows)
