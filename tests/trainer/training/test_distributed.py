"""Several processes that train one run together, started by torchrun as a user starts them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from trainer.augmentation.loader import BatchLoader
from trainer.cli.main import main as trainer
from trainer.data.store import Store
from trainer.model.network import SignClassifier
from trainer.training.distributed import DistributedContext, local_device
from trainer.training.run import open_run
from trainer.training.train import build_model, compute_logits

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def train(takes: Path, run: Path, *more: str) -> list[str]:
    return ["train", "--takes", str(takes), "--run", str(run), "--threads", "1", "--validation", "0.3", *more]


def answers(run: Path, part: str) -> torch.Tensor:
    """Probabilities of all takes by the network as training left it, or by its average."""
    told = open_run(run)
    recogniser = build_model(told.recipe, told.signs).eval()
    weights = torch.load(run / "checkpoint.pt", weights_only=True)[part]
    weights.pop("n_averaged", None)
    recogniser.load_state_dict({name.removeprefix("module."): weight for name, weight in weights.items()})
    store = Store(run / "takes.store")
    with torch.no_grad():
        return compute_logits(recogniser, BatchLoader(store), range(len(store)), "cpu").softmax(-1)


def losses(run: Path) -> dict[str, list[float]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    curves = EventAccumulator(str(run))
    curves.Reload()
    return {name: [one.value for one in curves.Scalars(name)] for name in ("loss/train", "loss/validation")}


def test_two_processes_come_to_what_one_comes_to_though_one_of_them_is_killed(
    made_up_takes: Path, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert trainer(train(made_up_takes, one, "--epochs", "2")) == 0
    command = [*TORCHRUN, "--max-restarts", "1", "-m", "--", "trainer", *train(made_up_takes, two, "--epochs", "2")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as torchrun:
        while not (two / "checkpoint.pt").is_file():
            assert torchrun.poll() is None, "the run ended before one of its processes could be killed"
            time.sleep(0.01)
        children = Path(f"/proc/{torchrun.pid}/task/{torchrun.pid}/children").read_text().split()
        os.kill(int(children[-1]), signal.SIGKILL)
        told = torchrun.communicate()[0]
    assert torchrun.returncode == 0
    assert told.count("trained") == 1, "one process tells for all"
    for part in ("ema", "model"):
        torch.testing.assert_close(answers(two, part), answers(one, part), atol=1e-5, rtol=0)
    for name, values in losses(one).items():
        assert losses(two)[name] == pytest.approx(values, abs=1e-4)
    starts = json.loads((two / "run.json").read_text())["starts"]
    assert [(start["epoch"], start["processes"]) for start in starts] == [(0, 2), (1, 2)]


def test_a_batch_in_pieces_teaches_the_same_but_for_what_normalises_it(
    made_up_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without normalising by the batch and without dropout, which is drawn piece by piece.
    monkeypatch.setattr(SignClassifier, "train", lambda recogniser, _=True: nn.Module.train(recogniser, False))
    short = ["--recipe", "trial", "--epochs", "1"]
    assert trainer(train(made_up_takes, tmp_path / "whole", *short)) == 0
    assert trainer(train(made_up_takes, tmp_path / "pieces", *short, "--accumulate", "4")) == 0
    whole, pieces = (answers(tmp_path / name, "model") for name in ("whole", "pieces"))
    torch.testing.assert_close(pieces, whole, atol=1e-5, rtol=0)
    assert losses(tmp_path / "pieces")["loss/train"] == pytest.approx(losses(tmp_path / "whole")["loss/train"])


def test_every_row_of_a_batch_is_learned_from_once() -> None:
    crews = [DistributedContext(rank=rank, world_size=3, accumulation_steps=2) for rank in range(3)]
    rows = [row for crew in crews for piece in crew.microbatch_slices(24) for row in range(24)[piece]]
    assert sorted(rows) == list(range(24))


def test_a_run_that_another_process_trains_is_left_to_it(
    made_up_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    with DistributedContext().lock_run_folder(run):
        assert trainer(train(made_up_takes, run, "--recipe", "trial", "--epochs", "1")) == 2
    assert f"another process trains {run}" in capsys.readouterr().err
    assert trainer(train(made_up_takes, run, "--recipe", "trial", "--epochs", "1")) == 0


def test_each_process_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert local_device("cuda") == "cuda"
    for name, value in {"TORCHELASTIC_RUN_ID": "any", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    assert [local_device(device) for device in ("cuda", "cuda:0", "cpu")] == ["cuda:1", "cuda:0", "cpu"]


def test_a_network_is_not_compiled_where_there_is_no_compiler(
    made_up_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert trainer(train(made_up_takes, tmp_path / "run", "--compile")) == 2
    assert "--compile needs a C++ compiler" in capsys.readouterr().err


def test_a_batch_that_cannot_be_divided_is_one_sentence(
    made_up_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trainer(train(made_up_takes, tmp_path / "run", "--accumulate", "5")) == 2
    assert "a batch of 64 takes cannot be divided" in capsys.readouterr().err
    assert not (tmp_path / "run" / "run.json").exists()
