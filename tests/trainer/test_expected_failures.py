"""Failures by a disk, a folder or odd data: a command says so in one sentence, and nothing half-written stays."""

import json
import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landmarkers.take import Take
from tests.trainer import odd_inputs
from trainer.cli.main import COMMANDS, load_command
from trainer.targets import TargetRefused, write_file
from trainer.training.recipe import RECIPES
from trainer.training.run_metadata import save_metadata
from trainer.training.tracking import open_log


@pytest.fixture
def desk(tmp_path: Path, synthetic_takes: Path, tiny_run: Path, tiny_bundle: Path) -> Path:
    """Return a folder with takes, a run and a bundle."""
    shutil.copytree(synthetic_takes, tmp_path / "takes")
    shutil.copytree(tiny_run, tmp_path / "runs/mine")
    shutil.copytree(tiny_bundle, tmp_path / "models/mine")
    return tmp_path


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes, as a disk that is full does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Give up the rights of root, for which every folder is writable."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def edit_takes(folder: Path, name: str, **changes: object) -> None:
    """Change the provenance of the takes whose file names match."""
    for path in folder.glob(name):
        take = Take.load(path)
        replace(take, provenance=replace(take.provenance, **changes)).save(path)  # type: ignore[arg-type]


def train(desk: Path, *more: str) -> tuple[str | Path, ...]:
    return ("train", "--takes", desk / "takes", "--run", desk / "runs/new", "--recipe", "trial", *more)


def test_full_disk_leaves_no_part_of_a_store(desk: Path) -> None:
    with odd_inputs.unchanged(desk), full_disk(2000):
        answer = odd_inputs.run(*train(desk))
    assert answer.code == 2
    assert answer.errors.splitlines()[-1].startswith("ishara-trainer: ")
    assert f"{desk}/runs/new/takes.store cannot be written: File too large" in answer.errors


def test_full_disk_leaves_no_part_of_the_metadata_of_a_run(tmp_path: Path) -> None:
    with full_disk(100), pytest.raises(TargetRefused, match=r"run\.json cannot be written: File too large"):
        save_metadata({"recipe": "x" * 1000}, tmp_path / "run")
    assert not list((tmp_path / "run").iterdir())


def test_full_disk_leaves_no_part_of_a_take(dataset: Path, tmp_path: Path) -> None:
    with full_disk(300):
        answer = odd_inputs.run("extract", dataset, "--to", tmp_path / "takes", "--signs", "2", "--workers", "1")
    assert answer.code == 2
    assert "clip.mp4 cannot be created: File too large; run the command again to resume" in answer.errors
    assert not [path for path in (tmp_path / "takes").rglob("*") if path.is_file()]


def write_curves(folder: Path) -> None:
    with open_log("tensorboard", folder, RECIPES["trial"], 0, "train") as log:
        for epoch in range(100):
            log.record(epoch, {"loss/train": 1.0})


def test_full_disk_ends_the_curves_without_a_traceback_of_their_thread(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with full_disk(100), pytest.raises(OSError, match="File too large"):
        write_curves(tmp_path)
    assert "Traceback" not in capsys.readouterr().err


def test_full_disk_keeps_the_file_that_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_text("the last epoch")
    with (
        odd_inputs.unchanged(tmp_path),
        full_disk(100),
        pytest.raises(TargetRefused, match="cannot be written: File too large"),
    ):
        write_file(path, bytes(1000))


def test_folder_that_may_not_be_written_is_named_before_any_work(
    synthetic_takes: Path, tiny_run: Path, tiny_bundle: Path
) -> None:
    for command in COMMANDS:
        load_command(command)  # somebody without rights may not be able to read the program's own files
    # Pytest's own folder is closed to others than root.
    with tempfile.TemporaryDirectory(prefix="ishara-") as name:
        desk = Path(name)
        for folder, source in (("takes", synthetic_takes), ("runs/mine", tiny_run), ("models/mine", tiny_bundle)):
            shutil.copytree(source, desk / folder)
        (desk / "new").mkdir(mode=0o555)
        desk.chmod(0o555)
        commands = (
            ("train", "--takes", desk / "takes", "--run", desk / "new/run"),
            ("train", "--takes", desk / "takes", "--run", desk / "new"),
            ("export", desk / "runs/mine", "--to", desk / "new", "--name", "mine"),
            ("export", desk / "runs/mine", "--to", desk / "other/mine", "--name", "mine"),
            ("extract", desk / "models", "--to", desk / "new"),
            ("fine-tune", "--from", desk / "models/mine", "--takes", desk / "takes", "--run", desk / "new/tuned"),
            ("evaluate", desk / "takes", "--leave-one-signer-out", "--run", desk / "new"),
            ("report", desk / "runs/mine", "--to", desk / "report.html"),
        )
        for arguments in commands:
            with odd_inputs.unchanged(desk), ordinary_user():
                answer = odd_inputs.run(*arguments)
            assert "permission is denied" in answer.sentence, arguments
        desk.chmod(0o755)


def test_file_in_the_way_is_named(desk: Path, dataset: Path) -> None:
    (desk / "taken").write_text("a file")
    assert "taken is a file" in odd_inputs.refuse("extract", dataset, "--to", desk / "taken", keep=desk)
    assert "taken is a file" in odd_inputs.refuse(*train(desk, "--store", f"{desk}/taken/store"), keep=desk)
    (desk / "extracted").mkdir()
    (desk / "extracted/01").write_text("a file")
    answer = odd_inputs.run("extract", dataset, "--to", desk / "extracted", "--signs", "2", "--workers", "1")
    assert answer.code == 2
    assert "extracted/01" in answer.errors.splitlines()[-1]
    assert (desk / "extracted/01").read_text() == "a file"
    (desk / "runs/new/run.json").mkdir(parents=True)
    assert "run.json cannot be read: Is a directory" in odd_inputs.refuse(*train(desk), keep=desk)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"recipe": 1, "signs": 2, "split": 3}', "\0", '{"name": "another program"}', "cut"],
)
def test_broken_metadata_of_a_run_are_refused_and_kept(desk: Path, content: str) -> None:
    path = desk / "runs/mine/run.json"
    path.write_text(path.read_text()[:-20] if content == "cut" else content)
    run = desk / "runs/mine"
    for command in (
        ("train", "--takes", desk / "takes", "--run", run, "--recipe", "trial"),
        ("export", run, "--to", desk / "models/new", "--name", "new"),
        ("report", run),
        ("compare", run, run),
        ("fine-tune", "--from", run, "--takes", desk / "takes", "--run", desk / "runs/tuned"),
    ):
        assert "run" in odd_inputs.refuse(*command, keep=desk), command


