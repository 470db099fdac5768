"""Captions of takes in reports: the source, and the network's prediction."""

from collections.abc import Mapping

from markupsafe import Markup

from models.labels import Sign
from trainer.evaluation.predictions import Predictions
from trainer.reports.formatting import percent
from trainer.reports.html import join
from trainer.reports.sign_labels import sign_label


def source_caption(predictions: Predictions, position: int) -> str:
    """Return the signer of a take, and whether it is a test clip or held out."""
    provenance = predictions.provenances[position]
    return f"signer {provenance.signer or 'unknown'}, {'test clip' if provenance.split == 'test' else 'held out'}"


def prediction_caption(predictions: Predictions, position: int, signs: Mapping[int, Sign]) -> list[Markup]:
    """Return the predicted sign with its probability and, if it is wrong, probability and rank of the true sign."""
    probabilities = predictions.probabilities()[position]
    best, rank = int(probabilities.argmax()), int(predictions.target_ranks[position])
    known = predictions.run.signs
    predicted = known[best].sign_id if best < len(known) else None
    lines = [join("classified as ", sign_label(predicted, signs), f", {percent(float(probabilities[best]))}")]
    if rank:
        target = float(probabilities[predictions.targets[position]])
        lines.append(join(f"true sign {percent(target)}, rank {rank + 1}"))
    return lines
