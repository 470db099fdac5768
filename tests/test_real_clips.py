"""The shipped bundle on real clips that it never saw; the bars of the project."""

import json
from pathlib import Path

import pytest

from edge.__main__ import main as edge
from landmarkers.take import TAKE_SUFFIX, Take
from trainer.cli.main import main as trainer

SHIPPED = Path(__file__).parents[1] / "models" / "karsl-190"
AS_FAST_AS_IT_GOES = ("--jsonl", "--pace", "fast", "--exit-at-end")


@pytest.fixture(scope="module")
def test_takes(karsl: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Takes of all test clips, as the device's landmark networks see them here."""
    takes = tmp_path_factory.mktemp("takes")
    assert trainer(["extract", str(karsl / "karsl-502"), "--split", "test", "--to", str(takes)]) == 0
    return takes


def said(capsys: pytest.CaptureFixture[str], source: str) -> list[int]:
    """The signs that the daemon says of a source."""
    capsys.readouterr()
    assert edge(["run", "--source", source, *AS_FAST_AS_IT_GOES]) == 0
    return [json.loads(line)["sign_id"] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("signs", "count", "least"), [("2-70", 35, 0.91), ("71-77", 80, 0.99)])
def test_accuracy_on_the_test_clips(
    test_takes: Path, capsys: pytest.CaptureFixture[str], signs: str, count: int, least: float
) -> None:
    assert trainer(["evaluate", str(test_takes), "--model", str(SHIPPED), "--signs", signs, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["count"] == count
    assert result["top1"] >= least


@pytest.mark.timeout(900)
def test_the_daemon_says_one_word_a_clip_and_the_right_one(
    test_takes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = sorted(test_takes.rglob(f"*{TAKE_SUFFIX}"))
    right = sum(said(capsys, f"take:{path}") == [Take.load(path).provenance.sign_id] for path in paths)
    # 110 of 115 with version 6, whose threshold keeps it silent on five rather than let it answer gestures of others.
    assert right / len(paths) >= 0.95


@pytest.mark.parametrize(
    ("clip", "sign_id"),
    [("01/01/test/0040/*.mp4", 40), ("03/03/test/0076/*", 76), ("02/02/test/0071/*", 71)],
)
def test_the_daemon_says_the_word_of_a_clip_of_either_kind(
    karsl: Path, capsys: pytest.CaptureFixture[str], clip: str, sign_id: int
) -> None:
    path = sorted((karsl / "karsl-502").glob(clip))[0]
    assert said(capsys, str(path)) == [sign_id]


def test_evaluate_reads_clips_as_well_as_takes(karsl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", str(karsl / "karsl-502"), "--model", str(SHIPPED), "--signs", "40,77", "--json"]
    assert trainer(command) == 0
    assert set(json.loads(capsys.readouterr().out)["by_sign"]) == {"40", "77"}


def test_the_daemon_says_nothing_where_nobody_is(karsl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, str(karsl.parent / "footage" / "nobody" / "bottle-detection.mp4")) == []
