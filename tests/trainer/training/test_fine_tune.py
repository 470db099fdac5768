"""Fine-tuning of a trained network on more words, by a user with a bundle and a few takes."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from landmarkers.take import Provenance, Take
from models.bundle import EXEMPLARS, open_bundle, sha256_of
from models.classifier import OnnxClassifier
from models.labels import Sign, labels_json
from models.sign_number import number_of_word
from tests.consented_takes import consent
from tests.synthetic_takes import LANDMARKER, make_take
from trainer.cli.main import main as trainer
from trainer.data.consents import CONSENTS, read_consents
from trainer.reports.curves import read_curves
from trainer.training.checkpoint import TrainingState
from trainer.training.exemplars import load_exemplars
from trainer.training.parent_model import open_parent_model
from trainer.training.run import open_run

COFFEE = Sign(sign_id=number_of_word("قهوة"), word="قهوة", word_en="Coffee")
TEA = Sign(sign_id=number_of_word("شاي"), word="شاي", word_en="Tea")
AGREED = consent("مريم")
HANDSHAPES = {COFFEE.sign_id: 11, TEA.sign_id: 12, 3: 2}


def write_takes(folder: Path, counts: dict[int, int], *, landmarker: str = LANDMARKER, first: int = 0) -> Path:
    """Write this many takes of each sign, with labels, as recording does."""
    for sign_id, count in counts.items():
        for number in range(first, first + count):
            agreed = AGREED if sign_id == COFFEE.sign_id else None
            signer = agreed.person if agreed else "04"
            provenance = Provenance(
                f"{signer}/train/{sign_id:04}/{number:02}", landmarker, signer, "train", sign_id, consent=agreed
            )
            take = make_take(HANDSHAPES[sign_id], seed=100 + number, provenance=provenance)
            take.save(folder / f"{provenance.clip}.take.npz")
    (folder / "labels.json").write_bytes(labels_json((COFFEE, TEA)))
    return folder


def fine_tune(parent: Path, takes: Path, run: Path, *more: str) -> list[str]:
    return ["fine-tune", "--from", str(parent), "--takes", str(takes), "--run", str(run), "--epochs", "2", *more]


@pytest.fixture(scope="module")
def new_takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five takes of two words that the tiny bundle does not know, and three of one that it does."""
    return write_takes(tmp_path_factory.mktemp("new"), {COFFEE.sign_id: 5, TEA.sign_id: 5, 3: 3})


