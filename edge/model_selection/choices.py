"""Opens the choices that a device offers: models where a store decides, and vocabularies where there are several."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from edge.lifecycle.choices import Choices
from edge.lifecycle.hot_swap import SwapEvents
from edge.lifecycle.plan import Plan
from edge.model_selection.active_bundle import find_store
from edge.model_selection.model_choice import ModelChoice
from edge.model_selection.vocabulary_choice import VocabularyChoice
from edge.monitoring.status import DeviceStatus


def open_choices(
    plan: Plan,
    model: Path | None,
    status: DeviceStatus,
    swaps: SwapEvents,
    stack: ExitStack,
    reload: Callable[[], None],
) -> Choices:
    """Return the choices; `model` is that of the command line, and `reload` has the daemon use what was chosen."""
    config, choices = plan.config, Choices()
    if config.vocabulary.sets:
        vocabularies = VocabularyChoice(config, reload)
        choices = Choices(vocabularies=vocabularies.options, choose_vocabulary=vocabularies.choose)
    store = find_store(config.model, model, os.environ)
    if store is None or config.managed or config.mqtt is None or not config.mqtt.choose_model:
        return choices
    models = ModelChoice(store, plan, status, reload)
    swaps.on_swap(models.use_plan)
    stack.callback(models.close)
    return replace(choices, models=lambda: models.options, activate=models.choose)
