"""Reports of runs, comparisons of them, and the card that tells the same figures."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer.pages import see_that_it_stands_alone
from trainer.cli.main import main as trainer
from trainer.evaluation.paired import pair_predictions
from trainer.evaluation.predictions import open_store, predict_unseen
from trainer.reports.html import interval, percent
from trainer.training.run import open_run
from trainer.training.run_metadata import RunUnusable


@pytest.fixture(scope="module")
def other_run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run, said to be of another recipe and seed, whose network reads whatever it is shown as sign 1."""
    run = Path(shutil.copytree(tiny_run, tmp_path_factory.mktemp("runs") / "forgetful"))
    note = json.loads((run / "run.json").read_text())
    changed = {"seed": 2, "recipe": note["recipe"] | {"epochs": 1}}
    (run / "run.json").write_text(json.dumps(note | changed))
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    for name, weight in state["ema"].items():
        if ".head." in name:
            weight.zero_()
            if name.endswith("bias"):
                weight[0] = 5.0
    torch.save(state, run / "checkpoint.pt")
    return run


def compared(capsys: pytest.CaptureFixture[str], first: Path, second: Path, *more: str) -> dict[str, Any]:
    assert trainer(["compare", str(first), str(second), "--json", *more]) == 0
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def test_a_report_is_one_file_that_tells_everything_of_its_run(
    tiny_run: Path, other_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "report.html"
    assert trainer(["report", str(other_run), str(tiny_run), "--to", str(to)]) == 0
    assert f"wrote {to}" in capsys.readouterr().out
    written = to.read_text(encoding="utf-8")
    see_that_it_stands_alone(written)
    for section in ("Curves", "Scores", "How sure and how right", "Worst signs", "Beside other runs"):
        assert f"<h2>{section}</h2>" in written
    for fact in ("recipe.size.head_size", "versions.torch", "split.description", "كلمة2", "signer 02"):
        assert fact in written
    readings = predict_unseen(open_run(other_run), open_store(open_run(other_run)))
    wrong = Counter(
        origin.sign_id for origin, rank in zip(readings.provenances, readings.target_ranks, strict=True) if rank
    )
    assert written.count('class="film wrong"') == sum(min(4, count) for count in wrong.values()) > 0
    assert "<td>recipe.epochs</td><td>1</td><td>20</td>" in written


def test_the_report_and_the_card_tell_the_same_figures(tiny_run: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    assert trainer(["report", str(tiny_run), "--to", str(tmp_path / "report.html")]) == 0
    written, card = (tmp_path / "report.html").read_text(), (tiny_bundle / "README.md").read_text()
    run = open_run(tiny_run)
    kinds = predict_unseen(run, open_store(run)).by_source
    assert len(kinds) == 2
    for readings in kinds.values():
        for name, score in readings.evaluation().named_scores.items():
            top1, ends = percent(score.top1), interval(score.top1_interval)
            assert re.search(f"<td>{name}</td><td[^>]*>{score.count}</td><td[^>]*>{top1}</td><td[^>]*>{ends}<", written)
    held_out = next(iter(kinds.values())).evaluation()
    for name, score in held_out.named_scores.items():
        assert f"| {name} | {score.count} | {score.top1:.1%} |" in card
    assert f"Calibration error {held_out.calibration_error:.3f}" in card


def test_a_report_goes_into_the_runs_folder_unless_told(tiny_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    assert trainer(["report", str(run)]) == 0
    assert (run / "report.html").stat().st_size > 10_000


def test_a_run_that_learned_is_told_from_one_that_did_not(
    tiny_run: Path, other_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "compared.html"
    content = compared(capsys, other_run, tiny_run, "--html", str(page))
    every = content["scores"]["all"]
    counts = [every[which] for which in ("both", "only_first", "only_second", "neither")]
    assert sum(counts) == content["takes"]
    assert every["first"] == (every["both"] + every["only_first"]) / content["takes"]
    assert every["second"] == (every["both"] + every["only_second"]) / content["takes"]
    assert every["first"] < 0.5 < 0.8 < every["second"]
    assert every["p"] < 0.05
    assert content["scores"]["signer 01"]["both"] + content["scores"]["signer 02"]["both"] == every["both"]
    assert content["differing"]["seed"] == ["2", "1"]
    assert content["differing"]["recipe.epochs"] == ["1", "20"]
    gained = sum(one["second"] - one["first"] for one in content["signs"])
    assert gained == every["only_second"] - every["only_first"]
    written = page.read_text(encoding="utf-8")
    see_that_it_stands_alone(written)
    assert f"Read by tiny alone: {every['only_second']}" in written
    assert "tiny is better" in written


def test_a_run_is_no_better_than_itself(tiny_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trainer(["compare", str(tiny_run), str(tiny_run)]) == 0
    told = capsys.readouterr().out
    assert "that may well be chance (p = 1)" in told
    assert "their notes tell no difference" in told


def test_runs_without_a_take_in_common_are_not_compared(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    readings = predict_unseen(run, open_store(run))
    half = len(readings) // 2
    with pytest.raises(RunUnusable, match="no take in common"):
        pair_predictions(readings.select(readings.indices[:half]), readings.select(readings.indices[half:]))


def test_what_cannot_be_reported_is_one_sentence(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = Path(shutil.copytree(tiny_run, tmp_path / "run", ignore=shutil.ignore_patterns("takes.store")))
    for command in (["report", str(bare)], ["compare", str(tiny_run), str(bare)]):
        assert trainer(command) == 2
        assert "name the store" in capsys.readouterr().err
    assert trainer(["compare", str(tmp_path), str(tiny_run)]) == 2
    assert "not the folder of a run" in capsys.readouterr().err
