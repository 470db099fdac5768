"""Tests the shipped bundle on real clips of the test split against the project's bars."""

import json
from pathlib import Path

import pytest

from edge.__main__ import main as edge
from landmarkers.take import TAKE_SUFFIX, Take
from tests.edge.daemon import printed_words
from trainer.cli.main import main as trainer

SHIPPED = Path(__file__).parents[1] / "models" / "karsl-230"
FAST = ("--jsonl", "--pace", "fast", "--exit-at-end")


@pytest.fixture(scope="module")
def test_takes(karsl: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return takes of all test clips, extracted here with the device's landmark networks."""
    takes = tmp_path_factory.mktemp("takes")
    assert trainer(["extract", str(karsl / "karsl-502"), "--split", "test", "--to", str(takes)]) == 0
    return takes


def recognised(capfd: pytest.CaptureFixture[str], source: str) -> list[int]:
    """Return the signs that the daemon recognises in a source."""
    capfd.readouterr()
    assert edge(["run", "--source", source, *FAST]) == 0
    return [word.sign_id for word in printed_words(capfd.readouterr().out)]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("signs", "count", "least"), [("2-70", 35, 0.91), ("71-77", 80, 0.99)])
def test_accuracy_on_the_test_clips(
    test_takes: Path, capfd: pytest.CaptureFixture[str], signs: str, count: int, least: float
) -> None:
    assert trainer(["evaluate", str(test_takes), "--model", str(SHIPPED), "--signs", signs, "--json"]) == 0
    result = json.loads(capfd.readouterr().out)
    assert result["count"] == count
    assert result["top1"] >= least


@pytest.mark.timeout(900)
def test_daemon_emits_one_correct_word_per_clip(test_takes: Path, capfd: pytest.CaptureFixture[str]) -> None:
    paths = sorted(test_takes.rglob(f"*{TAKE_SUFFIX}"))
    correct = sum(recognised(capfd, f"take:{path}") == [Take.load(path).provenance.sign_id] for path in paths)
    # Some are left without a word, rather than that other people's gestures and signs are read as words.
    assert correct / len(paths) >= 0.93


@pytest.mark.parametrize(
    ("clip", "sign_id"),
    [("01/01/test/0040/*.mp4", 40), ("03/03/test/0076/*", 76), ("02/02/test/0071/*", 71)],
)
def test_daemon_recognises_clips_of_each_kind(
    karsl: Path, capfd: pytest.CaptureFixture[str], clip: str, sign_id: int
) -> None:
    path = sorted((karsl / "karsl-502").glob(clip))[0]
    assert recognised(capfd, str(path)) == [sign_id]


def test_evaluate_accepts_clips_as_well_as_takes(karsl: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", str(karsl / "karsl-502"), "--model", str(SHIPPED), "--signs", "40,77", "--json"]
    assert trainer(command) == 0
    assert set(json.loads(capfd.readouterr().out)["by_sign"]) == {"40", "77"}


def test_daemon_emits_nothing_where_nobody_is(karsl: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert recognised(capfd, str(karsl.parent / "footage" / "nobody" / "bottle-detection.mp4")) == []
