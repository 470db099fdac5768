"""Teaches a trained network more words, or another signer, from a few takes of each. `adapt` is the whole of it.

What keeps the old words: their takes are rehearsed in every step, and the old network's answers to these are held on
to (distillation; Li and Hoiem, "Learning without Forgetting", ECCV 2016). A new word's output starts as the mean of
what the network makes of its takes (Qi, Brown and Lowe, "Low-Shot Learning with Imprinted Weights", CVPR 2018), so that
it reads the word passably before the first step, and few steps are needed.

Shape legend: B takes, D width.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import kl_div, log_softmax, normalize, softmax
from torch.utils.tensorboard import SummaryWriter
from tqdm import trange

from trainer.augmentation.config import AugmentationConfig
from trainer.augmentation.loader import BatchLoader, WeightedSampler
from trainer.data.jit import announce_compilation
from trainer.model.network import SignClassifier
from trainer.training.checkpoint import CHECKPOINT, TrainingState
from trainer.training.distributed import DistributedContext
from trainer.training.fine_tune_data import FineTuneData
from trainer.training.parent_model import ParentModel
from trainer.training.recipe import Recipe
from trainer.training.rng import RngState
from trainer.training.run_metadata import record_start, write_run_metadata
from trainer.training.train import ModelInput, build_model, class_indices, compute_logits, expert_loss, make_model_input


@dataclass(frozen=True, slots=True)
class FineTuneConfig:
    """What teaching needs to know beside a recipe."""

    distillation_weight: float = 1.0  # weight of the old network's answers
    distillation_temperature: float = 2.0  # temperature at which answers are compared


def fine_tune_recipe(ancestor: ParentModel, epochs: int | None = None) -> Recipe:
    """The recipe to teach an ancestor by: its own but for a short training. A batch comes twice, new and rehearsed."""
    return replace(
        ancestor.recipe,
        epochs=epochs or 15,
        samples_per_epoch=512,
        batch_size=32,
        learning_rate=1.5e-3,
        ema_decay=0.98,
        patience=None,
    )


class FineTuneLoss:
    """One step's loss: takes to learn and takes to rehearse, these held against the old network's answers."""

    def __init__(self, old: SignClassifier, recipe: Recipe, fine_tuning: FineTuneConfig) -> None:
        self._old = old
        self._recipe = recipe
        self._fine_tuning = fine_tuning

    def loss(self, new: SignClassifier, learned: ModelInput, rehearsed: ModelInput) -> Tensor:
        """Cross entropy of both batches, and how far the old answers have moved."""
        features, truth = learned
        loss = expert_loss(new.network.expert_log_probs(*features), truth, self._recipe)
        features, truth = rehearsed
        opinions = new.network.expert_log_probs(*features)
        with torch.no_grad():
            before = self._old.network.expert_log_probs(*features)
        apart = [self._moved(now, then) for now, then in zip(opinions, before, strict=True)]
        return (
            loss
            + expert_loss(opinions, truth, self._recipe)
            + self._fine_tuning.distillation_weight * torch.stack(apart).mean()
        )

    def _moved(self, logits: Tensor, before: Tensor) -> Tensor:
        """Divergence of an expert's answers over what it had an output for before: the old signs, and no sign."""
        soft = self._fine_tuning.distillation_temperature
        shared = torch.cat([logits[:, : before.shape[1] - 1], logits[:, -1:]], 1)
        return kl_div(log_softmax(shared / soft, -1), softmax(before / soft, -1), reduction="batchmean") * soft**2


