"""Loads a plan: the active bundle, with this device's labels and vocabulary, and with what the device has learned."""

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config import DEFAULT_VOCABULARY, ConfigInvalid, EdgeConfig
from edge.consent.learning_folder import learning_folder
from edge.lifecycle.paths import state_folder
from edge.lifecycle.plan import Plan
from edge.model_selection.active_bundle import open_active_bundle
from edge.model_selection.spoken_signs import SpokenSigns
from edge.model_selection.vocabulary_choice import chosen_vocabulary, with_chosen_vocabulary
from edge.monitoring.meter import MeteredClassifier
from models.bundle import Bundle
from models.classifier import OnnxClassifier

if TYPE_CHECKING:
    from edge.learned.learned_model import LearnedModel

log = logging.getLogger(__name__)


def load_plan(config: EdgeConfig, model: Path | None) -> Plan:
    """Load the bundle and what was learned. Raises BundleRefused, LibraryMissing, StoreUnusable, ConfigInvalid."""
    found = open_active_bundle(config.model, model, os.environ)
    name, spoken = _spoken_signs(config, found)
    if config.labels.file is not None or spoken.allowed is not None:
        log.info("%s", spoken)
    for sentence in spoken.unknown:
        log.warning("%s", sentence)
    bundle, allowed = replace(found, signs=spoken.signs), spoken.allowed
    network = OnnxClassifier(bundle)
    learned = load_learned_part(config, bundle, network)
    if learned is None:
        return Plan(config, bundle, MeteredClassifier(network), allowed, network, vocabulary_name=name)
    log.info("%s reads with %s", bundle.manifest.title, learned)
    own = {sign.sign_id for sign in learned.own_signs}
    allowed = None if allowed is None else allowed | own  # nobody would teach a sign that is not to be said
    bundle = replace(bundle, signs=(*bundle.signs, *learned.own_signs))
    return Plan(config, bundle, MeteredClassifier(learned.classifier), allowed, network, learned, vocabulary_name=name)


def _spoken_signs(config: EdgeConfig, bundle: Bundle) -> tuple[str, SpokenSigns]:
    """Return the name of the vocabulary in use, and the signs with it. Raises ConfigInvalid.

    One that was chosen at a distance must not keep the device from starting, so that of the configuration replaces it.
    """
    name = chosen_vocabulary(config)
    try:
        return name, SpokenSigns.of(with_chosen_vocabulary(config), bundle)
    except ConfigInvalid as error:
        if name == DEFAULT_VOCABULARY:
            raise
        log.warning("the vocabulary %s, which somebody chose, is not used: %s", name, error)
        return DEFAULT_VOCABULARY, SpokenSigns.of(config, bundle)


def load_learned_part(
    config: EdgeConfig, bundle: Bundle, network: OnnxClassifier, *, in_use: bool = True
) -> "LearnedModel | None":
    """Return the part that this device has learned, for a bundle; None if there is none or it cannot be used."""
    if config.learning is None:
        return None
    from edge.learned.learned_model import load_learned

    return load_learned(learning_folder(state_folder(os.environ), config.device), bundle, network, in_use=in_use)
