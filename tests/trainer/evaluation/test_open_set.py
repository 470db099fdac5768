import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.edge.tiny_bundle import NOWHERE, PLACES, SIGNS, write_bundle
from tests.trainer.pages import assert_self_contained
from tests.trainer.stream_takes import sign_take
from trainer.cli.main import main as trainer
from trainer.evaluation.open_set import OpenSetEvaluation, Rate, area_under_roc

BETWEEN = (PLACES[0] + PLACES[1]) / 2
"""A place at which the network cannot decide between two signs."""


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A command on three known signs, one of them made wrongly, and two folders of others."""
    folder = tmp_path_factory.mktemp("open-set")
    for number, (sign, place) in enumerate(zip(SIGNS, (*PLACES[:2], PLACES[0]), strict=True)):
        sign_take(sign.sign_id, place, number=number).save(folder / f"known/{number}.take.npz")
    sign_take(500, PLACES[1]).save(folder / "strangers/word.take.npz")
    sign_take(501, NOWHERE).save(folder / "strangers/silent.take.npz")
    sign_take(502, BETWEEN, seconds=2.0).save(folder / "strangers/doubtful.take.npz")
    sign_take(SIGNS[0].sign_id, PLACES[0]).save(folder / "strangers/known.take.npz")
    sign_take(503, NOWHERE).save(folder / "others/silent.take.npz")
    bundle = write_bundle(folder / "tiny")
    open_set = [str(folder / "strangers"), str(folder / "others")]
    return ["evaluate", str(folder / "known"), "--model", str(bundle), "--open-set", *open_set]


def test_words_on_clips_of_unknown_signs_are_counted_by_path_and_threshold(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert trainer([*arguments, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    strangers, others, every = content["unknown"].values()
    assert [one["false_words"]["said"] for one in (strangers, others, every)] == [1, 0, 1]
    assert [one["clips"] for one in (strangers, others, every)] == [3, 1, 4]
    assert strangers["false_words"]["interval"] == pytest.approx([0.061, 0.792], abs=0.001)
    by_threshold = {row["threshold"]: row for row in content["by_threshold"]}
    assert [by_threshold[one]["false_words"]["said"] for one in (0.3, 0.6)] == [2, 1]
    assert [by_threshold[0.6][kind]["said"] for kind in ("right_words", "wrong_words")] == [2, 1]
    assert [(one["clip"], one["sign_id"]) for one in content["said"]] == [("word.take.npz", SIGNS[1].sign_id)]
    assert others["auroc"] == 1.0


def test_table_and_page_name_what_was_left_out_and_every_false_word(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "open-set.html"
    assert trainer([*arguments, "--html", str(page)]) == 0
    table = capsys.readouterr().out
    assert "tiny@3 on 3 test clips of" in table
    assert "Left out of the latter: 1 takes of signs that it knows, or augmented." in table
    assert re.search(r"^ +0\.60\* +66\.7 % .* 33\.3 % .* 25\.0 % \(4\.6 to 69\.9 %\)$", table, re.MULTILINE)
    assert f"word.take.npz: {SIGNS[1].sign_id} · {SIGNS[1].word}" in table
    written = page.read_text(encoding="utf-8")
    assert "word.take.npz" in written
    assert written.count("<svg") >= 1
    assert_self_contained(written)


def test_threshold_keeps_95_percent_of_the_right_words_and_silence_is_no_word() -> None:
    right = np.array([0.0, *np.linspace(0.05, 1.0, 20)])
    result = OpenSetEvaluation("t", (), 0.65, right, np.zeros(21), {"a": np.array([0.0, 0.07, 0.2])}, ())
    assert result.keeping_threshold == pytest.approx(0.1)
    assert Rate.of(result.right, result.keeping_threshold).said == 19
    assert Rate.of(result.all_false, result.keeping_threshold) == Rate(1, 3)
    assert Rate.of(result.all_false, 0.0) == Rate(2, 3)
    assert list(result.false_by_source) == ["a"]


def test_area_under_roc_counts_pairs_and_half_of_ties() -> None:
    assert area_under_roc(np.array([0.9, 0.5]), np.array([0.5, 0.0])) == (2 + 1 + 0.5) / 4
    result = OpenSetEvaluation("t", (), 0.65, np.ones(4), np.zeros(4), {"a": np.array([1.0, 0.0])}, ())
    area, (low, high) = result.auroc(result.all_false)
    assert area == 0.75
    assert low < 0.75 < high <= 1.0


def test_what_cannot_be_measured_is_refused_in_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    known = arguments[1]
    assert trainer([*arguments[:-2], known]) == 2
    assert "holds only takes of signs that tiny@3 knows" in capsys.readouterr().err
    for more, sentence in (
        (["--conditions"], "--conditions and --open-set are two evaluations"),
        (["--leave-one-signer-out"], "--open-set evaluates a bundle"),
    ):
        with pytest.raises(SystemExit):
            trainer([*arguments, *more])
        assert sentence in capsys.readouterr().err
