"""Training of a run by the command, and resuming after a kill."""

import json
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from landmarkers.take import Take
from trainer.cli.main import main as trainer
from trainer.training.run import open_run
from trainer.training.train import ValidationMetrics
from trainer.training.trained_model import load_trained

# `ishara-trainer` that is killed, as by `kill -9`, after this many steps.
KILLED = """
import os, signal, sys
from trainer.cli.main import main
from trainer.training.checkpoint import TrainingState

step, remaining = TrainingState.step, [int(sys.argv[1])]

def step_or_die(state):
    if not remaining[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    remaining[0] -= 1
    step(state)

TrainingState.step = step_or_die
sys.exit(main(sys.argv[2:]))
"""


def train(takes: Path, run: Path, *more: str) -> list[str]:
    short = ["--recipe", "trial", "--epochs", "4", "--threads", "1"]
    return ["train", "--takes", str(takes), "--run", str(run), *short, *more]


def weights(run: Path) -> dict[str, torch.Tensor]:
    content: dict[str, torch.Tensor] = torch.load(run / "checkpoint.pt", weights_only=True)["ema"]
    return content


def tensors(content: Any) -> Iterator[torch.Tensor]:
    """Yield all tensors in a nested part of a checkpoint."""
    if isinstance(content, dict):
        for value in content.values():
            yield from tensors(value)
    elif isinstance(content, torch.Tensor):
        yield content


def curves(run: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run))
    events.Reload()
    names = ("loss/train", "loss/validation", "accuracy/validation")
    return {name: [(one.step, one.value) for one in events.Scalars(name)] for name in names}


def test_run_folder_holds_metadata_and_curves(tiny_run: Path) -> None:
    metadata = json.loads((tiny_run / "run.json").read_text())
    assert metadata["recipe"]["epochs"] == 20
    assert [sign["word"] for sign in metadata["signs"]] == ["كلمة0", "كلمة1", "كلمة2", "كلمة3"]
    assert metadata["landmarkers"] == ["synthetic"]
    assert re.fullmatch("[0-9a-f]{64}", metadata["store"])
    assert set(metadata["split"]["train"]).isdisjoint(metadata["split"]["validation"])
    assert list(tiny_run.glob("events.out.tfevents.*"))


def test_training_ends_with_the_accuracy_on_what_it_was_not_trained_on(
    synthetic_takes: Path, tiny_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--takes", str(synthetic_takes), "--run", str(tiny_run), "--recipe", "trial"]
    assert trainer([*command, "--validation", "0.3", "--threads", "1"]) == 0
    held_out, test = capsys.readouterr().out.splitlines()[-2:]
    assert re.fullmatch(r"Held-out clips: top-1 \d+\.\d % of 10 \(95 % interval .*\)", held_out)
    assert re.fullmatch(r"Test clips of the data set: top-1 \d+\.\d % of 4 \(95 % interval .*\)", test)


def test_metadata_records_command_versions_and_device_of_each_start(synthetic_takes: Path, tmp_path: Path) -> None:
    command = train(synthetic_takes, tmp_path / "run", "--epochs", "1")
    subprocess.run([sys.executable, "-m", "trainer", *command], check=True, capture_output=True)
    assert trainer(command) == 0
    (start,) = json.loads((tmp_path / "run" / "run.json").read_text())["starts"]  # the second command had nothing to do
    assert start["command"][1:] == command
    assert start["epoch"] == 0
    assert start["versions"]["torch"] == torch.__version__
    assert (start["processes"], start["threads"], start["precision"]) == (1, 1, "float32")
    assert start["device"].startswith("cpu")
    folder = Path(__file__).parent
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout
    assert start["git"]["revision"] == revision.strip()
    assert isinstance(start["git"]["dirty"], bool)


def test_training_learns_the_synthetic_signs(tiny_run: Path) -> None:
    scalars = curves(tiny_run)
    assert max(accuracy for _, accuracy in scalars["accuracy/validation"]) > 0.8
    assert scalars["loss/train"][-1][1] < scalars["loss/train"][0][1]


def test_run_killed_at_any_step_resumes_to_identical_weights(synthetic_takes: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    short = ("--validation", "0.3", "--epochs", "3")  # of eight steps each
    assert trainer(train(synthetic_takes, whole, *short)) == 0
    command = train(synthetic_takes, killed, *short)
    steps = random.SystemRandom().choices(range(20), k=2)
    for step in steps:
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(step), *command], stderr=subprocess.DEVNULL)
        assert process.wait() in (-signal.SIGKILL, 0)  # 0 where fewer steps were left
    assert trainer(command) == 0
    for part in ("model", "ema", "optimizer"):
        one, other = (
            list(tensors(torch.load(run / "checkpoint.pt", weights_only=True)[part])) for run in (whole, killed)
        )
        assert all(torch.equal(*pair) for pair in zip(one, other, strict=True)), f"killed after {steps} steps"
    assert curves(killed) == curves(whole), f"killed after {steps} steps"


