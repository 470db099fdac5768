"""Writes the model card: what a bundle was trained on, how well it reads, what it cannot do.

After Mitchell et al., "Model Cards for Model Reporting", 2019.
"""

from collections.abc import Sequence

from trainer.bundle.quantise import QuantisationResult
from trainer.data.store import Store
from trainer.evaluation.metrics import LAST_KARSL_SIGN, Evaluation, HeldOutResult
from trainer.training.run import Run


def write(
    name: str,
    version: int,
    run: Run,
    store: Store,
    held_out: Sequence[HeldOutResult],
    judged: Evaluation | None,
    choice: QuantisationResult,
) -> str:
    """The card in Markdown; every figure in it was measured by the export that writes it."""
    sections = [
        f"# {name}, version {version}",
        _purpose(run),
        _trained_on(run, store) if run.parent is None else _taught(run, store),
        _accuracy(run, held_out, judged, choice.selected.name),
        _quantisation(choice),
        LIMITS,
        TERMS,
    ]
    return "\n\n".join(sections) + "\n"


def _purpose(run: Run) -> str:
    own = [sign.sign_id for sign in run.signs if sign.sign_id <= LAST_KARSL_SIGN]
    others = [f"{sign.word} ({sign.word_en})" for sign in run.signs if sign.sign_id > LAST_KARSL_SIGN]
    which = [f"signs {min(own)} to {max(own)} of KArSL-502"] if own else []
    which += [f"taught: {', '.join(others)}"] if others else []
    return (
        f"Reads {len(run.signs)} signs of Arabic sign language ({'; '.join(which)}) from landmarks of body and hands. "
        'Raw points and times go in, probabilities of every sign and of "no sign" come out; all preprocessing is '
        "inside the graph."
    )


def _trained_on(run: Run, store: Store) -> str:
    origins = [store.rows[number].provenance for number in run.train]
    clips = {(origin.signer, origin.clip) for origin in origins}
    by_signer = sorted({signer or "unknown" for signer, _ in clips})
    counts = ", ".join(
        f"{sum((signer or 'unknown') == who for signer, _ in clips)} of signer {who}" for who in by_signer
    )
    return (
        "## Trained on\n\n"
        f"{len(clips)} clips ({counts}) in {len(origins)} views: each clip as it was recorded and from changed "
        f"pictures (`--variants`). Split: {run.description}. Landmarks: `{run.landmarker}`, tracked as the device "
        f"tracks them. Seed {run.metadata['seed']}, {run.recipe.epochs} epochs of {run.recipe.samples_per_epoch} "
        f"takes, two networks of width {run.recipe.size.width} and {run.recipe.size.layers} layers.\n\n"
        "Clips of an unknown signer are one clip a sign at 15 frames a second; nearly all show signer 01. The signers "
        "are three men aged 30 to 40, seated, before a green background, in the light of a studio."
    )


def _taught(run: Run, store: Store) -> str:
    fine_tuning = run.metadata["fine_tuning"]
    taught = [store.rows[number].provenance for number in run.train if number >= fine_tuning["rehearsed_takes"]]
    signers = ", ".join(sorted({origin.signer or "unknown" for origin in taught}))
    rows = [
        f"| {title} | {outcome['count']} | {outcome['before']} | {outcome['after']} |"
        for title, outcome in run.metadata.get("outcome", {}).items()
    ]
    return (
        "## Taught\n\n"
        f"Taught further from {run.parent}, whose card tells what that was trained on: {len(taught)} takes of "
        f"{len({origin.sign_id for origin in taught})} words (signer {signers}) were learned, and "
        f"{fine_tuning['rehearsed_takes']} takes of the signs known before were rehearsed. {_plain(run.description)}. "
        f"Landmarks: `{run.landmarker}`. Seed {run.metadata['seed']}, {run.recipe.epochs} epochs.\n\n"
        "| takes | count | right before | right after |\n| --- | --- | --- | --- |\n" + "\n".join(rows)
    )


def _accuracy(run: Run, held_out: Sequence[HeldOutResult], judged: Evaluation | None, network: str) -> str:
    if judged is None and not held_out:
        return "## Accuracy\n\nNothing was held out, so how well it reads is not known."
    parts = ["## Accuracy", "On clips that training never saw; test and held-out clips by the data set's own signers."]
    if judged is not None:
        parts.append(f"**The data set's test clips**, this network ({network}):\n\n{_judged(judged)}")
    if held_out and run.parent is None:
        parts.append(
            "Below, networks of the same recipe on what they held out. Each is taken at the end of its training, and "
            "what it held out decided nothing in it; only the temperature is fitted to the first of these."
        )
    parts += [f"**{_plain(held.description)}**, fp32:\n\n{_judged(held.evaluation)}" for held in held_out]
    return "\n\n".join(parts)


def _plain(described: str) -> str:
    """A split's description as a sentence in which Markdown sees no emphasis."""
    return (described[:1].upper() + described[1:]).replace("*", r"\*")


def _judged(evaluation: Evaluation) -> str:
    """The same figures as in a run's report."""
    rows = ["| clips | count | top-1 | 95 % interval | top-5 |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| {name} | {score.count} | {score.top1:.1%} | {low:.1%} to {high:.1%} | {score.top5:.1%} |"
        for name, score in evaluation.named_scores.items()
        for low, high in (score.top1_interval,)
    ]
    wrong = ", ".join(map(str, sorted(evaluation.wrong_signs))) or "none"
    remarks = (
        f"Calibration error {evaluation.calibration_error:.3f}; NLL {evaluation.nll:.3f}; read as no sign: "
        f"{evaluation.no_sign_count}; signs with a wrong reading: {wrong}."
    )
    return "\n".join([*rows, "", remarks])


def _quantisation(choice: QuantisationResult) -> str:
    rows = ["| network | MB | time of a call, fp32 = 1 | top-1 on training clips | largest change of a probability |"]
    rows += ["| --- | --- | --- | --- | --- |"]
    for candidate in choice.candidates:
        title = f"**{candidate.name}** (this one)" if candidate is choice.selected else candidate.name
        rows.append(
            f"| {title} | {candidate.bytes / 1e6:.2f} | {candidate.ms / choice.candidates[0].ms:.2f} "
            f"| {candidate.top1:.1%} | {candidate.max_abs_diff:.3f} |"
        )
    return "## Quantisation\n\n" + "\n".join(rows)


LIMITS = """## What it cannot do

- It knows single signs, not sentences, grammar, faces or lips, and none of the regional variants.
- It knows three men. How well it reads women, children, left-out signers or another room is told above only as far
  as it was measured; expect less.
- Signs made with one clip only (all of 79 to 190) were never tested on a second recording.
- A gesture that is no sign of the vocabulary may be read as the nearest one; the threshold in the manifest keeps
  most of these silent, not all.
- It must not be what anybody's safety, health or rights depend on."""

TERMS = """## Terms

The weights were learned from KArSL (Sidig, Luqman, Mahmoud, Mohandes, *KArSL: Arabic Sign Language Database*, ACM
TALLIP 20(1), 2021), which is for research. Its terms bind these weights: research use, with the paper named. The
program around them is Apache-2.0. The probe holds landmark numbers of one clip and `adapt.npz`, where there
is one, those of up to two clips a sign; no file holds a picture."""
