"""The check of labels and vocabulary: whether they can be used, and how many signs the device may say."""

from pathlib import Path

from edge.config import EdgeConfig
from edge.diagnostics.finding import Finding, State
from edge.model_selection.spoken_signs import SpokenSigns
from landmarkers.errors import UserError
from models.bundle import BundleRefused, open_bundle


def check_spoken_signs(config: EdgeConfig, folder: Path) -> Finding:
    """Check the files of [labels] and [vocabulary] with the bundle in this folder."""
    try:
        spoken = SpokenSigns.of(config, open_bundle(folder))
    except BundleRefused:
        return Finding("signs", State.SKIPPED, "which ones may be said is unknown without the bundle")
    except UserError as error:
        return Finding("signs", State.FAILED, str(error), "correct it; a running daemon keeps what it had")
    if not spoken.unknown:
        return Finding("signs", State.OK, str(spoken))
    sentence = "; ".join([str(spoken), *spoken.unknown])
    return Finding("signs", State.WARNING, sentence, "correct these, or leave them for a model that knows them")
