"""Fine-tunes a trained network on more words, or on another signer, from a few takes of each.

Two measures prevent catastrophic forgetting: exemplars of the old words are rehearsed in every step, and the parent's
outputs on them are distilled into the new network (Li and Hoiem, "Learning without Forgetting", ECCV 2016). The output
of a new word is initialised from the embeddings of its takes (classifier_expansion.py), so it already recognises the
word passably before the first step, and few steps are needed.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import kl_div, log_softmax, softmax

from trainer.augmentation.config import AugmentationConfig
from trainer.augmentation.loader import BatchLoader, WeightedSampler
from trainer.data.jit import announce_compilation
from trainer.model.network import SignClassifier
from trainer.training.checkpoint import CHECKPOINT, TrainingState
from trainer.training.classifier_expansion import FineTuneTakes, expand_classifier
from trainer.training.distributed import DistributedContext
from trainer.training.loss import ModelInput, class_indices, expert_loss, make_model_input
from trainer.training.parent_model import ParentModel
from trainer.training.recipe import Recipe
from trainer.training.rng import RngState
from trainer.training.run_metadata import record_start, write_run_metadata
from trainer.training.tracking import TRAIN_LOSS, TrainingLog, open_log
from trainer.training.train import measure_validation
from trainer.training.trained_model import build_model
from trainer.training.training_data import TrainingData


@dataclass(frozen=True, slots=True)
class FineTuneConfig:
    """Settings of fine-tuning beside the recipe."""

    distillation_weight: float = 1.0  # of the distillation loss beside the cross entropies
    distillation_temperature: float = 2.0  # at which the outputs of both networks are compared


def fine_tune_recipe(parent: ParentModel, epochs: int | None = None) -> Recipe:
    """Return the parent's recipe with a short schedule; a step takes one batch of new takes and one of exemplars."""
    return replace(
        parent.recipe,
        epochs=epochs or 15,
        samples_per_epoch=512,
        batch_size=32,
        learning_rate=1.5e-3,
        ema_decay=0.98,
        patience=None,
    )


class FineTuneLoss:
    """Computes the loss of a step: cross entropy on new takes and exemplars, and distillation on the exemplars."""

    def __init__(self, parent: SignClassifier, recipe: Recipe, config: FineTuneConfig) -> None:
        self._parent = parent
        self._recipe = recipe
        self._config = config

    def __call__(self, model: SignClassifier, new: ModelInput, exemplars: ModelInput) -> Tensor:
        """Return the loss for a batch of new takes and a batch of exemplars."""
        features, classes = new
        loss = expert_loss(model.network.expert_log_probs(*features), classes, self._recipe)
        features, classes = exemplars
        log_probs = model.network.expert_log_probs(*features)
        with torch.no_grad():
            parent_log_probs = self._parent.network.expert_log_probs(*features)
        divergences = [self._divergence(*pair) for pair in zip(log_probs, parent_log_probs, strict=True)]
        distillation = self._config.distillation_weight * torch.stack(divergences).mean()
        return loss + expert_loss(log_probs, classes, self._recipe) + distillation

    def _divergence(self, log_probs: Tensor, parent_log_probs: Tensor) -> Tensor:
        """Return an expert's KL divergence over the classes that the parent has: the old signs and "no sign"."""
        temperature = self._config.distillation_temperature
        shared = torch.cat([log_probs[:, : parent_log_probs.shape[1] - 1], log_probs[:, -1:]], 1)
        divergence = kl_div(
            log_softmax(shared / temperature, -1), softmax(parent_log_probs / temperature, -1), reduction="batchmean"
        )
        return divergence * temperature**2


def fine_tune(
    data: TrainingData,
    parent: ParentModel,
    recipe: Recipe,
    folder: Path,
    seed: int,
    context: DistributedContext,
    track: str = "tensorboard",
) -> None:
    """Fine-tune from the start, or resume from the checkpoint in the run folder.

    The exemplars are the first takes of the store. `track` is a choice of TRACKERS. Raises RunUnusable,
    TrackerUnavailable.
    """
    config = FineTuneConfig()
    rng, device = RngState.from_seed(seed, context.device), context.device
    count = len(parent.exemplars)
    takes = FineTuneTakes(
        BatchLoader(data.store),
        [number for number in data.split.train if number >= count],
        [number for number in data.split.train if number < count],
        class_indices(data).to(device),
        device,
    )
    old = parent.build().to(device)
    new = build_model(recipe, data.signs).to(device)
    new.load_state_dict(expand_classifier(old, len(parent.signs), len(data.signs), takes))
    state = TrainingState.create(new, recipe, rng, warmup_fraction=0.1)
    write_run_metadata(data, recipe, folder, seed, context, _describe(config, parent))
    epochs_done = state.load(folder / CHECKPOINT)
    if epochs_done == recipe.epochs:
        return
    compute_loss = FineTuneLoss(old, recipe, config)
    new_sampler = WeightedSampler(data.store, takes.new)
    exemplar_sampler = WeightedSampler(data.store, takes.exemplars)
    # Segments of a few takes of a few words look too much like these words, so only exemplars are made negatives.
    without_negatives = replace(recipe.augmentation, negative_fraction=0.0)

    def sample(sampler: WeightedSampler, augmentation: AugmentationConfig) -> ModelInput:
        numbers = sampler.sample(recipe.batch_size, rng.sampler)
        batch, is_negative = takes.batches.augment(numbers.numpy(), augmentation, rng.next_seed(), device)
        return make_model_input(new, batch, is_negative, takes.class_of_take[numbers.to(device)])

    def step(log: TrainingLog) -> Tensor:
        new_batch = sample(new_sampler, without_negatives)
        exemplar_batch = sample(exemplar_sampler, recipe.augmentation)
        log.advance()
        return state.backward_and_step(compute_loss(new, new_batch, exemplar_batch))

    with open_log(track, folder, recipe, epochs_done, "fine-tune") as log:
        record_start(folder, epochs_done, context)
        announce_compilation()
        for epoch in range(epochs_done, recipe.epochs):
            train_with_frozen_norms(new)
            losses = [step(log) for _ in range(recipe.steps_per_epoch)]
            metrics = {TRAIN_LOSS: float(torch.stack(losses).mean())}
            metrics |= measure_validation(state, data, takes.batches, takes.class_of_take, context)
            log.record(epoch, metrics)
            state.save(folder / CHECKPOINT, epoch + 1)


def _describe(config: FineTuneConfig, parent: ParentModel) -> dict[str, Any]:
    """Return what the run's metadata tell of fine-tuning."""
    description = asdict(config) | {"parent": parent.title, "rehearsed_takes": len(parent.exemplars)}
    if parent.consents:  # runs of earlier releases, which may be resumed, lack the key
        description["consents"] = sorted(parent.consents)
    return description


def train_with_frozen_norms(network: nn.Module) -> None:
    """Set the network to training mode but keep batch-norm statistics fixed: a few takes must not move them."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.eval()
