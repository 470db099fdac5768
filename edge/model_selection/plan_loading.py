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
    from models.learned import Teacher

log = logging.getLogger(__name__)


def load_plan(config: EdgeConfig, model: Path | None) -> Plan:
    """Load the bundle and what was learned. Raises BundleRefused, LibraryMissing, StoreUnusable, ConfigInvalid."""
    plan = load_untaught_plan(config, model)
    if config.learning is None:
        return plan
    return add_learned(plan, learning_folder(state_folder(os.environ), config.device))


def load_untaught_plan(config: EdgeConfig, model: Path | None) -> Plan:
    """Load the bundle alone, and write nothing, so that root may do it. Raises as `load_plan` does."""
    found = open_active_bundle(config.model, model, os.environ)
    name, spoken = _spoken_signs(config, found)
    if config.labels.file is not None or spoken.allowed is not None:
        log.info("%s", spoken)
    for sentence in spoken.unknown:
        log.warning("%s", sentence)
    bundle, allowed = replace(found, signs=spoken.signs), spoken.allowed
    network = OnnxClassifier(bundle)
    return Plan(config, bundle, MeteredClassifier(network), allowed, network, vocabulary_name=name)


def add_learned(plan: Plan, folder: Path, teacher: "Teacher | None" = None) -> Plan:
    """Return a plan that says what was learned too; `folder` is that of the device, which may be written to.

    `teacher` is that of the bundle if there is one already.
    """
    from edge.learned.learned_model import load_learned

    network = plan.network
    learned = None if network is None else load_learned(folder, plan.bundle, network, teacher)
    if learned is None:
        return plan
    log.info("%s reads with %s", plan.bundle.manifest.title, learned)
    own = {sign.sign_id for sign in learned.own_signs}
    return replace(
        plan,
        bundle=replace(plan.bundle, signs=(*plan.bundle.signs, *learned.own_signs)),
        classifier=MeteredClassifier(learned.classifier),
        # Nobody would teach a sign that is not to be said.
        allowed=None if plan.allowed is None else plan.allowed | own,
        learned=learned,
    )


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


def load_learned_beside(config: EdgeConfig, bundle: Bundle, network: OnnxClassifier) -> "LearnedModel | None":
    """Return the part that this device has learned, for a bundle that is not in use; None if there is none for it."""
    if config.learning is None:
        return None
    from edge.learned.learned_model import load_learned

    return load_learned(learning_folder(state_folder(os.environ), config.device), bundle, network, in_use=False)