@pytest.fixture(scope="module")
def fine_tuned_run(tiny_bundle: Path, new_takes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("fine-tuned") / "run"
    assert trainer(fine_tune(tiny_bundle, new_takes, run)) == 0
    return run


@pytest.fixture(scope="module")
def fine_tuned_bundle(fine_tuned_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    bundle = tmp_path_factory.mktemp("bundles") / "fine-tuned"
    assert trainer(["export", str(fine_tuned_run), "--to", str(bundle), "--name", "fine-tuned"]) == 0
    return bundle


def test_steps_wait_for_no_second_thread(fine_tuned_run: Path) -> None:
    starts = json.loads((fine_tuned_run / "run.json").read_text())["starts"]
    assert [start["threads"] for start in starts] == [1]


def test_fine_tuned_bundle_classifies_new_and_old_words(
    fine_tuned_bundle: Path, synthetic_takes: Path, tmp_path: Path
) -> None:
    bundle = open_bundle(fine_tuned_bundle)
    assert [sign.sign_id for sign in bundle.signs] == [1, 2, 3, 4, TEA.sign_id, COFFEE.sign_id]
    unseen = write_takes(tmp_path, {COFFEE.sign_id: 5, TEA.sign_id: 5}, first=20)
    classifier = OnnxClassifier(bundle)
    for folder in (unseen, synthetic_takes):
        takes = [Take.load(path) for path in sorted(folder.rglob("*.take.npz"))]
        correct = sum(classifier.classify(take).best.sign.sign_id == take.provenance.sign_id for take in takes)
        assert correct >= 0.9 * len(takes)


def test_card_describes_the_parent_the_new_words_and_the_forgetting(fine_tuned_bundle: Path) -> None:
    card = (fine_tuned_bundle / "README.md").read_text()
    assert "with 8 rehearsed takes of the old signs" in card
    for expected in ("from tiny@1", "signer 04", "قهوة (Coffee)", "| new words, takes held out | 2 | 0 | 2 |"):
        assert expected in card
    assert "| old words, takes rehearsed | 8 |" in card


def test_bundle_lists_the_consents_behind_it_and_names_nobody_who_gave_one(
    fine_tuned_bundle: Path, tiny_bundle: Path, fine_tuned_run: Path
) -> None:
    assert read_consents(fine_tuned_bundle) == {AGREED.consent_id}
    assert not (tiny_bundle / CONSENTS).exists()
    assert CONSENTS in open_bundle(fine_tuned_bundle).manifest.files
    exemplars = load_exemplars(fine_tuned_bundle / EXEMPLARS).takes
    assert {take.provenance.signer for take in exemplars} == {"01", "02", "04", AGREED.consent_id}
    metadata = np.load(fine_tuned_bundle / EXEMPLARS)["metadata"].item()
    for text in ((fine_tuned_bundle / "README.md").read_text(), json.loads(metadata)["provenance"]):
        assert AGREED.person not in str(text)
    # Whatever is fine-tuned from it lists them, too.
    assert open_parent_model(fine_tuned_bundle).consents == {AGREED.consent_id}
    assert open_parent_model(fine_tuned_run).consents == {AGREED.consent_id}


def test_curves_show_the_accuracy_on_what_is_held_out(fine_tuned_run: Path) -> None:
    curve = read_curves(fine_tuned_run)["accuracy/validation"]
    assert curve.steps == (0, 1)
    assert curve.values[-1] == 1.0


def test_calibration_of_the_parent_is_kept(fine_tuned_bundle: Path, tiny_bundle: Path) -> None:
    bundles = [open_bundle(folder) for folder in (fine_tuned_bundle, tiny_bundle)]
    fine_tuned, parent = (bundle.manifest.calibration.temperature for bundle in bundles)
    assert fine_tuned == pytest.approx(parent, rel=1e-3)


def test_finished_run_prints_its_results_again_and_does_not_change(
    fine_tuned_run: Path, tiny_bundle: Path, new_takes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = (fine_tuned_run / "checkpoint.pt").read_bytes()
    assert trainer(fine_tune(tiny_bundle, new_takes, fine_tuned_run)) == 0
    printed = capsys.readouterr().out
    assert "a quarter of the clips of each new word held out" in printed
    assert printed.splitlines()[-2].split() == ["new", "words,", "takes", "held", "out", "2", "0.0%", "100.0%"]
    assert printed.splitlines()[-1].startswith("old words, takes rehearsed")
    assert (fine_tuned_run / "checkpoint.pt").read_bytes() == weights


def test_run_can_be_fine_tuned_and_three_takes_of_a_word_are_all_trained_on(
    fine_tuned_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    takes = write_takes(tmp_path / "takes", {TEA.sign_id: 3}, first=40)
    assert trainer(fine_tune(fine_tuned_run, takes, tmp_path / "run", "--epochs", "1")) == 0
    assert "no training clip held out" in capsys.readouterr().out
    metadata = json.loads((tmp_path / "run" / "run.json").read_text())
    assert [sign["sign_id"] for sign in metadata["signs"]] == [1, 2, 3, 4, TEA.sign_id, COFFEE.sign_id]
    assert metadata["split"]["validation"] == []
    assert open_run(tmp_path / "run").parent_consents == {AGREED.consent_id}


def test_bundle_that_rehearses_takes_of_no_sign_learns_new_words(
    tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    with np.load(bundle / EXEMPLARS) as saved:
        content = dict(saved)
    metadata = json.loads(str(content["metadata"]))
    metadata["provenance"][0]["sign_id"] = None
    replace_exemplars(bundle, content | {"metadata": np.array(json.dumps(metadata))})
    takes = write_takes(tmp_path / "takes", {TEA.sign_id: 3})
    assert trainer(fine_tune(bundle, takes, tmp_path / "run", "--epochs", "1")) == 0
    assert "fine-tuned tiny@1 on 3 takes" in capsys.readouterr().out


def replace_exemplars(bundle: Path, content: dict[str, Any]) -> None:
    np.savez_compressed(bundle / EXEMPLARS, **content)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"][EXEMPLARS] = sha256_of(bundle / EXEMPLARS)
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def test_no_validation_trains_on_all_takes(tiny_bundle: Path, new_takes: Path, tmp_path: Path) -> None:
    command = fine_tune(tiny_bundle, new_takes, tmp_path / "run", "--epochs", "1", "--no-validation")
    assert trainer(command) == 0
    split = json.loads((tmp_path / "run" / "run.json").read_text())["split"]
    assert len(split["train"]) == 8 + 13


def refusal(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one sentence with which the command is refused."""
    capsys.readouterr()
    assert trainer(command) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("ishara-trainer: ")]
    assert len(lines) == 1
    return lines[0]


def test_bundle_without_exemplars_is_refused(
    tiny_bundle: Path, new_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    (bundle / EXEMPLARS).unlink()
    manifest = json.loads((bundle / "manifest.json").read_text())
    del manifest["files"][EXEMPLARS]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    OnnxClassifier(open_bundle(bundle))
    assert "tiny@1 cannot be fine-tuned" in refusal(fine_tune(bundle, new_takes, tmp_path / "run"), capsys)


def test_weights_of_another_network_are_refused(
    tiny_bundle: Path, new_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    with np.load(bundle / EXEMPLARS) as saved:
        content = dict(saved)
    for expert in ("handshape", "motion"):
        rows = f"weight/network.experts.{expert}.head.1.weight"
        content[rows] = content[rows][::-1]
    replace_exemplars(bundle, content)
    assert "does not answer the probe" in refusal(fine_tune(bundle, new_takes, tmp_path / "run"), capsys)


def test_takes_of_another_landmarker_are_refused(
    tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    takes = write_takes(tmp_path / "takes", {TEA.sign_id: 3}, landmarker="another")
    sentence = refusal(fine_tune(tiny_bundle, takes, tmp_path / "run"), capsys)
    assert "holds landmarks of another" in sentence


def test_sign_number_with_two_words_is_refused(
    fine_tuned_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    takes = write_takes(tmp_path / "takes", {TEA.sign_id: 3})
    (takes / "labels.json").write_bytes(labels_json((TEA.model_copy(update={"word": "ماء", "word_en": "Water"}),)))
    sentence = refusal(fine_tune(fine_tuned_run, takes, tmp_path / "run"), capsys)
    assert f"sign {TEA.sign_id} is “شاي” in run and “ماء” in" in sentence
    assert f"`ishara-trainer renumber {takes} {TEA.sign_id}`" in sentence
    assert trainer(["renumber", str(takes), str(TEA.sign_id)]) == 0
    assert trainer(fine_tune(fine_tuned_run, takes, tmp_path / "run", "--epochs", "1")) == 0
    signs = json.loads((tmp_path / "run" / "run.json").read_text())["signs"]
    assert sorted(sign["word"] for sign in signs[4:]) == ["شاي", "قهوة", "ماء"]


def test_run_of_other_takes_is_refused(
    fine_tuned_run: Path, tiny_bundle: Path, new_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(shutil.copytree(fine_tuned_run, tmp_path / "run"))
    takes = Path(shutil.copytree(new_takes, tmp_path / "takes"))
    write_takes(takes, {TEA.sign_id: 1}, first=5)
    assert "(1 new, 0 changed, 0 gone); name another folder with --run" in refusal(
        fine_tune(tiny_bundle, takes, run), capsys
    )


def test_folder_that_is_neither_bundle_nor_run_is_refused(
    new_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "neither a bundle nor a run" in refusal(fine_tune(tmp_path / "none", new_takes, tmp_path / "run"), capsys)


def test_options_of_training_from_scratch_are_refused(
    tiny_bundle: Path, new_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        trainer(fine_tune(tiny_bundle, new_takes, tmp_path / "run", "--leave-signer", "01"))
    assert exit_info.value.code == 2
    assert "unrecognized arguments: --leave-signer 01" in capsys.readouterr().err


def test_killed_fine_tuning_resumes_to_identical_weights(
    fine_tuned_run: Path, tiny_bundle: Path, new_takes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        """Simulates a kill after the first epoch."""

    save = TrainingState.save

    def save_and_die(state: TrainingState, path: Path, epochs: int) -> None:
        save(state, path, epochs)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(TrainingState, "save", save_and_die)
        with pytest.raises(Killed):
            trainer(fine_tune(tiny_bundle, new_takes, tmp_path / "run"))
    assert trainer(fine_tune(tiny_bundle, new_takes, tmp_path / "run")) == 0
    whole, killed = (
        torch.load(run / "checkpoint.pt", weights_only=True)["ema"] for run in (fine_tuned_run, tmp_path / "run")
    )
    assert all(torch.equal(whole[name], killed[name]) for name in whole)
