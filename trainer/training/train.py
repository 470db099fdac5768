"""Trains a network on a store of takes. Read it top to bottom: `train` is the whole of it.

A run folder holds `run.json` (how the run came about), `checkpoint.pt` (the last epoch: to go on from, to
judge and to export), and the curves for TensorBoard. What is held out draws a curve and decides nothing: to take the
epoch that reads it best would be to learn from it. Only who asks for patience lets it decide when training ends, and
has the last epoch's network even then.

One process trains, or several that torchrun started (trainer/training/distributed.py), which come to the same weights.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter
from tqdm import trange

from models.labels import Sign
from trainer.augmentation.loader import BatchLoader, WeightedSampler
from trainer.data.batch import Batch
from trainer.data.jit import announce_compilation
from trainer.data.split import Split
from trainer.data.store import Store
from trainer.model.network import ProductOfExperts, SignClassifier
from trainer.training.checkpoint import CHECKPOINT, TrainingState, final_weights
from trainer.training.distributed import DistributedContext
from trainer.training.prefetch import prefetch
from trainer.training.recipe import Recipe
from trainer.training.rng import RngState
from trainer.training.run_metadata import RunUnusable, record_start, write_run_metadata
from trainer.training.sync_layers import convert_sync_layers

ModelInput = tuple[tuple[Tensor, ...], Tensor]  # a batch as a network learns from it: features, and classes [B]


@dataclass(frozen=True, slots=True)
class ValidationMetrics:
    """Top-1 accuracy, 0 to 1, and mean negative log-likelihood on the validation takes."""

    top1: float
    loss: float


def train(
    store: Store, split: Split, signs: Sequence[Sign], recipe: Recipe, folder: Path, seed: int, crew: DistributedContext
) -> None:
    """Train from the beginning, or go on from `checkpoint.pt` in the run folder. Raises RunUnusable, CrewUnusable."""
    rows, dice = crew.microbatch_slices(recipe.batch_size), RngState.from_seed(seed, crew.device)
    recogniser = build_model(recipe, signs)
    if crew.world_size > 1:
        convert_sync_layers(recogniser, crew)
    recogniser.to(crew.device)
    state = TrainingState.create(recogniser, recipe, dice, warmup_fraction=0.15)
    write_run_metadata(store, split, signs, recipe, folder, seed, crew)
    done = state.load(folder / CHECKPOINT)
    crew.check_identical(done, "states of the run")
    network = crew.wrap_ddp(ExpertLogProbs(recogniser.network))

    batches, draws = BatchLoader(store), WeightedSampler(store, split.train)
    labels = class_indices(store, signs).to(crew.device)
    if crew.is_main_process and done < recipe.epochs and not state.early_stopping.should_stop:
        record_start(folder, done, crew)
        announce_compilation()
    # The first process writes and tells for all.
    with SummaryWriter(str(folder), purge_step=done) if crew.is_main_process else nullcontext() as curves:
        epochs = trange(
            done, recipe.epochs, initial=done, total=recipe.epochs, desc="train", disable=not crew.is_main_process
        )
        for epoch in epochs:
            if state.early_stopping.should_stop:
                break
            recogniser.train()
            started, losses = time.perf_counter(), []
            for features, truth in _shown(recogniser, batches, draws, labels, recipe, dice, crew):
                for piece in rows:
                    with nullcontext() if piece is rows[-1] else crew.no_sync(network):
                        loss = _loss(network, [part[piece] for part in features], truth[piece], recipe, crew)
                        (loss / len(rows)).backward()
                    losses.append(loss.detach())
                state.step()
            total = crew.all_reduce([sum(torch.stack(losses).tolist())])[0]
            figures = {
                "loss/train": total / len(losses) / crew.world_size,
                "speed/takes_per_s": recipe.steps_per_epoch * recipe.batch_size / (time.perf_counter() - started),
            }
            if split.validation:
                judgement = validate(state.ema.module, batches, split.validation, labels, crew)
                figures |= {"loss/validation": judgement.loss, "accuracy/validation": judgement.top1}
                state.early_stopping.update(judgement.loss)
            if curves is not None:
                for name, figure in figures.items():
                    curves.add_scalar(name, figure, epoch)
                state.save(folder / CHECKPOINT, epoch + 1)
    crew.barrier()  # for the last state to be written


class ExpertLogProbs(nn.Module):
    """A network as what its experts think, by which it is trained: the one call that processes share."""

    def __init__(self, network: ProductOfExperts) -> None:
        super().__init__()
        self.network = network

    def forward(self, *features: Tensor) -> list[Tensor]:
        """Log-probabilities [B, classes] of each expert."""
        return self.network.expert_log_probs(*features)


def validate(
    recogniser: nn.Module, batches: BatchLoader, numbers: Sequence[int], labels: Tensor, crew: DistributedContext
) -> ValidationMetrics:
    """How well the network reads takes as they were recorded."""
    right, loss = 0, 0.0
    recogniser.eval()
    own = numbers[crew.rank :: crew.world_size]
    with torch.no_grad():
        for start in range(0, len(own), 64):
            chosen = list(own[start : start + 64])
            truth = labels[chosen]
            logits = compute_logits(recogniser, batches, chosen, crew.device)
            right += int((logits.argmax(-1) == truth).sum())
            loss += float(nn.functional.cross_entropy(logits, truth, reduction="sum"))
    right_of_all, loss_of_all = crew.all_reduce([right, loss])
    return ValidationMetrics(right_of_all / len(numbers), loss_of_all / len(numbers))


def compute_logits(recogniser: Any, batches: BatchLoader, numbers: Sequence[int], device: str) -> Tensor:
    """Logits [B, signs + 1] of stored takes, before calibration."""
    batch = batches.collate(numbers, device)
    logits: Tensor = recogniser.network(*recogniser.feature_extractor.from_parts(*batch.parts()))
    return logits


def build_model(recipe: Recipe, signs: Sequence[Sign]) -> SignClassifier:
    """A recipe's network for these signs, before any training."""
    return SignClassifier(recipe.size, len(signs), recipe.steps, recipe.dropout, recipe.drop_path)


