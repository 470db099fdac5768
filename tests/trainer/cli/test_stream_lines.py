"""Tests `ishara-trainer stream --lines`: the text of streams of words, a spelled name and a number."""

import json
import re
from pathlib import Path

import pytest

from models.karsl import karsl_signs
from tests.edge.tiny_bundle import SIGNS, write_bundle
from tests.trainer.stream_takes import rest_take, sign_take
from trainer.cli.main import main as trainer

LINE_SIGNS = tuple(reviewed for sign_id, (_, reviewed) in karsl_signs().items() if sign_id in (*range(32, 37), 71, 75))
NUMBERS = tuple(karsl_signs()[sign_id][1] for sign_id in (6, 12, 22))  # 5, 20, 300


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """Takes of a signer who makes each sign at another place."""
    folder = tmp_path / "takes"
    folder.mkdir()
    for place, sign in enumerate((*LINE_SIGNS, *NUMBERS), start=1):
        sign_take(sign.sign_id, 0.3 * place, seconds=1.0).save(folder / f"{sign.sign_id}.take.npz")
    rest_take().save(folder / "rest.take.npz")
    return folder


def test_lines_are_compared_and_counted(takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signs = (*LINE_SIGNS, *NUMBERS)
    bundle = write_bundle(tmp_path / "bundle", signs=signs, places=[0.3 * n for n in range(1, len(signs) + 1)])
    options = ("stream", str(takes), "--model", str(bundle), "--rates", "15", "--lines", "2")
    assert trainer([*options, "--json"]) == 0
    (rate,) = json.loads(capsys.readouterr().out)["rates"]
    assert (rate["rate"], rate["lines"], len(rate["texts"])) == (15, 2, 2)
    assert rate["right"] == sum(text["read"] == text["signed"] for text in rate["texts"])
    assert (rate["readable"], rate["readable_right"]) == (2, rate["right"])  # the network knows every clip
    for text in rate["texts"]:
        assert re.fullmatch(r"\D+ [ابتثج]{3,5} (300|320|325|305|5|20|25)", text["signed"])
    for kind, count in rate["signs"].items():
        assert 0 < count["right"] <= count["count"], kind


def test_clips_without_letters_are_refused(takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    five = SIGNS[0].model_copy(update={"word": "خمسة", "kind": "number"})  # a number sign whose text is no number
    bundle = write_bundle(tmp_path / "bundle", signs=(five, *SIGNS[1:]))
    assert trainer(["stream", str(takes), "--model", str(bundle), "--lines", "3"]) == 2
    sentence = "no signer of these clips has two words, five letters and a number, as lines need them"
    assert capsys.readouterr().err.splitlines()[-1] == f"ishara-trainer: {sentence}"
