import json
import shutil
from pathlib import Path

import pytest

from landmarkers.take import Provenance
from trainer.cli.main import main as trainer
from trainer.data.split import SplitEmpty
from trainer.data.store import Store
from trainer.evaluation.leave_one_signer_out import shared_signs


def evaluate(takes: Path, run: Path, *more: str) -> list[str]:
    short = ["--recipe", "trial", "--epochs", "1", "--threads", "1"]
    return ["evaluate", str(takes), "--leave-one-signer-out", "--run", str(run), *short, *more]


@pytest.fixture(scope="module")
def runs(synthetic_takes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs that left each signer's takes of signs 1 to 3 out."""
    folder = tmp_path_factory.mktemp("signers")
    assert trainer(evaluate(synthetic_takes, folder, "--signs", "1-3")) == 0
    return folder


def test_every_signer_is_evaluated_with_a_network_trained_without_that_signer(runs: Path) -> None:
    rows = Store(runs / "takes.store").rows
    for signer in ("01", "02"):
        split = json.loads((runs / f"without-{signer}" / "run.json").read_text())["split"]
        learned = [rows[number].provenance for number in split["train"]]
        assert {one.signer for one in learned if one.sign_id in {1, 2, 3}} == {"01", "02"} - {signer}
        assert {one.signer for one in learned if one.sign_id == 4} == {"01", "02"}
        assert {rows[number].provenance.signer for number in split["validation"]} == {signer}


def test_evaluation_resumes_and_reports_each_signer_the_mean_and_the_worst(
    runs: Path, synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = (runs / "without-01" / "checkpoint.pt").stat().st_mtime_ns
    shutil.rmtree(runs / "without-02")
    command = evaluate(synthetic_takes, runs, "--signs", "1-3", "--html", str(tmp_path / "report.html"))
    assert trainer([*command, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (runs / "without-01" / "checkpoint.pt").stat().st_mtime_ns == trained
    top1 = {signer: score["top1"] for signer, score in result["by_signer"].items()}
    assert {signer: score["count"] for signer, score in result["by_signer"].items()} == {"01": 12, "02": 12}
    assert result["mean"]["top1"] == pytest.approx((top1["01"] + top1["02"]) / 2)
    assert top1[result["worst_signer"]] == min(top1.values())
    assert result["signs"] == [1, 2, 3]
    report = (tmp_path / "report.html").read_text()
    assert "takes of signs 1 · " in report
    assert " (word 2) and evaluated on these takes" in report
    assert "كلمة2" in report
    assert trainer(command) == 0
    table = capsys.readouterr().out
    assert "Mean of the 2 signers" in table
    assert "signer 02" in table


def test_rotation_leaves_each_sign_without_one_signer_who_is_seen_in_others(
    synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = evaluate(synthetic_takes, tmp_path, "--signs", "1-3", "--rotate-signers", "--seeds", "1,2")
    assert trainer([*command, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    rows = Store(tmp_path / "takes.store").rows
    held_out = []
    for fold in ("fold=1", "fold=2", "fold=1,seed=2", "fold=2,seed=2"):
        split = json.loads((tmp_path / f"without-{fold}" / "run.json").read_text())["split"]
        learned = {(rows[n].provenance.sign_id, rows[n].provenance.signer) for n in split["train"]}
        judged = {(rows[n].provenance.sign_id, rows[n].provenance.signer) for n in split["validation"]}
        assert sorted(sign for sign, _ in judged) == [1, 2, 3]
        assert {signer for _, signer in judged} == {"01", "02"}
        assert learned == {(sign, signer) for sign in range(1, 5) for signer in ("01", "02")} - judged
        held_out.append(judged)
    assert held_out[:2] == held_out[2:]
    assert len(held_out[0] | held_out[1]) == 6
    assert {signer: score["count"] for signer, score in content["by_signer"].items()} == {"01": 12, "02": 12}
    first, second = content["over_seeds"]["signer 01"]["top1_by_seed"]
    assert content["over_seeds"]["signer 01"]["top1"] == pytest.approx((first + second) / 2)
    assert (content["seeds"], content["rotating"]) == ([1, 2], True)
    assert trainer(command) == 0
    table = capsys.readouterr().out
    assert "Signer 01, mean of 2 seeds: top-1 " in table
    assert " over seeds), top-5 " in table
    assert "What follows is of seed 1." in table


def test_folder_of_other_takes_is_refused(
    runs: Path, synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(synthetic_takes, tmp_path / "takes")
    next((tmp_path / "takes").glob("*.take.npz")).unlink()
    assert trainer(evaluate(tmp_path / "takes", runs)) == 2
    assert "trained on other takes than those named (0 new, 0 changed, 1 gone)" in capsys.readouterr().err


def test_only_signer_cannot_be_left_out(
    synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(synthetic_takes, tmp_path / "takes", ignore=shutil.ignore_patterns("*-[1357].take.npz"))
    assert trainer(evaluate(tmp_path / "takes", tmp_path / "runs")) == 2
    assert "no signer can be left out" in capsys.readouterr().err
    assert not list((tmp_path / "runs").glob("without-*"))


def test_signs_without_two_known_signers_are_skipped() -> None:
    both = [Provenance("c", "m", signer, "train", 71) for signer in ("01", "02")]
    alone = [
        Provenance("c", "m", signer, split, 72) for signer, split in (("01", "train"), ("02", "test"), (None, "train"))
    ]
    assert shared_signs([*both, *alone], None) == (frozenset({71}), frozenset({72}))
    assert shared_signs([*both, *alone], frozenset({71})) == (frozenset({71}), frozenset())
    with pytest.raises(SplitEmpty):
        shared_signs([*both, *alone], frozenset({72}))
