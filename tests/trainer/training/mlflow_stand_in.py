"""Stands in for MLflow where it is not installed: the calls that the trainer makes, with what MLflow does at each.

The tests that use it run against MLflow itself where the extra `mlflow` is installed.
"""

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


class MlflowException(Exception):
    """As MLflow raises it for whatever its store refuses."""


class MlflowClient:
    """Keeps everything in the file that a `sqlite:///` address names."""

    def __init__(self, address: str) -> None:
        self._path = Path(address.removeprefix("sqlite:///"))
        if not address.startswith("sqlite:///") or not self._path.parent.is_dir():
            raise MlflowException(f"no store at {address}\nand a second line")
        self._content: dict[str, Any] = {"experiments": [], "runs": {}}
        if self._path.exists():
            self._content = json.loads(self._path.read_text())

    def get_experiment_by_name(self, name: str) -> SimpleNamespace | None:
        known = name in self._content["experiments"]
        return SimpleNamespace(experiment_id=name) if known else None

    def create_experiment(self, name: str) -> str:
        self._change(lambda content: content["experiments"].append(name))
        return name

    def create_run(self, experiment_id: str, *, run_name: str) -> SimpleNamespace:
        run_id = f"run-{len(self._content['runs'])}"
        run = {"name": run_name, "experiment": experiment_id, "status": "RUNNING", "params": {}, "metrics": []}
        self._change(lambda content: content["runs"].update({run_id: run}))
        return self.get_run(run_id)

    def get_run(self, run_id: str) -> SimpleNamespace:
        if run_id not in self._content["runs"]:
            raise MlflowException(f"Run with id={run_id} not found")
        run = self._content["runs"][run_id]
        info = SimpleNamespace(run_id=run_id, run_name=run["name"], status=run["status"])
        return SimpleNamespace(info=info, data=SimpleNamespace(params=run["params"]))

    def update_run(self, run_id: str, *, status: str) -> None:
        self.get_run(run_id)
        self._change(lambda content: content["runs"][run_id].update(status=status))

    def set_terminated(self, run_id: str, status: str) -> None:
        self.update_run(run_id, status=status)

    def log_param(self, run_id: str, name: str, value: Any) -> None:
        self._change(lambda content: content["runs"][run_id]["params"].update({name: str(value)}))

    def log_metric(self, run_id: str, name: str, value: float, *, step: int) -> None:
        self._change(lambda content: content["runs"][run_id]["metrics"].append([name, step, value]))

    def get_metric_history(self, run_id: str, name: str) -> list[SimpleNamespace]:
        metrics = self._content["runs"][run_id]["metrics"]
        return [SimpleNamespace(step=step, value=value) for key, step, value in metrics if key == name]

    def _change(self, change: Callable[[dict[str, Any]], Any]) -> None:
        change(self._content)
        self._path.write_text(json.dumps(self._content))


def provide_mlflow(patch: pytest.MonkeyPatch) -> None:
    """Let `import mlflow` find MLflow or, where it is not installed, what stands in for it."""
    if importlib.util.find_spec("mlflow") is not None:
        return
    package, exceptions, tracking = (ModuleType(name) for name in ("mlflow", "mlflow.exceptions", "mlflow.tracking"))
    vars(exceptions)["MlflowException"] = MlflowException
    vars(tracking)["MlflowClient"] = MlflowClient
    for module in (package, exceptions, tracking):
        patch.setitem(sys.modules, module.__name__, module)