def logits_per_take(recogniser: SignClassifier, store: Store, numbers: Iterable[int]) -> Tensor:
    """Logits [takes, signs + 1] of stored takes, each read by itself as on a device, before calibration."""
    batches = BatchLoader(store)
    with torch.no_grad():
        return torch.cat([compute_logits(recogniser, batches, [number], "cpu") for number in numbers])


def load_trained(folder: Path, recipe: Recipe, signs: Sequence[Sign]) -> SignClassifier:
    """The network that a run ended with: the average of its weights after the last epoch. Raises RunUnusable."""
    recogniser = build_model(recipe, signs)
    weights = final_weights(folder, recipe)
    try:
        recogniser.load_state_dict(weights)
    except RuntimeError as error:
        raise RunUnusable(f"{folder / CHECKPOINT} is damaged; train into another folder") from error
    return recogniser.eval()


def _shown(
    recogniser: SignClassifier,
    batches: BatchLoader,
    draws: WeightedSampler,
    labels: Tensor,
    recipe: Recipe,
    dice: RngState,
    crew: DistributedContext,
) -> Iterator[ModelInput]:
    """An epoch's batches, which are made while the network learns from those before.

    All that is random in them is drawn first, so the dice lie the same after an epoch however far ahead batches were.
    """
    drawn = [(draws.sample(recipe.batch_size, dice.sampler), dice.next_seed()) for _ in range(recipe.steps_per_epoch)]

    def make(number: int) -> tuple[Batch, Tensor]:
        takes, seed = drawn[number]
        return batches.augment(takes.numpy(), recipe.augmentation, seed, crew.device)

    for (takes, _), (batch, is_negative) in zip(drawn, prefetch(make, crew.num_workers, len(drawn)), strict=True):
        yield make_model_input(recogniser, batch, is_negative, labels[takes.to(crew.device)])


def make_model_input(recogniser: SignClassifier, batch: Batch, is_negative: Tensor, truth: Tensor) -> ModelInput:
    """A batch as a network is shown it, given what its takes were, [B], before some, [B], were made no sign."""
    with torch.no_grad():
        features = recogniser.feature_extractor.from_parts(*batch.parts())
    return features, torch.where(is_negative, recogniser.network.classes - 1, truth)


def _loss(
    network: nn.Module, features: Sequence[Tensor], truth: Tensor, recipe: Recipe, crew: DistributedContext
) -> Tensor:
    lower = crew.precision is not torch.float32
    with torch.autocast(torch.device(crew.device).type, crew.precision, enabled=lower):
        opinions = network(*features)
    return expert_loss(opinions, truth, recipe)


def expert_loss(opinions: Sequence[Tensor], truth: Tensor, recipe: Recipe) -> Tensor:
    """How wrong the experts are, each by itself, about classes [B]: the mean of their cross entropies."""
    losses = [
        nn.functional.cross_entropy(opinion.float(), truth, label_smoothing=recipe.label_smoothing)
        for opinion in opinions
    ]
    return torch.stack(losses).mean()


def class_indices(store: Store, signs: Sequence[Sign]) -> Tensor:
    """The class of every take in the store, [takes]. Raises RunUnusable for a sign that the labels do not name."""
    classes = {sign.sign_id: number for number, sign in enumerate(signs)}
    sign_ids = [row.provenance.sign_id for row in store.rows if row.provenance.sign_id is not None]
    unknown = sorted(set(sign_ids) - set(classes))
    if unknown:
        raise RunUnusable(f"the store holds takes of sign {unknown[0]}, which the labels do not name")
    return torch.tensor([classes[sign_id] for sign_id in sign_ids])
