"""Writes the last sections of a model card: the limits, as far as the data shows them, and the terms of use."""

from collections.abc import Mapping
from typing import Final

from models.labels import Sign
from trainer.bundle.training_facts import TrainingFacts
from trainer.data.sign_names import name_signs

LIMITS_HEADING: Final = "## Limits"
_SINGLE_SIGNS: Final = (
    "It classifies single signs, not sentences, grammar, facial expression or mouthing, and no variant of a sign that "
    "its clips do not show."
)
_OTHER_GESTURES: Final = (
    "A gesture that is no sign of the vocabulary may be classified as the nearest sign; the threshold in the manifest "
    "suppresses most of these, not all."
)
_KARSL_TERMS: Final = (
    "KArSL (Sidig, Luqman, Mahmoud, Mohandes, *KArSL: Arabic Sign Language Database*, ACM TALLIP 20(1), 2021), which "
    "is for research. Its terms bind these weights: research use, with the paper cited."
)
_UNSTATED: Final = (
    "were not stated (`--terms` at export states them); ask who made the clips before you pass the weights on."
)


def limits_section(facts: TrainingFacts, signs: Mapping[int, Sign], parent: str | None) -> str:
    """Return the section on limits; what it says of signers and signs was counted."""
    limits = [
        _SINGLE_SIGNS,
        _signers(facts, parent),
        _strangers(facts, parent),
    ]
    if facts.one_clip:
        limits.append(
            f"Signs that were trained on one clip each, so that nothing tells what may vary in them "
            f"({len(facts.one_clip)}): {name_signs(facts.one_clip, signs)}."
        )
    if facts.unmeasured and facts.measured:
        limits.append(
            f"Signs of which no clip was kept apart, so that their accuracy is not known ({len(facts.unmeasured)}): "
            f"{name_signs(facts.unmeasured, signs)}."
        )
    limits += [_OTHER_GESTURES, "Nobody's safety, health or rights may depend on it."]
    return "\n".join([LIMITS_HEADING, "", *(f"- {limit}" for limit in limits)])


def terms_section(facts: TrainingFacts, terms: str | None, parent: str | None, *, with_exemplars: bool) -> str:
    """Return the section on terms: those that were stated, otherwise KArSL's for its clips and none for others."""
    paragraphs = []
    if parent is not None:
        paragraphs.append(f"The terms of {parent} bind these weights, too; its card states them.")
    if terms is not None:
        paragraphs.append(terms)
    elif facts.karsl_clips == facts.clips:
        paragraphs.append(f"The weights were trained on {_KARSL_TERMS}")
    elif facts.karsl_clips:
        paragraphs.append(f"The weights were trained on {_KARSL_TERMS} The terms of the other clips {_UNSTATED}")
    else:
        paragraphs.append(f"The terms of the clips {_UNSTATED}")
    exemplars = ", and `exemplars.npz` those of up to two clips a sign" if with_exemplars else ""
    paragraphs.append(
        "The program around the weights is Apache-2.0. The probe holds the landmarks of one clip"
        f"{exemplars}; no file holds an image."
    )
    return "\n\n".join(["## Terms", *paragraphs])


def _signers(facts: TrainingFacts, parent: str | None) -> str:
    trained = "It was trained on" if parent is None else "It was fine-tuned on"
    known = len(facts.by_signer) + facts.agreed_signers
    if not known:
        return f"{trained} clips of signers who are not known, so nobody can tell how many people it has seen."
    people = "one signer alone" if known == 1 else f"{known} signers"
    unknown = f", and on {facts.unknown_signer} clips of signers who are not known" if facts.unknown_signer else ""
    return f"{trained} clips of {people}{unknown}. Expect less of other people, and in other rooms."


def _strangers(facts: TrainingFacts, parent: str | None) -> str:
    """Return whether somebody was measured of whom nothing was trained on."""
    if not facts.measured:
        return "No clip was kept apart: nothing is known of its accuracy, on whomever."
    if parent is not None:
        return f"Whether those who were measured are new to {parent} only the card of that model says."
    if facts.strangers:
        names = ", ".join(sorted(facts.strangers - facts.unnamed) or ["who are not named"])
        return f"People of whom no clip was trained on were measured, as stated above: signers {names}."
    if facts.unfamiliar_clips:
        return (
            f"Nobody was measured of whom no clip at all was trained on; {facts.unfamiliar_clips} of the measured "
            "clips are of a signer of whom no clip of that sign was trained on."
        )
    return "Nobody was measured of whom no clip was trained on: how well it reads strangers is not known."
