"""Lets people follow a training: a progress bar, and curves for TensorBoard or MLflow.

A resumed run continues its curves under the same name, from the epoch after its checkpoint.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Never, Protocol

from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from trainer.training.mlflow_tracker import import_mlflow, track_in_mlflow
from trainer.training.recipe import Recipe

TRAIN_LOSS: Final = "loss/train"
VALIDATION_LOSS: Final = "loss/validation"
VALIDATION_ACCURACY: Final = "accuracy/validation"


class Tracker(Protocol):
    """Records the figures of each epoch, counted from 0."""

    def record(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Record the figures of an epoch."""


class TrainingLog:
    """Shows the steps and figures of a training, and gives the figures to its trackers."""

    def __init__(self, bar: "tqdm[Never]", epochs: int, trackers: tuple[Tracker, ...]) -> None:
        self._bar = bar
        self._epochs = epochs
        self._trackers = trackers

    def advance(self) -> None:
        """Show that a step is done."""
        self._bar.update()

    def record(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Show and record the figures of an epoch, counted from 0."""
        self._bar.set_postfix_str(describe_epoch(epoch, self._epochs, metrics))
        for tracker in self._trackers:
            tracker.record(epoch, metrics)


class _TensorBoard:
    """Writes curves into the run's folder, where the run's report finds them, too."""

    def __init__(self, writer: SummaryWriter) -> None:
        self._writer = writer

    def record(self, epoch: int, metrics: Mapping[str, float]) -> None:
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, epoch)


def check_tracker(track: str) -> None:
    """Check before any work that what the tracker needs is installed. Raises TrackerUnavailable."""
    if track == "mlflow":
        import_mlflow()


@contextmanager
def open_log(track: str, folder: Path, recipe: Recipe, epochs_done: int, purpose: str) -> Iterator[TrainingLog]:
    """Open the log of a run that starts or resumes after these epochs; `track` is a choice of TRACKERS.

    `mlflow` also writes the curves of TensorBoard, which the run's report draws. Raises TrackerUnavailable.
    """
    steps = recipe.steps_per_epoch
    with ExitStack() as stack:
        trackers: list[Tracker] = []
        if track == "mlflow":
            trackers.append(stack.enter_context(track_in_mlflow(folder, recipe.as_content())))
        if track != "none":
            stack.enter_context(_quiet_threads())
            trackers.append(_TensorBoard(stack.enter_context(SummaryWriter(str(folder), purge_step=epochs_done))))
        bar: tqdm[Never] = tqdm(total=recipe.epochs * steps, initial=epochs_done * steps, desc=purpose, unit="step")
        yield TrainingLog(stack.enter_context(bar), recipe.epochs, tuple(trackers))


@contextmanager
def _quiet_threads() -> Iterator[None]:
    """Let no thread print how a disk failed: TensorBoard's own raises the same error again where it is used."""
    hook = threading.excepthook
    threading.excepthook = lambda failed: None if issubclass(failed.exc_type, OSError) else hook(failed)
    try:
        yield
    finally:
        threading.excepthook = hook


def describe_epoch(epoch: int, epochs: int, metrics: Mapping[str, float]) -> str:
    """Return `epoch 3 of 20, loss 0.412, validation accuracy 93.8 %`; the accuracy where something is held out."""
    text = f"epoch {epoch + 1} of {epochs}, loss {metrics[TRAIN_LOSS]:.3f}"
    accuracy = metrics.get(VALIDATION_ACCURACY)
    return text if accuracy is None else f"{text}, validation accuracy {100.0 * accuracy:.1f} %"
