"""Extraction on a Ray cluster of this machine. One module, as a cluster is slow to start."""

import sys
from pathlib import Path

import pytest

from tests.edge.ports import free_port
from tests.trainer.data.test_executor import die_once, stand_still_at_three
from trainer.cli.main import main as trainer
from trainer.data.executor import WorkerLost
from trainer.data.ray_executor import RayExecutor


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_cluster_workers_write_the_same_bytes_as_local_workers(dataset: Path, tmp_path: Path) -> None:
    command = ["extract", str(dataset), "--signs", "1-3", "--workers", "2", "--to"]
    assert trainer([*command, str(tmp_path / "local")]) == 0
    assert trainer([*command, str(tmp_path / "ray"), "--engine", "ray"]) == 0
    assert len(contents(tmp_path / "local")) == 4
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")


def test_job_whose_worker_dies_is_retried(tmp_path: Path) -> None:
    jobs = [tmp_path / str(number) for number in range(2)]
    assert dict(RayExecutor(2).run(die_once, jobs)) == {job: job.name for job in jobs}


def test_job_on_which_a_worker_stands_still_is_given_up() -> None:
    assert dict(RayExecutor(2).run(stand_still_at_three, [2, 3])) == {2: 2, 3: WorkerLost()}


def test_unreachable_cluster_is_refused_in_one_sentence(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["extract", str(dataset), "--to", str(tmp_path / "takes"), "--engine", "ray", "--cluster"]
    assert trainer([*command, f"127.0.0.1:{free_port()}"]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("ishara-trainer: ")]
    assert len(errors) == 1
    assert "no Ray cluster answers" in errors[0]


def test_missing_ray_is_refused_with_the_command_to_install_it(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert trainer(["extract", str(dataset), "--to", str(tmp_path / "takes"), "--engine", "ray"]) == 2
    assert "pip install 'ishara[cluster]'" in capsys.readouterr().err
