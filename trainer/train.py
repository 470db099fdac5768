"""Trains a network on a store of takes. Read it top to bottom: `train` is the whole of it.

A run folder holds `run.json` (recipe, signs, split, data, versions), `last.pt` (the last epoch: to go on from, to judge
and to export), and the curves for TensorBoard. What is held out draws a curve and decides nothing: to take the epoch
that reads it best would be to learn from it.
"""

import json
import pickle
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.tensorboard import SummaryWriter
from tqdm import trange

from models.labels import Sign
from trainer.augment import Batch
from trainer.batches import Batches
from trainer.network import Recogniser
from trainer.no_sign import spoil
from trainer.recipe import Recipe
from trainer.split import Split
from trainer.store import Store

RUN, LAST = "run.json", "last.pt"
_SAME_THROUGHOUT = ("recipe", "seed", "signs", "split", "adaptation")
# What torch raises for a file that is not whole or holds other weights.
_DAMAGED = (RuntimeError, KeyError, ValueError, EOFError, pickle.UnpicklingError)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Top-1 accuracy, 0 to 1, and mean negative log-likelihood on the validation takes."""

    top1: float
    loss: float


class RunUnusable(Exception):
    """A run folder that cannot be gone on from, judged or exported; the message says why."""


def train(
    store: Store, split: Split, signs: Sequence[Sign], recipe: Recipe, folder: Path, seed: int, device: str
) -> None:
    """Train from the beginning, or go on from `last.pt` in the run folder. Raises RunUnusable."""
    torch.manual_seed(seed)
    recogniser = untrained(recipe, signs).to(device)
    random = torch.Generator().manual_seed(seed)
    state = TrainingState.of(recogniser, recipe, random, rise=0.15)
    note_run(store, split, signs, recipe, folder, seed)
    done = state.load(folder / LAST) if (folder / LAST).is_file() else 0

    batches = Batches(store)
    draws = batches.draw(split.train, recipe.batch_size, random)
    labels = classes_of(store, signs).to(device)
    with SummaryWriter(str(folder), purge_step=done) as curves:
        for epoch in trange(done, recipe.epochs, initial=done, total=recipe.epochs, desc="train", unit="epoch"):
            recogniser.train()
            total = 0.0
            for _ in range(recipe.steps_per_epoch):
                batch, drawn = next(draws)
                total += state.learn(_loss(recogniser, batch, labels[drawn], recipe, random, device))
            curves.add_scalar("loss/train", total / recipe.steps_per_epoch, epoch)
            if split.validation:
                judgement = judge(state.average.module, batches, split.validation, labels, device)
                curves.add_scalar("loss/validation", judgement.loss, epoch)
                curves.add_scalar("accuracy/validation", judgement.top1, epoch)
            state.save(folder / LAST, epoch + 1)


def judge(recogniser: nn.Module, batches: Batches, numbers: Sequence[int], labels: Tensor, device: str) -> Judgement:
    """How well the network reads takes as they were recorded."""
    right, loss = 0, 0.0
    recogniser.eval()
    with torch.no_grad():
        for start in range(0, len(numbers), 64):
            chosen = list(numbers[start : start + 64])
            truth = labels[chosen]
            logits = read_logits(recogniser, batches, chosen, device)
            right += int((logits.argmax(-1) == truth).sum())
            loss += float(nn.functional.cross_entropy(logits, truth, reduction="sum"))
    return Judgement(right / len(numbers), loss / len(numbers))


def read_logits(recogniser: Any, batches: Batches, numbers: Sequence[int], device: str) -> Tensor:
    """Logits [B, signs + 1] of stored takes, before calibration."""
    batch = [part.to(device) for part in batches.stack(numbers)]
    logits: Tensor = recogniser.network(*recogniser.preprocess.features(*batch))
    return logits


def untrained(recipe: Recipe, signs: Sequence[Sign]) -> Recogniser:
    """A recipe's network for these signs, before any training."""
    return Recogniser(recipe.size, len(signs), recipe.steps, recipe.dropout, recipe.drop_path)


def read_each(recogniser: Recogniser, store: Store, numbers: Iterable[int]) -> Tensor:
    """Logits [takes, signs + 1] of stored takes, each read by itself as on a device, before calibration."""
    batches = Batches(store)
    with torch.no_grad():
        return torch.cat([read_logits(recogniser, batches, [number], "cpu") for number in numbers])


def load_trained(folder: Path, recipe: Recipe, signs: Sequence[Sign]) -> Recogniser:
    """The network that a run ended with: the average of its weights after the last epoch. Raises RunUnusable."""
    if not (folder / LAST).is_file():
        raise RunUnusable(f"{folder} holds no {LAST}; train first")
    recogniser = untrained(recipe, signs)
    try:
        content = torch.load(folder / LAST, map_location="cpu", weights_only=True)
        # The average holds the network as its module, beside a count of its steps.
        average = {name: value for name, value in content["average"].items() if name.startswith("module.")}
        recogniser.load_state_dict({name.removeprefix("module."): value for name, value in average.items()})
        epochs = int(content["epochs"])
    except _DAMAGED as error:
        raise RunUnusable(f"{folder / LAST} is damaged; train into another folder") from error
    if epochs < recipe.epochs:
        raise RunUnusable(f"{folder} has trained {epochs} of its {recipe.epochs} epochs; train it to the end first")
    return recogniser.eval()


