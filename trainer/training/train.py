"""Trains a network on a store of takes.

A run folder holds `run.json` (run_metadata.py), `checkpoint.pt` (the state after the last epoch: to resume, evaluate
and export), and curves (tracking.py). The network of the last epoch is the result, because selecting the
epoch by its validation metrics would be training on the validation takes. Validation decides only when training ends,
and only with early stopping (`--patience`); the result is the last epoch's network even then.

One process trains, or several that torchrun started (distributed.py), which reach the same weights.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from trainer.augmentation.loader import BatchLoader, WeightedSampler
from trainer.data.batch import Batch
from trainer.data.jit import announce_compilation
from trainer.training.checkpoint import CHECKPOINT, TrainingState
from trainer.training.distributed import DistributedContext
from trainer.training.loss import (
    ExpertLogProbs,
    ModelInput,
    class_indices,
    expert_loss,
    made_signs,
    make_model_input,
)
from trainer.training.prefetch import prefetch
from trainer.training.recipe import Recipe
from trainer.training.rng import RngState
from trainer.training.run_metadata import record_start, write_run_metadata
from trainer.training.sync_layers import convert_sync_layers
from trainer.training.tracking import TRAIN_LOSS, VALIDATION_ACCURACY, VALIDATION_LOSS, TrainingLog, open_log
from trainer.training.trained_model import build_model, compute_logits
from trainer.training.training_data import TrainingData


@dataclass(frozen=True, slots=True)
class ValidationMetrics:
    """Top-1 accuracy, 0 to 1, and mean negative log-likelihood on the validation takes."""

    top1: float
    loss: float


def train(
    data: TrainingData,
    recipe: Recipe,
    folder: Path,
    seed: int,
    context: DistributedContext,
    track: str = "tensorboard",
) -> int:
    """Train from the start, or resume from the checkpoint in the run folder; return the number of epochs trained.

    These are fewer than the recipe's where early stopping ended the training. `track` is a choice of TRACKERS. Raises
    RunUnusable, DistributedUnusable, TrackerUnavailable.
    """
    context.microbatch_slices(recipe.batch_size)  # refuse a batch that cannot be divided before anything is written
    rng = RngState.from_seed(seed, context.device)
    classifier = build_model(recipe, data.signs)
    if context.world_size > 1:
        convert_sync_layers(classifier, context)
    classifier.to(context.device)
    state = TrainingState.create(classifier, recipe, rng, warmup_fraction=0.15)
    write_run_metadata(data, recipe, folder, seed, context)
    epochs_done = state.load(folder / CHECKPOINT)
    context.check_identical(epochs_done, "states of the run")
    if epochs_done < recipe.epochs and not state.early_stopping.should_stop:
        epochs_done = _train_epochs(data, recipe, folder, state, context, epochs_done, track)
    context.barrier()  # wait until the last checkpoint is written
    return epochs_done


def _train_epochs(
    data: TrainingData,
    recipe: Recipe,
    folder: Path,
    state: TrainingState,
    context: DistributedContext,
    epochs_done: int,
    track: str,
) -> int:
    """Train the epochs that are left, until early stopping; return how many are done then."""
    loop = _TrainingLoop(data, recipe, state, context)
    main = context.is_main_process
    # The main process writes and prints for all.
    with open_log(track, folder, recipe, epochs_done, "train") if main else nullcontext() as log:
        if main:
            record_start(folder, epochs_done, context)
            announce_compilation()
        while epochs_done < recipe.epochs and not state.early_stopping.should_stop:
            metrics = loop.train_epoch(log)
            metrics |= measure_validation(state, data, loop.batches, loop.class_of_take, context)
            if VALIDATION_LOSS in metrics:
                state.early_stopping.update(metrics[VALIDATION_LOSS])
            if log is not None:
                log.record(epochs_done, metrics)
                state.save(folder / CHECKPOINT, epochs_done + 1)
            epochs_done += 1
    return epochs_done


class _TrainingLoop:
    """Trains a network epoch by epoch on prefetched batches."""

    def __init__(self, data: TrainingData, recipe: Recipe, state: TrainingState, context: DistributedContext) -> None:
        self._recipe, self._state, self._context = recipe, state, context
        self._network = context.wrap_ddp(ExpertLogProbs(state.model.network))
        self._microbatches = context.microbatch_slices(recipe.batch_size)
        self._sampler = WeightedSampler(data.store, data.split.train)
        self.batches = BatchLoader(data.store)
        self.class_of_take = class_indices(data).to(context.device)  # [takes]
        self._made, self._signer_of_take = (one.to(context.device) for one in made_signs(data, self.class_of_take))

    def train_epoch(self, log: TrainingLog | None) -> dict[str, float]:
        """Train on one epoch of batches; return the mean loss and the speed."""
        self._state.model.train()
        started, losses = time.perf_counter(), []
        for (features, classes), made in self._epoch_batches():
            for rows in self._microbatches:
                is_last = rows is self._microbatches[-1]
                with nullcontext() if is_last else self._context.no_sync(self._network):
                    loss = self._loss([part[rows] for part in features], classes[rows], made[rows])
                    (loss / len(self._microbatches)).backward()
                losses.append(loss.detach())
            self._state.step()
            if log is not None:
                log.advance()
        total = self._context.all_reduce([sum(torch.stack(losses).tolist())])[0]
        takes = self._recipe.steps_per_epoch * self._recipe.batch_size
        return {
            TRAIN_LOSS: total / len(losses) / self._context.world_size,
            "speed/takes_per_s": takes / (time.perf_counter() - started),
        }

    def _epoch_batches(self) -> Iterator[tuple[ModelInput, Tensor]]:
        """Yield an epoch's batches, each with the signs that its signers made, [B, classes].

        They are prefetched while the network trains on those before.

        All random numbers of an epoch are drawn first, so the generator's state after it does not depend on how many
        batches were prefetched.
        """
        recipe, rng, device = self._recipe, self._state.rng, self._context.device
        samples = [
            (self._sampler.sample(recipe.batch_size, rng.sampler), rng.next_seed())
            for _ in range(recipe.steps_per_epoch)
        ]

        def make(step: int) -> tuple[Batch, Tensor]:
            numbers, seed = samples[step]
            return self.batches.augment(numbers.numpy(), recipe.augmentation, seed, device)

        augmented = prefetch(make, self._context.num_workers, len(samples))
        for (numbers, _), (batch, is_negative) in zip(samples, augmented, strict=True):
            takes = numbers.to(device)
            made = self._made[self._signer_of_take[takes]]
            yield make_model_input(self._state.model, batch, is_negative, self.class_of_take[takes]), made

    def _loss(self, features: Sequence[Tensor], classes: Tensor, made: Tensor) -> Tensor:
        context = self._context
        use_autocast = context.precision is not torch.float32
        with torch.autocast(torch.device(context.device).type, context.precision, enabled=use_autocast):
            log_probs = self._network(*features)
        return expert_loss(log_probs, classes, self._recipe, made)


def measure_validation(
    state: TrainingState, data: TrainingData, batches: BatchLoader, class_of_take: Tensor, context: DistributedContext
) -> dict[str, float]:
    """Return the figures of an epoch on the validation takes; none if nothing is held out."""
    if not data.split.validation:
        return {}
    metrics = validate(state.ema.module, batches, data.split.validation, class_of_take, context)
    return {VALIDATION_LOSS: metrics.loss, VALIDATION_ACCURACY: metrics.top1}


def validate(
    classifier: nn.Module,
    batches: BatchLoader,
    numbers: Sequence[int],
    class_of_take: Tensor,
    context: DistributedContext,
) -> ValidationMetrics:
    """Compute the metrics of the network on these takes as they were recorded; all processes share the work."""
    correct, loss = 0, 0.0
    classifier.eval()
    own = numbers[context.rank :: context.world_size]
    with torch.no_grad():
        for start in range(0, len(own), 64):
            chunk = list(own[start : start + 64])
            classes = class_of_take[chunk]
            logits = compute_logits(classifier, batches, chunk, context.device)
            correct += int((logits.argmax(-1) == classes).sum())
            loss += float(nn.functional.cross_entropy(logits, classes, reduction="sum"))
    total_correct, total_loss = context.all_reduce([correct, loss])
    return ValidationMetrics(total_correct / len(numbers), total_loss / len(numbers))
