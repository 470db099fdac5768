"""The shipped bundle on real clips that it never saw; the bars of the project."""

import json
from pathlib import Path

import pytest

from edge.__main__ import main as edge
from trainer.__main__ import main as trainer

SHIPPED = Path(__file__).parents[1] / "models" / "karsl-190"


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("signs", "count", "least"), [("2-70", 35, 0.91), ("71-77", 80, 0.99)])
def test_accuracy_on_the_test_clips(
    karsl: Path, capsys: pytest.CaptureFixture[str], signs: str, count: int, least: float
) -> None:
    command = ["evaluate", str(karsl / "karsl-502"), "--model", str(SHIPPED), "--signs", signs, "--json"]
    assert trainer(command) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["count"] == count
    assert result["top1"] >= least


@pytest.mark.parametrize(
    ("clip", "sign_id"),
    [("01/01/test/0040/*.mp4", 40), ("03/03/test/0076/*", 76), ("02/02/test/0071/*", 71)],
)
def test_the_daemon_says_the_word_of_a_clip(
    karsl: Path, capsys: pytest.CaptureFixture[str], clip: str, sign_id: int
) -> None:
    path = sorted((karsl / "karsl-502").glob(clip))[0]
    assert edge(["run", "--source", str(path), "--jsonl", "--pace", "fast", "--exit-at-end"]) == 0
    words = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [word["sign_id"] for word in words] == [sign_id]


def test_the_daemon_says_nothing_where_nobody_is(karsl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = karsl.parent / "footage" / "nobody" / "bottle-detection.mp4"
    assert edge(["run", "--source", str(path), "--jsonl", "--pace", "fast", "--exit-at-end"]) == 0
    assert capsys.readouterr().out == ""
