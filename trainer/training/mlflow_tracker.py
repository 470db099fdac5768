"""Records a training in MLflow: in a database beside the run's folder, or on the server that MLFLOW_TRACKING_URI names.

MLflow is an optional dependency and is imported only here, when it is asked for. The run's folder keeps the number of
its MLflow run in `mlflow.json`, so a resumed run continues it. MLflow's own reports to its makers are turned off.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from landmarkers.errors import UserError
from landmarkers.parsing import describe, read_limited
from models.durable import replace_file
from models.stored_model import StoredModel
from trainer.training.run_metadata import flatten

_RUN_FILE: Final = "mlflow.json"
_DATABASE: Final = "mlflow.db"
_EXPERIMENT: Final = "ishara"


class TrackerUnavailable(UserError):
    """Reports that a training cannot be tracked as asked for; the message gives the reason."""


class _RunFile(StoredModel):
    """The content of `mlflow.json`."""

    run_id: str


class MlflowTracker:
    """Records the figures of each epoch in one run of MLflow."""

    def __init__(self, client: Any, run_id: str, failure: type[Exception]) -> None:
        self._client = client
        self._run_id = run_id
        self._failure = failure
        # A run that was killed after it recorded an epoch and before its checkpoint trains that epoch once more.
        history = client.get_metric_history(run_id, "loss/train")
        self._recorded = max((metric.step for metric in history), default=-1)
        self._lost = False

    def record(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Record the figures of an epoch; a server that is lost does not end the training."""
        if epoch <= self._recorded or self._lost:
            return
        try:
            for name, value in metrics.items():
                self._client.log_metric(self._run_id, name, float(value), step=epoch)
        except self._failure as error:
            self._lose(error)

    def close(self, status: str) -> None:
        """Tell MLflow how the run ended."""
        try:
            if not self._lost:
                self._client.set_terminated(self._run_id, status)
        except self._failure as error:
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        self._lost = True
        sentence = f"MLflow no longer takes figures, and training goes on without it: {_reason(error)}"
        tqdm.write(f"ishara-trainer: {sentence}", file=sys.stderr)


@contextmanager
def track_in_mlflow(folder: Path, recipe: Mapping[str, Any]) -> Iterator[MlflowTracker]:
    """Start the MLflow run of a run folder, or continue it. Raises TrackerUnavailable."""
    tracker = _open(folder, recipe)
    status = "FAILED"
    try:
        yield tracker
        status = "FINISHED"
    except KeyboardInterrupt:
        status = "KILLED"
        raise
    finally:
        tracker.close(status)


def import_mlflow() -> tuple[Any, type[Exception]]:
    """Return MLflow's client and the error that it raises. Raises TrackerUnavailable where it is not installed."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # by default a wrong address costs minutes
    try:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ModuleNotFoundError as error:
        raise TrackerUnavailable(
            f"{error.name} is not installed here; pip install 'ishara[mlflow]', or use --track tensorboard"
        ) from error
    return MlflowClient, MlflowException


def _open(folder: Path, recipe: Mapping[str, Any]) -> MlflowTracker:
    open_client, failure = import_mlflow()
    for name in ("mlflow", "alembic"):  # they tell of each table that they create
        logging.getLogger(name).setLevel(logging.WARNING)
    address = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(folder.parent / _DATABASE).resolve()}"
    try:
        client = open_client(address)
        run_id = _continued(client, folder) or _started(client, folder, recipe)
        return MlflowTracker(client, run_id, failure)
    except failure as error:
        raise TrackerUnavailable(
            f"MLflow cannot record {folder} at {address}: {_reason(error)}; set MLFLOW_TRACKING_URI to where it was "
            f"recorded before, or remove {folder / _RUN_FILE} to begin anew"
        ) from error


def _continued(client: Any, folder: Path) -> str | None:
    """Return the MLflow run that this run began; None if it began none. Raises TrackerUnavailable."""
    path = folder / _RUN_FILE
    if not path.exists():
        return None
    try:
        run_id = _RunFile.model_validate_json(read_limited(path)).run_id
    except (OSError, ValueError) as error:
        raise TrackerUnavailable(f"{path} is damaged ({describe(error)}); remove it to begin a new run") from error
    client.update_run(run_id, status="RUNNING")
    return run_id


def _started(client: Any, folder: Path, recipe: Mapping[str, Any]) -> str:
    experiment = client.get_experiment_by_name(_EXPERIMENT)
    experiment_id = client.create_experiment(_EXPERIMENT) if experiment is None else experiment.experiment_id
    run_id: str = client.create_run(experiment_id, run_name=folder.resolve().name).info.run_id
    replace_file(folder / _RUN_FILE, json.dumps({"run_id": run_id}).encode())
    for name, value in flatten(recipe):
        client.log_param(run_id, name, value)
    return run_id


def _reason(error: Exception) -> str:
    """Return the first line of an error on one line."""
    return describe(Exception(str(error).splitlines()[0] if str(error) else type(error).__name__))