def test_other_seed_gives_other_weights(synthetic_takes: Path, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        assert trainer(train(synthetic_takes, tmp_path / seed, "--epochs", "1", "--seed", seed)) == 0
    assert not torch.equal(
        weights(tmp_path / "1")["module.network.experts.handshape.pool.weight"],
        weights(tmp_path / "2")["module.network.experts.handshape.pool.weight"],
    )


def test_resuming_with_another_recipe_is_refused(
    tiny_run: Path, synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny_run, tmp_path / "run")
    assert trainer(train(synthetic_takes, tmp_path / "run", "--validation", "0.3", "--epochs", "3")) == 2
    assert "another recipe" in capsys.readouterr().err


def test_resuming_with_other_takes_is_refused(
    tiny_run: Path, synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny_run, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "takes.store")
    shutil.copytree(synthetic_takes, tmp_path / "takes")
    changed = Take.load(tmp_path / "takes" / "0-1.take.npz")
    Take(changed.points + np.float32(0.01), changed.times, changed.provenance).save(tmp_path / "takes" / "0-1.take.npz")
    command = ["train", "--takes", str(tmp_path / "takes"), "--run", str(tmp_path / "run"), "--recipe", "trial"]
    assert trainer([*command, "--validation", "0.3"]) == 2
    assert "was trained on other takes than those named" in capsys.readouterr().err


def test_signer_can_be_left_out(synthetic_takes: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert trainer(train(synthetic_takes, run, "--epochs", "1", "--leave-signer", "02")) == 0
    assert "signer 02" in json.loads((run / "run.json").read_text())["split"]["description"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--leave-signer", "99"], "signer 99"),
        (["--hold-out", "none*"], "no takes for validation"),
    ],
)
def test_impossible_split_is_refused(
    synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], sentence: str
) -> None:
    assert trainer(train(synthetic_takes, tmp_path / "run", *more)) == 2
    assert sentence in capsys.readouterr().err


def test_takes_without_labels_are_refused(
    synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(synthetic_takes, tmp_path / "takes")
    (tmp_path / "takes" / "labels.json").unlink()
    assert trainer(train(tmp_path / "takes", tmp_path / "run")) == 2
    assert "labels.json" in capsys.readouterr().err


def test_validation_does_not_select_the_epoch(
    synthetic_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([0.1, 0.2, 0.3, 0.4])
    monkeypatch.setattr("trainer.training.train.validate", lambda *_: ValidationMetrics(0.5, next(losses)))
    assert trainer(train(synthetic_takes, tmp_path / "run", "--validation", "0.3")) == 0
    run = open_run(tmp_path / "run")
    trained, last = load_trained(run.folder, run.recipe, run.signs).state_dict(), weights(run.folder)
    assert all(torch.equal(trained[name], last[f"module.{name}"]) for name in trained)


def test_early_stopping_ends_a_run_without_improvement(
    synthetic_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([0.2, 0.3, 0.4])  # a fourth validation would fail
    monkeypatch.setattr("trainer.training.train.validate", lambda *_: ValidationMetrics(0.5, next(losses)))
    command = train(synthetic_takes, tmp_path / "run", "--validation", "0.3", "--patience", "2")
    assert trainer(command) == 0
    assert [epoch for epoch, _ in curves(tmp_path / "run")["loss/train"]] == [0, 1, 2]
    assert trainer(command) == 0, "a stopped run does not resume"
    run = open_run(tmp_path / "run")
    load_trained(run.folder, run.recipe, run.signs)


def test_unfinished_run_is_not_exported(
    synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert trainer(train(synthetic_takes, run)) == 0
    content = torch.load(run / "checkpoint.pt", weights_only=True)
    torch.save(content | {"epochs": 3}, run / "checkpoint.pt")
    assert trainer(["export", str(run), "--to", str(tmp_path / "bundle"), "--name", "tiny"]) == 2
    assert "has trained 3 of its 4 epochs" in capsys.readouterr().err
