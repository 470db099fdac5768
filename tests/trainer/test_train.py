import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from trainer.__main__ import main as trainer
from trainer.run import open_run
from trainer.train import Judgement, load_trained


def train(takes: Path, run: Path, *more: str) -> list[str]:
    short = ["--recipe", "trial", "--epochs", "4", "--threads", "1"]
    return ["train", "--takes", str(takes), "--run", str(run), *short, *more]


def weights(run: Path) -> dict[str, torch.Tensor]:
    content: dict[str, torch.Tensor] = torch.load(run / "last.pt", weights_only=True)["average"]
    return content


def test_a_run_tells_how_it_came_about_and_draws_curves(tiny_run: Path) -> None:
    note = json.loads((tiny_run / "run.json").read_text())
    assert note["recipe"]["epochs"] == 20
    assert [sign["word"] for sign in note["signs"]] == ["كلمة0", "كلمة1", "كلمة2", "كلمة3"]
    assert note["landmarkers"] == ["made-up"]
    assert set(note["split"]["train"]).isdisjoint(note["split"]["validation"])
    assert list(tiny_run.glob("events.out.tfevents.*"))


def test_it_learns_the_made_up_signs(tiny_run: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tiny_run))
    events.Reload()
    accuracy = [scalar.value for scalar in events.Scalars("accuracy/validation")]
    loss = [scalar.value for scalar in events.Scalars("loss/train")]
    assert max(accuracy) > 0.8
    assert loss[-1] < loss[0]


def test_a_killed_run_goes_on_to_the_very_same_weights(made_up_takes: Path, tmp_path: Path) -> None:
    assert trainer(train(made_up_takes, tmp_path / "whole")) == 0
    command = [sys.executable, "-m", "trainer", *train(made_up_takes, tmp_path / "killed")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not (tmp_path / "killed" / "last.pt").is_file():
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert trainer(train(made_up_takes, tmp_path / "killed")) == 0
    whole, killed = weights(tmp_path / "whole"), weights(tmp_path / "killed")
    assert all(torch.equal(whole[name], killed[name]) for name in whole)


def test_another_seed_gives_other_weights(made_up_takes: Path, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        assert trainer(train(made_up_takes, tmp_path / seed, "--epochs", "1", "--seed", seed)) == 0
    assert not torch.equal(
        weights(tmp_path / "1")["module.network.experts.shape.pool.weight"],
        weights(tmp_path / "2")["module.network.experts.shape.pool.weight"],
    )


def test_a_run_is_not_gone_on_with_another_recipe(
    tiny_run: Path, made_up_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny_run, tmp_path / "run")
    assert trainer(train(made_up_takes, tmp_path / "run", "--validation", "0.3", "--epochs", "3")) == 2
    assert "another recipe" in capsys.readouterr().err


def test_a_signer_can_be_left_out(made_up_takes: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert trainer(train(made_up_takes, run, "--epochs", "1", "--leave-signer", "02")) == 0
    assert "signer 02" in json.loads((run / "run.json").read_text())["split"]["described"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--leave-signer", "99"], "signer 99"),
        (["--validation", "1.0"], "nothing to judge by"),
    ],
)
def test_a_split_that_cannot_be_is_one_sentence(
    made_up_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], sentence: str
) -> None:
    assert trainer(train(made_up_takes, tmp_path / "run", *more)) == 2
    assert sentence in capsys.readouterr().err


def test_takes_without_labels_are_refused(
    made_up_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(made_up_takes, tmp_path / "takes")
    (tmp_path / "takes" / "labels.json").unlink()
    assert trainer(train(tmp_path / "takes", tmp_path / "run")) == 2
    assert "labels.json" in capsys.readouterr().err


def test_what_is_held_out_does_not_choose_the_network(
    made_up_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([0.1, 0.2, 0.3, 0.4])
    monkeypatch.setattr("trainer.train.judge", lambda *_: Judgement(0.5, next(losses)))
    assert trainer(train(made_up_takes, tmp_path / "run", "--validation", "0.3")) == 0
    run = open_run(tmp_path / "run")
    judged, last = load_trained(run.folder, run.recipe, run.signs).state_dict(), weights(run.folder)
    assert all(torch.equal(judged[name], last[f"module.{name}"]) for name in judged)


def test_a_run_that_is_not_at_its_end_is_not_exported(
    made_up_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert trainer(train(made_up_takes, run)) == 0
    content = torch.load(run / "last.pt", weights_only=True)
    torch.save(content | {"epochs": 3}, run / "last.pt")
    assert trainer(["export", str(run), "--to", str(tmp_path / "bundle"), "--name", "tiny"]) == 2
    assert "has trained 3 of its 4 epochs" in capsys.readouterr().err
