"""Teaching a trained network more words from a few takes, as a user with a bundle and his own takes does it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from landmarkers.take import Provenance, Take
from models.bundle import EXEMPLARS, open_bundle, sha256_of
from models.classifier import OnnxClassifier
from models.labels import Sign, labels_json
from tests.synthetic_takes import LANDMARKER, make_take
from trainer.cli.main import main as trainer
from trainer.training.checkpoint import TrainingState

COFFEE, TEA = Sign(sign_id=1001, word="قهوة", word_en="Coffee"), Sign(sign_id=1002, word="شاي", word_en="Tea")
SHAPES = {COFFEE.sign_id: 11, TEA.sign_id: 12, 3: 2}


def write_takes(folder: Path, signs: dict[int, int], *, landmarker: str = LANDMARKER, first: int = 0) -> Path:
    """So many takes of each sign, with labels, as recording leaves them."""
    for sign_id, count in signs.items():
        for number in range(first, first + count):
            origin = Provenance(f"04/train/{sign_id:04}/{number:02}", landmarker, "04", "train", sign_id)
            take = make_take(SHAPES[sign_id], seed=100 + number, provenance=origin)
            take.save(folder / f"{origin.clip}.take.npz")
    (folder / "labels.json").write_bytes(labels_json((COFFEE, TEA)))
    return folder


def teach(ancestor: Path, takes: Path, run: Path, *more: str) -> list[str]:
    few = ["--epochs", "2", "--threads", "1"]
    return ["train", "--from", str(ancestor), "--takes", str(takes), "--run", str(run), *few, *more]


@pytest.fixture(scope="module")
def own_takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five takes of two words that the tiny bundle does not know, and three of one that it does."""
    return write_takes(tmp_path_factory.mktemp("own"), {COFFEE.sign_id: 5, TEA.sign_id: 5, 3: 3})


