"""All that changes while a network is trained, kept in a run folder's `checkpoint.pt`."""

import math
import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.durable import sync_folder
from trainer.model.network import SignClassifier
from trainer.training.recipe import Recipe
from trainer.training.rng import RngState
from trainer.training.run_metadata import RunUnusable

CHECKPOINT: Final = "checkpoint.pt"
# What torch raises for a file that is not whole or holds other weights.
_DAMAGED = (RuntimeError, KeyError, ValueError, EOFError, pickle.UnpicklingError)


@dataclass(slots=True)
class EarlyStopping:
    """How long the loss on what is held out has not fallen, and how long it is waited for; None waits for ever."""

    patience: int | None
    best_loss: float = math.inf
    epochs_without_improvement: int = 0

    def update(self, loss: float) -> None:
        """Take note of an epoch's loss."""
        if loss < self.best_loss:
            self.best_loss, self.epochs_without_improvement = loss, 0
        else:
            self.epochs_without_improvement += 1

    @property
    def should_stop(self) -> bool:
        """Whether training ends here."""
        return self.patience is not None and self.epochs_without_improvement >= self.patience


@dataclass(frozen=True, slots=True)
class TrainingState:
    """All that changes while training, to be saved and taken up again."""

    model: SignClassifier
    ema: AveragedModel
    optimizer: torch.optim.Optimizer
    scheduler: torch.optim.lr_scheduler.LRScheduler
    rng: RngState
    early_stopping: EarlyStopping

    @classmethod
    def create(cls, recogniser: SignClassifier, recipe: Recipe, dice: RngState, warmup_fraction: float) -> Self:
        """At the beginning; the learning rate rises for a share of the steps, then falls to nothing."""
        average = AveragedModel(recogniser, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True)
        optimizer = torch.optim.AdamW(recogniser.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, recipe.learning_rate, recipe.epochs * recipe.steps_per_epoch, pct_start=warmup_fraction
        )
        return cls(recogniser, average, optimizer, schedule, dice, EarlyStopping(recipe.patience))

    def backward_and_step(self, loss: Tensor) -> Tensor:
        """One step down the slope of a loss; returns the loss."""
        loss.backward()
        self.step()
        return loss.detach()

    def step(self) -> None:
        """One step down the slope that was gathered."""
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.scheduler.step()
        self.ema.update_parameters(self.model)

    def save(self, path: Path, epochs: int) -> None:
        """Write it all, with the epochs done; a reader sees the whole file or none, after a power cut too."""
        content = {
            "model": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "best_loss": self.early_stopping.best_loss,
            "epochs_without_improvement": self.early_stopping.epochs_without_improvement,
            "epochs": epochs,
            **self.rng.state_dict(),
        }
        half_written = path.with_suffix(".new")
        with half_written.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        half_written.replace(path)
        sync_folder(path.parent)

    def load(self, path: Path) -> int:
        """Epochs done; 0 where nothing was saved. Raises RunUnusable."""
        if not path.is_file():
            return 0
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            self.model.load_state_dict(content["model"])
            self.ema.load_state_dict(content["ema"])
            self.optimizer.load_state_dict(content["optimizer"])
            self.scheduler.load_state_dict(content["scheduler"])
        except _DAMAGED as error:
            raise RunUnusable(f"{path} is damaged or of another recipe; train into another folder") from error
        self.rng.load_state_dict(content)
        self.early_stopping.best_loss, self.early_stopping.epochs_without_improvement = _waited(content)
        return int(content["epochs"])


def final_weights(folder: Path, recipe: Recipe) -> dict[str, Tensor]:
    """The average of a network's weights where its training ended. Raises RunUnusable."""
    path = folder / CHECKPOINT
    if not path.is_file():
        raise RunUnusable(f"{folder} holds no {CHECKPOINT}; train first")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        # The average holds the network as its module, beside a count of its steps.
        average = {name: value for name, value in content["ema"].items() if name.startswith("module.")}
        epochs = int(content["epochs"])
    except _DAMAGED as error:
        raise RunUnusable(f"{path} is damaged; train into another folder") from error
    if epochs < recipe.epochs and not EarlyStopping(recipe.patience, *_waited(content)).should_stop:
        raise RunUnusable(f"{folder} has trained {epochs} of its {recipe.epochs} epochs; train it to the end first")
    return {name.removeprefix("module."): value for name, value in average.items()}


def _waited(content: dict[str, Any]) -> tuple[float, int]:
    """The lowest loss and the epochs since; runs from before there was patience tell of none."""
    return content.get("best_loss", math.inf), content.get("epochs_without_improvement", 0)
