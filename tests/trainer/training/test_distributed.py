"""Distributed training of one run, started by torchrun as a user starts it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.trainer.training.short_epochs import SHORT
from trainer.augmentation.loader import BatchLoader
from trainer.cli.main import main as trainer
from trainer.data.store import Store
from trainer.model.network import SignClassifier
from trainer.training.distributed import DistributedContext, local_device
from trainer.training.recipe import RECIPES
from trainer.training.run import open_run
from trainer.training.trained_model import build_model, compute_logits

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
ROOT = Path(__file__).parents[3]


def train(takes: Path, run: Path, *more: str) -> list[str]:
    return ["train", "--takes", str(takes), "--run", str(run), "--threads", "1", "--validation", "0.3", *more]


def probabilities(run_folder: Path, part: str) -> torch.Tensor:
    """Return the probabilities of all takes with the weights (`model`) or their EMA (`ema`)."""
    run = open_run(run_folder)
    classifier = build_model(run.recipe, run.signs).eval()
    weights = torch.load(run_folder / "checkpoint.pt", weights_only=True)[part]
    weights.pop("n_averaged", None)
    classifier.load_state_dict({name.removeprefix("module."): weight for name, weight in weights.items()})
    store = Store(run_folder / "takes.store")
    with torch.no_grad():
        return compute_logits(classifier, BatchLoader(store), range(len(store)), "cpu").softmax(-1)


def losses(run: Path) -> dict[str, list[float]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    curves = EventAccumulator(str(run))
    curves.Reload()
    return {name: [one.value for one in curves.Scalars(name)] for name in ("loss/train", "loss/validation")}


def test_two_processes_reach_the_result_of_one_although_one_is_killed(
    synthetic_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "default", SHORT)
    one, two = tmp_path / "one", tmp_path / "two"
    assert trainer(train(synthetic_takes, one, "--epochs", "2")) == 0
    program = ("-m", "--", "tests.trainer.training.short_epochs")
    command = [*TORCHRUN, "--max-restarts", "1", *program, *train(synthetic_takes, two, "--epochs", "2")]
    torchrun = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
    )
    assert torchrun.returncode == 0
    assert torchrun.stdout.count("trained") == 1, "only the main process prints"
    for part in ("ema", "model"):
        torch.testing.assert_close(probabilities(two, part), probabilities(one, part), atol=1e-5, rtol=0)
    for name, values in losses(one).items():
        assert losses(two)[name] == pytest.approx(values, abs=1e-4)
    starts = json.loads((two / "run.json").read_text())["starts"]
    assert [(start["epoch"], start["processes"]) for start in starts] == [(0, 2), (1, 2)]


def test_gradient_accumulation_gives_the_same_result_without_batch_norm_and_dropout(
    synthetic_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Batch norm uses the statistics of each microbatch, and dropout masks are sampled for each microbatch.
    monkeypatch.setattr(SignClassifier, "train", lambda classifier, _=True: nn.Module.train(classifier, False))
    short = ["--recipe", "trial", "--epochs", "1"]
    assert trainer(train(synthetic_takes, tmp_path / "whole", *short)) == 0
    assert trainer(train(synthetic_takes, tmp_path / "accumulated", *short, "--accumulate", "4")) == 0
    whole, accumulated = (probabilities(tmp_path / name, "model") for name in ("whole", "accumulated"))
    torch.testing.assert_close(accumulated, whole, atol=1e-5, rtol=0)
    expected = losses(tmp_path / "whole")["loss/train"]
    assert losses(tmp_path / "accumulated")["loss/train"] == pytest.approx(expected)


def test_microbatches_cover_every_row_of_a_batch_once() -> None:
    contexts = [DistributedContext(rank=rank, world_size=3, accumulation_steps=2) for rank in range(3)]
    rows = [row for context in contexts for slice_ in context.microbatch_slices(24) for row in range(24)[slice_]]
    assert sorted(rows) == list(range(24))


def test_run_folder_in_use_is_refused(
    synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    with DistributedContext().lock_run_folder(run):
        assert trainer(train(synthetic_takes, run, "--recipe", "trial", "--epochs", "1")) == 2
    assert f"another process trains {run}" in capsys.readouterr().err
    assert trainer(train(synthetic_takes, run, "--recipe", "trial", "--epochs", "1")) == 0


def test_each_process_uses_its_own_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert local_device("cuda") == "cuda"
    for name, value in {"TORCHELASTIC_RUN_ID": "any", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    assert [local_device(device) for device in ("cuda", "cuda:0", "cpu")] == ["cuda:1", "cuda:0", "cpu"]


def test_compile_without_a_compiler_is_refused(
    synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert trainer(train(synthetic_takes, tmp_path / "run", "--compile")) == 2
    assert "--compile needs a C++ compiler" in capsys.readouterr().err


def test_batch_that_cannot_be_divided_is_refused(
    synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trainer(train(synthetic_takes, tmp_path / "run", "--accumulate", "5")) == 2
    assert "a batch of 64 takes cannot be divided" in capsys.readouterr().err
    assert not (tmp_path / "run" / "run.json").exists()
