"""Writes the model card of a bundle: its training data, its accuracy, and its limits.

After Mitchell et al., "Model Cards for Model Reporting", 2019.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trainer.bundle.quantise import QuantisationResult
from trainer.data.store import Store
from trainer.evaluation.metrics import Evaluation, HeldOutResult
from trainer.training.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class CardContent:
    """The content of a card: the run, its store, results on held-out and test clips, and the quantisation."""

    run: Run
    store: Store
    held_out: Sequence[HeldOutResult]
    test: Evaluation | None
    quantisation: QuantisationResult


def write_card(name: str, version: int, content: CardContent) -> str:
    """Return the card in Markdown; every figure in it was measured by the export that writes it."""
    run = content.run
    sections = [
        f"# {name}, version {version}",
        _purpose(run),
        _training(run, content.store) if run.parent is None else _fine_tuning(run, content.store),
        _accuracy(content),
        _quantisation(content.quantisation),
        LIMITS,
        TERMS,
    ]
    return "\n\n".join(sections) + "\n"


def _purpose(run: Run) -> str:
    karsl = [sign.sign_id for sign in run.signs if sign.sign_id <= 502]
    others = [f"{sign.word} ({sign.word_en})" for sign in run.signs if sign.sign_id > 502]
    vocabulary = [f"signs {min(karsl)} to {max(karsl)} of KArSL-502"] if karsl else []
    vocabulary += [f"added: {', '.join(others)}"] if others else []
    return (
        f"Classifies {len(run.signs)} signs of Arabic sign language ({'; '.join(vocabulary)}) from landmarks of body "
        'and hands. The inputs are raw points and times, the outputs the probabilities of every sign and of "no sign"; '
        "all preprocessing is inside the graph."
    )


def _training(run: Run, store: Store) -> str:
    provenance = [store.rows[number].provenance for number in run.train]
    clips = {(one.signer, one.clip) for one in provenance}
    signers = sorted({signer or "unknown" for signer, _ in clips})
    counts = ", ".join(
        f"{sum((signer or 'unknown') == name for signer, _ in clips)} of signer {name}" for name in signers
    )
    return (
        "## Training data\n\n"
        f"{len(clips)} clips ({counts}) in {len(provenance)} views: each clip as it was recorded and with changed "
        f"images (`--variants`). Split: {run.description}. Landmarks: `{run.landmarker}`, tracked as on the device. "
        f"Seed {run.metadata['seed']}, {run.recipe.epochs} epochs of {run.recipe.samples_per_epoch} takes, two "
        f"networks of width {run.recipe.size.width} and {run.recipe.size.layers} layers.\n\n"
        "Clips of an unknown signer are one clip a sign at 15 frames a second; nearly all show signer 01. The signers "
        "are three men aged 30 to 40, seated, in front of a green background, under studio light."
    )


def _fine_tuning(run: Run, store: Store) -> str:
    count = run.metadata["fine_tuning"]["rehearsed_takes"]
    new = [store.rows[number].provenance for number in run.train if number >= count]
    signers = ", ".join(sorted({one.signer or "unknown" for one in new}))
    rows = [
        f"| {title} | {one['count']} | {one['before']} | {one['after']} |"
        for title, one in run.metadata.get("forgetting", {}).items()
    ]
    return (
        "## Fine-tuning\n\n"
        f"Fine-tuned from {run.parent}, whose card describes its training data, on {len(new)} takes of "
        f"{len({one.sign_id for one in new})} words (signer {signers}), with {count} rehearsed takes of the old signs. "
        f"{_escape(run.description)}. Landmarks: `{run.landmarker}`. Seed {run.metadata['seed']}, "
        f"{run.recipe.epochs} epochs.\n\n"
        "| takes | count | correct before | correct after |\n| --- | --- | --- | --- |\n" + "\n".join(rows)
    )


def _accuracy(content: CardContent) -> str:
    if content.test is None and not content.held_out:
        return "## Accuracy\n\nNothing was held out, so the accuracy is not known."
    parts = ["## Accuracy", "On clips that were not trained on; test and held-out clips by the data set's own signers."]
    if content.test is not None:
        network = content.quantisation.selected.name
        parts.append(f"**The data set's test clips**, this network ({network}):\n\n{_score_table(content.test)}")
    if content.held_out and content.run.parent is None:
        parts.append(
            "The tables below are of networks of the same recipe on their held-out clips. Each network is that of the "
            "last epoch, and its held-out clips had no influence on its training; only the temperature is fitted to "
            "the first of these."
        )
    parts += [
        f"**{_escape(result.description)}**, fp32:\n\n{_score_table(result.evaluation)}" for result in content.held_out
    ]
    return "\n\n".join(parts)


def _escape(description: str) -> str:
    """Return a split's description as a sentence without Markdown emphasis."""
    return (description[:1].upper() + description[1:]).replace("*", r"\*")


def _score_table(evaluation: Evaluation) -> str:
    """Return the same figures as in a run's report."""
    rows = ["| clips | count | top-1 | 95 % interval | top-5 |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| {name} | {score.count} | {score.top1:.1%} | {low:.1%} to {high:.1%} | {score.top5:.1%} |"
        for name, score in evaluation.named_scores.items()
        for low, high in (score.top1_interval,)
    ]
    wrong = ", ".join(map(str, sorted(evaluation.wrong_signs))) or "none"
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


LIMITS = """## Limits

- It classifies single signs, not sentences, grammar, facial expression or mouthing, and none of the regional variants.
- It was trained on three men. Its accuracy on women, children, unseen signers or in another room is stated above only
  as far as it was measured; expect less.
- Signs made with one clip only (all of 79 to 190) were never tested on a second recording.
- A gesture that is no sign of the vocabulary may be classified as the nearest sign; the threshold in the manifest
  suppresses most of these, not all.
- Nobody's safety, health or rights may depend on it."""

TERMS = """## Terms

The weights were trained on KArSL (Sidig, Luqman, Mahmoud, Mohandes, *KArSL: Arabic Sign Language Database*, ACM
TALLIP 20(1), 2021), which is for research. Its terms bind these weights: research use, with the paper cited. The
program around them is Apache-2.0. The probe holds the landmarks of one clip, and `exemplars.npz`, if it is included,
those of up to two clips a sign; no file holds an image."""
