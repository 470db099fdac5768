"""The gain of teaching, measured on a word of one's own, and on a bundle that cannot be taught."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from edge.config import SHIPPED_MODEL
from edge.demo.tour import TAKES
from landmarkers.take import TAKE_SUFFIX, Take
from models.labels import Sign, labels_json
from tests.edge.tiny_bundle import write_bundle
from trainer.cli.main import main as trainer

OWN = Sign(sign_id=2_000_000, word="عيادة", word_en="clinic")


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """The shipped takes, and one of them played backwards as a word of one's own, thrice, on two days."""
    folder = shutil.copytree(TAKES, tmp_path / "takes")
    last = Take.load(sorted(folder.glob(f"*{TAKE_SUFFIX}"))[-1])
    for number, day in enumerate(("01_12_16", "01_12_16", "02_12_16")):
        provenance = replace(last.provenance, clip=f"own_({day}_09_00_0{number})", sign_id=OWN.sign_id, signer="r")
        backwards = replace(last, points=last.points[::-1][number:], times=last.times[number:], provenance=provenance)
        backwards.save(folder / f"own/{number}{TAKE_SUFFIX}")
    (folder / "labels.json").write_bytes(labels_json((OWN,)))
    return folder


def test_further_takes_of_a_learned_word_are_judged_by_day_and_old_signs_beside_them(
    takes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", str(takes), "--model", str(SHIPPED_MODEL), "--teach", "1", "--draws", "2"]
    assert trainer([*command, "--open-set", str(takes / "own"), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["correct"] == {
        "new words": {"count": 1, "before": 0.0, "after": 1.0},
        "new words, another day": {"count": 3, "before": 0.0, "after": 1.0},
        "old signs": {"count": 9, "before": 1.0, "after": 1.0},
    }
    assert content["said"]["new words"]["after"] == 1.0
    assert content["false"]["after"] == 1.0
    assert trainer(command) == 0
    table = capsys.readouterr().out
    assert " taught 1 takes of each sign by one signer" in table
    assert "new words, another day            3    0.0 %  100.0 %  43.9 to 100.0 %" in table


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--teach", "5"], "no known signer has more than 5 takes of a sign, to be judged on the others"),
        (["--teach", "1", "--conditions"], "--teach prints a table of its own, so --conditions cannot be given"),
    ],
)
def test_what_cannot_be_learned_is_said(
    takes: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = trainer(["evaluate", str(takes), "--model", str(SHIPPED_MODEL), *arguments])
    except SystemExit as exit_of_parser:
        code = exit_of_parser.code
    assert code == 2
    assert sentence in capsys.readouterr().err


def test_bundle_that_cannot_learn_is_refused(takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = write_bundle(tmp_path / "tiny")
    assert trainer(["evaluate", str(takes), "--model", str(bundle), "--teach", "1"]) == 2
    assert "tiny@3 cannot be taught signs, as it was exported without what that needs" in capsys.readouterr().err