def fine_tune(
    lesson: FineTuneData,
    ancestor: ParentModel,
    recipe: Recipe,
    fine_tuning: FineTuneConfig,
    folder: Path,
    seed: int,
    crew: DistributedContext,
) -> None:
    """Teach from the beginning, or go on from `checkpoint.pt` in the run folder. Raises RunUnusable."""
    dice, device = RngState.from_seed(seed, crew.device), crew.device
    first, batches = len(ancestor.exemplars), BatchLoader(lesson.store)
    rehearsed = [number for number in lesson.split.train if number < first]
    learned = [number for number in lesson.split.train if number >= first]
    labels = class_indices(lesson.store, lesson.signs).to(device)
    old = ancestor.build().to(device)
    new = build_model(recipe, lesson.signs).to(device)
    new.load_state_dict(
        expand_classifier(old, len(ancestor.signs), len(lesson.signs), batches, learned, rehearsed, labels, device)
    )
    state = TrainingState.create(new, recipe, dice, warmup_fraction=0.1)
    note = asdict(fine_tuning) | {"parent": ancestor.title, "rehearsed_takes": first}
    write_run_metadata(lesson.store, lesson.split, lesson.signs, recipe, folder, seed, crew, note)
    done = state.load(folder / CHECKPOINT)
    if done < recipe.epochs:
        record_start(folder, done, crew)
        announce_compilation()

    teaching = FineTuneLoss(old, recipe, fine_tuning)
    fresh, known = WeightedSampler(lesson.store, learned), WeightedSampler(lesson.store, rehearsed)

    def draw(draws: WeightedSampler, augmentation: AugmentationConfig) -> ModelInput:
        drawn = draws.sample(recipe.batch_size, dice.sampler)
        batch, is_negative = batches.augment(drawn.numpy(), augmentation, dice.next_seed(), device)
        return make_model_input(new, batch, is_negative, labels[drawn.to(device)])

    def loss() -> Tensor:
        # Joined pieces of a few takes of a few words look too much like these, so no sign is made of old takes alone.
        without_negatives = replace(recipe.augmentation, negative_fraction=0.0)
        return teaching.loss(new, draw(fresh, without_negatives), draw(known, recipe.augmentation))

    with SummaryWriter(str(folder), purge_step=done) as curves:
        for epoch in trange(done, recipe.epochs, initial=done, total=recipe.epochs, desc="teach", unit="epoch"):
            train_with_frozen_norms(new)
            losses = [state.backward_and_step(loss()) for _ in range(recipe.steps_per_epoch)]
            curves.add_scalar("loss/train", torch.stack(losses).mean(), epoch)
            state.save(folder / CHECKPOINT, epoch + 1)


def train_with_frozen_norms(network: nn.Module) -> None:
    """Set the network to training, but for what batches are normalised by: a few takes must not move that."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.eval()


def expand_classifier(
    old: SignClassifier,
    known: int,
    signs: int,
    batches: BatchLoader,
    learned: Sequence[int],
    rehearsed: Sequence[int],
    labels: Tensor,
    device: str,
) -> dict[str, Tensor]:
    """The weights of a network of `known` signs with an output of each expert for each new one, before that of no sign.

    A new row points where the embeddings of the sign's takes lie, seen from the middle of all, and is as long as an old
    row; its bias makes it as sure of these takes as old rows are of theirs.
    """
    weights = dict(old.state_dict())
    for output in _outputs(old):
        weight, bias = weights[f"{output}.weight"], weights[f"{output}.bias"]
        taught = compute_embeddings(old, output, batches, learned, device)
        kept = compute_embeddings(old, output, batches, rehearsed, device)
        middle, length = kept.mean(0), weight[:-1].norm(dim=1).mean()
        own = (kept @ weight.T + bias).gather(1, labels[list(rehearsed)][:, None]).mean()
        means = [taught[labels[list(learned)] == number].mean(0) for number in range(known, signs)]
        rows = [length * normalize(mean - middle, dim=0) for mean in means]
        biases = [(own - row @ mean)[None] for row, mean in zip(rows, means, strict=True)]
        weights[f"{output}.weight"] = torch.cat([weight[:-1], *(row[None] for row in rows), weight[-1:]])
        weights[f"{output}.bias"] = torch.cat([bias[:-1], *biases, bias[-1:]])
    return weights


def compute_embeddings(
    recogniser: SignClassifier, output: str, batches: BatchLoader, numbers: Sequence[int], device: str
) -> Tensor:
    """What an output layer is given for some takes as they were recorded, [B, D]."""
    caught: list[Tensor] = []
    layer = recogniser.get_submodule(output)
    hook = layer.register_forward_pre_hook(lambda _, inputs: caught.append(inputs[0]))
    with torch.no_grad():
        for start in range(0, len(numbers), 64):
            compute_logits(recogniser.eval(), batches, numbers[start : start + 64], device)
    hook.remove()
    return torch.cat(caught)


def _outputs(recogniser: SignClassifier) -> list[str]:
    """The names of the layers that give the experts' logits."""
    return [f"network.experts.{name}.head.1" for name in recogniser.network.experts]
