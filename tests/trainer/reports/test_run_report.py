"""Reports of runs, their comparison, and the card with the same figures."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer.pages import assert_self_contained
from trainer.cli.main import main as trainer
from trainer.evaluation.paired import pair_predictions
from trainer.evaluation.predictions import predict_unseen
from trainer.reports.formatting import interval, percent
from trainer.training.run import open_run
from trainer.training.run_metadata import RunUnusable
from trainer.training.run_store import open_store


@pytest.fixture(scope="module")
def other_run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run with another recipe and seed in its metadata, whose network classifies everything as sign 1."""
    run = Path(shutil.copytree(tiny_run, tmp_path_factory.mktemp("runs") / "forgetful"))
    metadata = json.loads((run / "run.json").read_text())
    changed = {"seed": 2, "recipe": metadata["recipe"] | {"epochs": 1}}
    (run / "run.json").write_text(json.dumps(metadata | changed))
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


def test_report_is_one_file_with_everything_about_its_run(
    tiny_run: Path, other_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "report.html"
    assert trainer(["report", str(other_run), str(tiny_run), "--to", str(to)]) == 0
    assert f"wrote {to}" in capsys.readouterr().out
    written = to.read_text(encoding="utf-8")
    assert_self_contained(written)
    for section in ("Curves", "Scores", "Calibration", "Worst signs", "Comparison with other runs"):
        assert f"<h2>{section}</h2>" in written
    for fact in ("recipe.size.head_size", "versions.torch", "split.description", "كلمة2", "signer 02"):
        assert fact in written
    predictions = predict_unseen(open_run(other_run), open_store(open_run(other_run)))
    wrong = Counter(
        provenance.sign_id
        for provenance, rank in zip(predictions.provenances, predictions.target_ranks, strict=True)
        if rank
    )
    assert written.count('class="animation wrong"') == sum(min(4, count) for count in wrong.values()) > 0
    assert "<td>recipe.epochs</td><td>1</td><td>20</td>" in written


def test_report_and_card_have_the_same_figures(tiny_run: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    assert trainer(["report", str(tiny_run), "--to", str(tmp_path / "report.html")]) == 0
    written, card = (tmp_path / "report.html").read_text(), (tiny_bundle / "README.md").read_text()
    run = open_run(tiny_run)
    sources = predict_unseen(run, open_store(run)).by_source
    assert len(sources) == 2
    for predictions in sources.values():
        for name, score in predictions.evaluation().named_scores.items():
            top1, ends = percent(score.top1), interval(score.top1_interval)
            assert re.search(f"<td>{name}</td><td[^>]*>{score.count}</td><td[^>]*>{top1}</td><td[^>]*>{ends}<", written)
    held_out = next(iter(sources.values())).evaluation()
    for name, score in held_out.named_scores.items():
        assert f"| {name} | {score.count} | {score.top1:.1%} |" in card
    assert f"Calibration error {held_out.calibration_error:.3f}" in card


def test_report_is_written_to_the_runs_folder_by_default(tiny_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    assert trainer(["report", str(run)]) == 0
    assert (run / "report.html").stat().st_size > 10_000


def test_trained_run_is_significantly_better_than_an_untrained_one(
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
    assert content["differences"]["seed"] == ["2", "1"]
    assert content["differences"]["recipe.epochs"] == ["1", "20"]
    gained = sum(one["second"] - one["first"] for one in content["signs"])
    assert gained == every["only_second"] - every["only_first"]
    written = page.read_text(encoding="utf-8")
    assert_self_contained(written)
    assert f"Only tiny correct: {every['only_second']}" in written
    assert "tiny is better" in written


def test_run_does_not_differ_from_itself(tiny_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trainer(["compare", str(tiny_run), str(tiny_run)]) == 0
    table = capsys.readouterr().out
    assert "this may well be chance (p = 1)" in table
    assert "no differences in metadata" in table


def test_runs_without_a_take_in_common_are_not_compared(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    predictions = predict_unseen(run, open_store(run))
    half = len(predictions) // 2
    with pytest.raises(RunUnusable, match="no take in common"):
        pair_predictions(predictions.select(predictions.indices[:half]), predictions.select(predictions.indices[half:]))


def test_missing_store_or_run_is_one_sentence(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = Path(shutil.copytree(tiny_run, tmp_path / "run", ignore=shutil.ignore_patterns("takes.store")))
    for command in (["report", str(bare)], ["compare", str(tiny_run), str(bare)]):
        assert trainer(command) == 2
        assert "name the store" in capsys.readouterr().err
    assert trainer(["compare", str(tmp_path), str(tiny_run)]) == 2
    assert "not the folder of a run" in capsys.readouterr().err
