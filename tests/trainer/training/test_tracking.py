"""The progress bar, TensorBoard and MLflow, by which people follow a training, also one that resumes."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.training.mlflow_stand_in import provide_mlflow
from trainer.cli.main import main as trainer
from trainer.reports.curves import read_curves
from trainer.training.mlflow_tracker import TrackerUnavailable
from trainer.training.recipe import Recipe
from trainer.training.tracking import open_log

RECIPE = Recipe(epochs=4, samples_per_epoch=64, batch_size=32)


def epoch(loss: float) -> dict[str, float]:
    return {"loss/train": loss, "loss/validation": 2 * loss, "accuracy/validation": 0.938}


def follow(track: str, run: Path, epochs_done: int, losses: list[float]) -> None:
    """Train these epochs, without a network."""
    with open_log(track, run, RECIPE, epochs_done, "train") as log:
        for number, loss in enumerate(losses, epochs_done):
            for _ in range(RECIPE.steps_per_epoch):
                log.advance()
            log.record(number, epoch(loss))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a run, with MLflow at hand and no server named."""
    provide_mlflow(monkeypatch)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def mlflow_runs(run: Path) -> list[Any]:
    """Return the MLflow run of a run folder, and its losses by epoch."""
    import json

    from mlflow.tracking import MlflowClient

    client: Any = MlflowClient(f"sqlite:///{run.parent / 'mlflow.db'}")
    run_id = json.loads((run / "mlflow.json").read_text())["run_id"]
    losses = [(metric.step, metric.value) for metric in client.get_metric_history(run_id, "loss/train")]
    return [client.get_run(run_id), losses]


def test_progress_shows_epoch_loss_accuracy_and_time_left(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    follow("none", run, 0, [0.5, 0.25, 0.125, 0.0625])
    shown = capsys.readouterr().err.replace("\r", "\n").splitlines()
    assert "epoch 4 of 4, loss 0.062, validation accuracy 93.8 %" in shown[-1]
    assert "8/8" in shown[-1]
    assert "<" in shown[-1], "the time left stands after it"


def test_nothing_is_written_where_nothing_is_tracked(run: Path) -> None:
    follow("none", run, 0, [0.5])
    assert list(run.iterdir()) == []
    assert list(run.parent.iterdir()) == [run]


@pytest.mark.parametrize("track", ["tensorboard", "mlflow"])
def test_curves_of_a_resumed_run_hold_every_epoch_once(run: Path, track: str) -> None:
    follow(track, run, 0, [0.5, 0.25, 0.2])
    follow(track, run, 2, [0.2, 0.125])  # killed after its third epoch, before the checkpoint
    curve = read_curves(run)["loss/train"]
    assert curve.steps == (0, 1, 2, 3)
    assert curve.values == pytest.approx((0.5, 0.25, 0.2, 0.125))


def test_a_resumed_run_continues_its_run_of_mlflow(run: Path) -> None:
    follow("mlflow", run, 0, [0.5, 0.25, 0.2])
    (first, _) = mlflow_runs(run)
    follow("mlflow", run, 2, [0.2, 0.125])
    second, losses = mlflow_runs(run)
    assert second.info.run_id == first.info.run_id
    assert losses == [(0, 0.5), (1, 0.25), (2, 0.2), (3, 0.125)]
    assert (second.info.run_name, second.info.status) == ("run", "FINISHED")
    assert (second.data.params["epochs"], second.data.params["learning_rate"]) == ("4", "0.0015")


def test_runs_in_one_folder_share_a_database(run: Path) -> None:
    other = run.parent / "other"
    other.mkdir()
    for folder in (run, other):
        follow("mlflow", folder, 0, [0.5])
    assert [mlflow_runs(folder)[0].info.run_name for folder in (run, other)] == ["run", "other"]
    assert sorted(path.name for path in run.parent.iterdir()) == ["mlflow.db", "other", "run"]


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (ValueError, "FAILED")])
def test_mlflow_hears_how_a_run_ended(run: Path, error: type[BaseException], status: str) -> None:
    with pytest.raises(error), open_log("mlflow", run, RECIPE, 0, "train"):
        raise error
    assert mlflow_runs(run)[0].info.status == status


def test_a_lost_server_does_not_end_the_training(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    def fail(*_: Any, **__: Any) -> None:
        raise MlflowException("the server is gone")

    with open_log("mlflow", run, RECIPE, 0, "train") as log:
        log.record(0, epoch(0.5))
        monkeypatch.setattr(MlflowClient, "log_metric", fail)
        log.record(1, epoch(0.25))
        log.record(2, epoch(0.2))
    assert capsys.readouterr().err.count("training goes on without it: the server is gone") == 1
    assert read_curves(run)["loss/train"].steps == (0, 1, 2)


def test_a_run_that_another_store_recorded_is_refused(run: Path) -> None:
    (run / "mlflow.json").write_text('{"run_id": "0123456789abcdef0123456789abcdef"}')
    with pytest.raises(TrackerUnavailable, match="MLFLOW_TRACKING_URI to where it was recorded before, or remove"):
        follow("mlflow", run, 0, [0.5])
    (run / "mlflow.json").write_text("{")
    with pytest.raises(TrackerUnavailable, match=r"mlflow\.json is damaged"):
        follow("mlflow", run, 0, [0.5])


def test_an_address_without_a_store_is_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "ftp://nowhere")
    with pytest.raises(TrackerUnavailable) as refused:
        follow("mlflow", run, 0, [0.5])
    assert "ftp://nowhere" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list(run.iterdir()) == []


def test_without_mlflow_the_extra_is_named_before_any_work(
    synthetic_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "mlflow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    run = tmp_path / "run"
    assert trainer(["train", "--takes", str(synthetic_takes), "--run", str(run), "--track", "mlflow"]) == 2
    assert "pip install 'ishara[mlflow]', or use --track tensorboard" in capsys.readouterr().err
    assert not run.exists()


def test_other_trackers_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["train"], ["fine-tune", "--from", str(tmp_path)]):
        with pytest.raises(SystemExit) as ended:
            trainer([*command, "--takes", str(tmp_path), "--run", str(tmp_path / "run"), "--track", "wandb"])
        assert ended.value.code == 2
        assert "invalid choice: 'wandb'" in capsys.readouterr().err