@pytest.fixture(scope="module")
def taught_run(tiny_bundle: Path, own_takes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("taught") / "run"
    assert trainer(teach(tiny_bundle, own_takes, run)) == 0
    return run


@pytest.fixture(scope="module")
def taught_bundle(taught_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    bundle = tmp_path_factory.mktemp("bundles") / "taught"
    assert trainer(["export", str(taught_run), "--to", str(bundle), "--name", "taught"]) == 0
    return bundle


def test_the_taught_bundle_reads_the_new_words_and_the_old_ones(
    taught_bundle: Path, made_up_takes: Path, tmp_path: Path
) -> None:
    bundle = open_bundle(taught_bundle)
    assert [sign.sign_id for sign in bundle.signs] == [1, 2, 3, 4, 1001, 1002]
    further = write_takes(tmp_path, {COFFEE.sign_id: 5, TEA.sign_id: 5}, first=20)
    classifier = OnnxClassifier(bundle)
    for folder in (further, made_up_takes):
        takes = [Take.load(path) for path in sorted(folder.rglob("*.take.npz"))]
        right = sum(classifier.classify(take).best.sign.sign_id == take.provenance.sign_id for take in takes)
        assert right >= 0.9 * len(takes)


def test_the_card_tells_what_was_taught_to_what_and_at_which_cost(taught_bundle: Path) -> None:
    card = (taught_bundle / "README.md").read_text()
    for promised in ("from tiny@1", "signer 04", "قهوة (Coffee)", "| new words, takes held out | 2 | 0 | 2 |"):
        assert promised in card
    assert "| old words, takes rehearsed | 8 |" in card


def test_the_ancestors_calibration_stays(taught_bundle: Path, tiny_bundle: Path) -> None:
    taught, tiny = (open_bundle(folder).manifest.calibration.temperature for folder in (taught_bundle, tiny_bundle))
    assert taught == pytest.approx(tiny, rel=1e-3)


def test_the_end_of_training_tells_of_new_words_and_old_and_again_when_run_again(
    taught_run: Path, tiny_bundle: Path, own_takes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = (taught_run / "checkpoint.pt").read_bytes()
    assert trainer(teach(tiny_bundle, own_takes, taught_run)) == 0
    printed = capsys.readouterr().out
    assert "one clip of each taught word with more than three held out" in printed
    assert printed.splitlines()[-2].split() == ["new", "words,", "takes", "held", "out", "2", "0.0%", "100.0%"]
    assert printed.splitlines()[-1].startswith("old words, takes rehearsed")
    assert (taught_run / "checkpoint.pt").read_bytes() == weights


def test_three_takes_a_word_are_all_learned_from_and_a_run_can_be_taught_too(
    taught_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    takes = write_takes(tmp_path / "takes", {TEA.sign_id: 3}, first=40)
    assert trainer(teach(taught_run, takes, tmp_path / "run", "--epochs", "1")) == 0
    assert "no training clip held out" in capsys.readouterr().out
    note = json.loads((tmp_path / "run" / "run.json").read_text())
    assert [sign["sign_id"] for sign in note["signs"]] == [1, 2, 3, 4, 1001, 1002]
    assert note["split"]["validation"] == []


def test_all_five_takes_are_learned_from_if_so_wanted(tiny_bundle: Path, own_takes: Path, tmp_path: Path) -> None:
    assert trainer(teach(tiny_bundle, own_takes, tmp_path / "run", "--epochs", "1", "--validation", "0")) == 0
    split = json.loads((tmp_path / "run" / "run.json").read_text())["split"]
    assert len(split["train"]) == 8 + 13


def refusal(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence with which teaching is refused."""
    capsys.readouterr()
    assert trainer(command) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("ishara-trainer: ")]
    assert len(lines) == 1
    return lines[0]


def test_a_bundle_without_what_teaching_needs_is_refused(
    tiny_bundle: Path, own_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    (bundle / EXEMPLARS).unlink()
    manifest = json.loads((bundle / "manifest.json").read_text())
    del manifest["files"][EXEMPLARS]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    OnnxClassifier(open_bundle(bundle))
    assert "tiny@1 cannot be taught" in refusal(teach(bundle, own_takes, tmp_path / "run"), capsys)


def test_weights_that_are_not_the_bundles_are_refused(
    tiny_bundle: Path, own_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    with np.load(bundle / EXEMPLARS) as there:
        content = dict(there)
    for expert in ("handshape", "motion"):
        rows = f"weight/network.experts.{expert}.head.1.weight"
        content[rows] = content[rows][::-1]
    np.savez_compressed(bundle / EXEMPLARS, **content)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"][EXEMPLARS] = sha256_of(bundle / EXEMPLARS)
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    assert "does not answer the probe" in refusal(teach(bundle, own_takes, tmp_path / "run"), capsys)


def test_takes_of_another_landmarker_are_refused(
    tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    takes = write_takes(tmp_path / "takes", {TEA.sign_id: 3}, landmarker="another")
    sentence = refusal(teach(tiny_bundle, takes, tmp_path / "run"), capsys)
    assert "holds landmarks of another" in sentence


def test_a_number_that_two_words_have_is_refused(
    taught_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    takes = write_takes(tmp_path / "takes", {TEA.sign_id: 3})
    (takes / "labels.json").write_bytes(labels_json((Sign(sign_id=1002, word="ماء", word_en="Water"),)))
    assert "sign 1002 is ماء" in refusal(teach(taught_run, takes, tmp_path / "run"), capsys)


def test_other_takes_are_not_taught_to_the_same_run(
    taught_run: Path, tiny_bundle: Path, own_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(shutil.copytree(taught_run, tmp_path / "run"))
    takes = Path(shutil.copytree(own_takes, tmp_path / "takes"))
    write_takes(takes, {TEA.sign_id: 1}, first=5)
    assert "teach into another folder" in refusal(teach(tiny_bundle, takes, run), capsys)


def test_what_is_neither_bundle_nor_run_is_refused(
    own_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "neither a bundle nor a run" in refusal(teach(tmp_path, own_takes, tmp_path / "run"), capsys)


def test_choices_of_ordinary_training_do_not_go_with_from(
    tiny_bundle: Path, own_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        trainer(teach(tiny_bundle, own_takes, tmp_path / "run", "--leave-signer", "01"))
    assert left.value.code == 2
    assert "--from teaches by its own recipe" in capsys.readouterr().err


def test_a_killed_lesson_goes_on_to_the_very_same_weights(
    taught_run: Path, tiny_bundle: Path, own_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        """Stands for a kill after the first epoch."""

    write = TrainingState.save

    def save_and_die(state: TrainingState, path: Path, epochs: int) -> None:
        write(state, path, epochs)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(TrainingState, "save", save_and_die)
        with pytest.raises(Killed):
            trainer(teach(tiny_bundle, own_takes, tmp_path / "run"))
    assert trainer(teach(tiny_bundle, own_takes, tmp_path / "run")) == 0
    whole, killed = (
        torch.load(run / "checkpoint.pt", weights_only=True)["ema"] for run in (taught_run, tmp_path / "run")
    )
    assert all(torch.equal(whole[name], killed[name]) for name in whole)
