"""The state of a training run, saved after each epoch in the run folder's `checkpoint.pt`."""

import io
import math
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from trainer.model.network import SignClassifier
from trainer.targets import write_file
from trainer.training.recipe import Recipe
from trainer.training.rng import RngState
from trainer.training.run_metadata import RunUnusable

CHECKPOINT: Final = "checkpoint.pt"
# Raised by torch for a file that is incomplete or holds the weights of another network.
_DAMAGED = (RuntimeError, KeyError, ValueError, EOFError, pickle.UnpicklingError)


@dataclass(slots=True)
class EarlyStopping:
    """Stops training when the validation loss has not improved for `patience` epochs; None never stops."""

    patience: int | None
    best_loss: float = math.inf
    epochs_without_improvement: int = 0

    def update(self, loss: float) -> None:
        """Record the validation loss of an epoch."""
        if loss < self.best_loss:
            self.best_loss, self.epochs_without_improvement = loss, 0
        else:
            self.epochs_without_improvement += 1

    @property
    def should_stop(self) -> bool:
        """Return True if training ends here."""
        return self.patience is not None and self.epochs_without_improvement >= self.patience


@dataclass(frozen=True, slots=True)
class TrainingState:
    """Everything that changes during training, to be saved and restored."""

    model: SignClassifier
    ema: AveragedModel
    optimizer: torch.optim.Optimizer
    scheduler: torch.optim.lr_scheduler.LRScheduler
    rng: RngState
    early_stopping: EarlyStopping

    @classmethod
    def create(cls, model: SignClassifier, recipe: Recipe, rng: RngState, warmup_fraction: float) -> Self:
        """Return the state before the first step.

        The learning rate warms up for a fraction of the steps, then anneals to zero.
        """
        ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True)
        optimizer = torch.optim.AdamW(model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, recipe.learning_rate, recipe.epochs * recipe.steps_per_epoch, pct_start=warmup_fraction
        )
        return cls(model, ema, optimizer, scheduler, rng, EarlyStopping(recipe.patience))

    def backward_and_step(self, loss: Tensor) -> Tensor:
        """Backpropagate a loss and take one optimizer step; return the detached loss."""
        loss.backward()
        self.step()
        return loss.detach()

    def step(self) -> None:
        """Take one optimizer step with the accumulated gradients, and update the scheduler and the EMA."""
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.scheduler.step()
        self.ema.update_parameters(self.model)

    def save(self, path: Path, epochs: int) -> None:
        """Save the state with the number of finished epochs; atomic and durable, also in a power cut.

        Raises TargetRefused.
        """
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
        saved = io.BytesIO()
        torch.save(content, saved)
        write_file(path, saved.getvalue())

    def load(self, path: Path) -> int:
        """Restore the state; return the number of finished epochs, 0 if there is no checkpoint. Raises RunUnusable."""
        if not path.is_file():
            return 0
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            self.model.load_state_dict(content["model"])
            self.ema.load_state_dict(content["ema"])
            self.optimizer.load_state_dict(content["optimizer"])
            self.scheduler.load_state_dict(content["scheduler"])
            self.rng.load_state_dict(content)
            self.early_stopping.best_loss = content["best_loss"]
            self.early_stopping.epochs_without_improvement = content["epochs_without_improvement"]
            return int(content["epochs"])
        except _DAMAGED as error:
            raise RunUnusable(f"{path} is damaged or of another recipe; train into another folder") from error


def final_weights(folder: Path, recipe: Recipe) -> dict[str, Tensor]:
    """Return the EMA weights at the end of a run's training. Raises RunUnusable."""
    path = folder / CHECKPOINT
    if not path.is_file():
        raise RunUnusable(f"{folder} holds no {CHECKPOINT}; train first")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        # AveragedModel holds the network as `module`, beside a count of its updates.
        ema = {name: value for name, value in content["ema"].items() if name.startswith("module.")}
        epochs = int(content["epochs"])
        stopping = EarlyStopping(recipe.patience, content["best_loss"], content["epochs_without_improvement"])
    except _DAMAGED as error:
        raise RunUnusable(f"{path} is damaged; train into another folder") from error
    if epochs < recipe.epochs and not stopping.should_stop:
        raise RunUnusable(f"{folder} has trained {epochs} of its {recipe.epochs} epochs; finish its training first")
    return {name.removeprefix("module."): value for name, value in ema.items()}