def _loss(
    recogniser: Recogniser, batch: Batch, truth: Tensor, recipe: Recipe, random: torch.Generator, device: str
) -> Tensor:
    """Cross entropy of one batch, augmented and with some takes made into no sign."""
    changed, spoilt = spoil(recipe.vary(batch, random), recipe.no_sign_share, random)
    truth = torch.where(spoilt.to(device), recogniser.network.classes - 1, truth)
    with torch.no_grad():
        features = recogniser.preprocess.features(*(part.to(device) for part in changed))
    kind = torch.device(device).type
    with torch.autocast(kind, torch.bfloat16, enabled=kind != "cpu"):  # processors go back through bfloat16 slower
        opinions = recogniser.network.opinions(*features)
    return wrong(opinions, truth, recipe)


def wrong(opinions: Sequence[Tensor], truth: Tensor, recipe: Recipe) -> Tensor:
    """How wrong the experts are, each by itself, about classes [B]: the mean of their cross entropies."""
    losses = [
        nn.functional.cross_entropy(opinion.float(), truth, label_smoothing=recipe.label_smoothing)
        for opinion in opinions
    ]
    return torch.stack(losses).mean()


def classes_of(store: Store, signs: Sequence[Sign]) -> Tensor:
    """The class of every take in the store, [takes]. Raises RunUnusable for a sign that the labels do not name."""
    classes = {sign.sign_id: number for number, sign in enumerate(signs)}
    sign_ids = [row.origin.sign_id for row in store.rows if row.origin.sign_id is not None]
    unknown = sorted(set(sign_ids) - set(classes))
    if unknown:
        raise RunUnusable(f"the store holds takes of sign {unknown[0]}, which the labels do not name")
    return torch.tensor([classes[sign_id] for sign_id in sign_ids])


@dataclass(frozen=True, slots=True)
class TrainingState:
    """All that changes while training, to be saved and taken up again."""

    recogniser: Recogniser
    average: AveragedModel
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    random: torch.Generator

    @classmethod
    def of(cls, recogniser: Recogniser, recipe: Recipe, random: torch.Generator, rise: float) -> Self:
        """At the beginning; the learning rate rises for a share of the steps, then falls to nothing."""
        average = AveragedModel(recogniser, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
        optimizer = torch.optim.AdamW(recogniser.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, recipe.learning_rate, recipe.epochs * recipe.steps_per_epoch, pct_start=rise
        )
        return cls(recogniser, average, optimizer, schedule, random)

    def learn(self, loss: Tensor) -> float:
        """One step down the slope of a loss; returns the loss."""
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.recogniser.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.average.update_parameters(self.recogniser)
        return float(loss.detach())

    def save(self, path: Path, epochs: int) -> None:
        """Write it all, with the epochs done; a reader sees the whole file or none."""
        content = {
            "recogniser": self.recogniser.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": self.random.get_state(),
            "torch_random": torch.get_rng_state(),
            "epochs": epochs,
        }
        half_written = path.with_suffix(".new")
        torch.save(content, half_written)
        half_written.replace(path)

    def load(self, path: Path) -> int:
        """Epochs done. Raises RunUnusable."""
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            self.recogniser.load_state_dict(content["recogniser"])
            self.average.load_state_dict(content["average"])
            self.optimizer.load_state_dict(content["optimizer"])
            self.schedule.load_state_dict(content["schedule"])
        except _DAMAGED as error:
            raise RunUnusable(f"{path} is damaged or of another recipe; train into another folder") from error
        self.random.set_state(content["random"])
        torch.set_rng_state(content["torch_random"])
        return int(content["epochs"])


def note_run(
    store: Store,
    split: Split,
    signs: Sequence[Sign],
    recipe: Recipe,
    folder: Path,
    seed: int,
    adaptation: dict[str, Any] | None = None,
) -> None:
    """Write down how the run came about, or see that it came about in the same way. Raises RunUnusable.

    `adaptation` tells how a trained network was taught further, where that is what the run does.
    """
    content = {
        "recipe": asdict(recipe),
        "seed": seed,
        "signs": [sign.model_dump() for sign in signs],
        "split": asdict(split),
        "takes": len(store),
        "adaptation": adaptation,
        "landmarkers": sorted({row.origin.landmarker for row in store.rows}),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("ishara", "torch", "numpy")},
    }
    # Through JSON and back, so that tuples compare as the lists that they become.
    content = json.loads(json.dumps(content))
    path = folder / RUN
    if path.is_file():
        there = json.loads(path.read_text())
        changed = [key for key in _SAME_THROUGHOUT if there.get(key) != content[key]]
        if changed:
            raise RunUnusable(f"{folder} holds a run of another {' and '.join(changed)}; train into another folder")
    write_note(content, folder)


def write_note(content: dict[str, Any], folder: Path) -> None:
    """Write what a run folder tells of itself."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RUN).write_text(json.dumps(content, indent=1, ensure_ascii=False))