def test_metadata_that_name_takes_which_the_store_lacks_are_refused(desk: Path) -> None:
    path = desk / "runs/mine/run.json"
    content = json.loads(path.read_text())
    content["split"]["validation"] = [10**6]
    path.write_text(json.dumps(content))
    assert "another store" in odd_inputs.refuse("report", desk / "runs/mine", keep=desk)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--seed", "99999999999999999999"), "99999999999999999999 is not a whole number from 0 to 2147483647"),
        (("--seed", "-1"), "-1"),
        (("--seed", "1.5"), "1.5 is not a whole number"),
        (("--seed", "\u0661"), "is not a whole number"),
        (("--epochs", "0"), "0 is not a whole number from 1"),
        (("--threads", "1000000"), "1000000 is not a whole number from 1 to 1024"),
        (("--validation", "1"), "1 leaves nothing; name a number from 0 to less than 1"),
        (("--validation", "1.5"), "1.5 is not a number from 0 to 1"),
        (("--validation", "nan"), "nan is not a number from 0 to 1"),
        (("--leave-signer", "01", "--of-signs", "3-1"), "3-1 ends before it begins"),
        (("--leave-signer", "01", "--of-signs", "1-"), "1- is not a list of signs"),
        (("--leave-signer", "01", "--of-signs", "1-2147483648"), "is out of range"),
    ],
)
def test_absurd_value_is_refused(desk: Path, more: tuple[str, ...], sentence: str) -> None:
    assert sentence in odd_inputs.refuse(*train(desk), *more, keep=desk)


def refused_at_the_end(*arguments: str | Path) -> str:
    """Return the sentence of a command that refuses its input after a progress bar."""
    answer = odd_inputs.run(*arguments)
    assert answer.code == 2
    assert "Traceback" not in answer.errors
    return answer.errors.splitlines()[-1].removeprefix("ishara-trainer: ")


def test_only_test_takes_are_refused_before_training(desk: Path) -> None:
    edit_takes(desk / "takes", "*.take.npz", split="test")
    for more in ((), ("--validation", "0"), ("--hold-out", "*")):
        assert "all takes are of test clips, which are never trained on" in refused_at_the_end(*train(desk, *more))
    assert not (desk / "runs/new/run.json").exists()


def test_unknown_signer_is_refused_with_those_that_are_known(desk: Path) -> None:
    sentence = refused_at_the_end(*train(desk, "--leave-signer", "03"))
    assert sentence == "there is no take of signer 03 to hold out; the takes are of 01, 02"


def test_takes_of_two_landmarkers_are_refused_before_training(desk: Path) -> None:
    edit_takes(desk / "takes", "3-0.take.npz", landmarker="another")
    with odd_inputs.unchanged(desk):
        sentence = refused_at_the_end(*train(desk))
    assert sentence.startswith("the take of 01/train/3/0 holds landmarks of another, and that of 01/train/0/0 those of")


def test_take_of_ten_minutes_is_named_before_training(desk: Path) -> None:
    path = desk / "takes/2-3.take.npz"
    take = Take.load(path)
    times = np.arange(18_000) / 30.0
    replace(take, points=take.points[np.arange(18_000) % len(take)], times=times).save(path)
    with odd_inputs.unchanged(desk):
        sentence = refused_at_the_end(*train(desk))
    assert f"{path} is not a readable take: it has 18000 frames, and at most 9000 are read" in sentence
