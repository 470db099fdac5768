"""The benchmark of bundles."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.edge.tiny_bundle import PLACES, SIGNS, write_bundle
from tests.trainer.pages import assert_self_contained
from tests.trainer.stream_takes import sign_take
from trainer.cli.main import main as trainer

SHORT = ["--rounds", "2", "--threads", "1", "--batches", "1,4"]


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two takes of each sign; in one of them the hand is at another sign's position."""
    folder = tmp_path_factory.mktemp("takes")
    for sign, place in zip(SIGNS, PLACES, strict=True):
        for number in range(2):
            position = PLACES[0] if (sign, number) == (SIGNS[1], 1) else place
            sign_take(sign.sign_id, position, number=number).save(folder / f"{sign.sign_id}-{number}.take.npz")
    return folder


def measured(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    assert trainer(["benchmark", *map(str, arguments), *SHORT, "--json"]) == 0
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def test_bundles_are_measured_side_by_side(takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, poor = write_bundle(tmp_path / "good"), write_bundle(tmp_path / "poor", places=(0.2, 9.0, 9.0), version=4)
    content = measured(capsys, good, poor, "--takes", takes)
    assert [one["network"] for one in content["networks"]] == ["tiny@3 fp32", "tiny@4 fp32"]
    first, second = content["networks"]
    assert (first["count"], first["top1"], second["top1"]) == (6, pytest.approx(5 / 6), pytest.approx(2 / 6))
    assert first["bytes"] == (good / "model.onnx").stat().st_size
    assert [(one["threads"], one["batch"]) for one in first["timings"]] == [(1, 1), (1, 4)]
    assert all(one["ratio"] == 1.0 for one in first["timings"])
    for own, other in zip(first["timings"], second["timings"], strict=True):
        assert other["ratio"] == pytest.approx(other["ms"] / own["ms"])
        assert 0.0 < own["ms"] <= own["median_ms"]


def test_int8_is_compared_with_the_fp32_network_before_quantisation(
    tiny_bundle: Path, synthetic_takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "benchmark.html"
    content = measured(capsys, tiny_bundle, "--takes", synthetic_takes, "--html", page)
    shipped, before = content["networks"]
    assert (shipped["precision"], before["precision"]) == ("int8", "fp32")
    assert (shipped["shipped"], before["shipped"]) == (True, False)
    assert before["bytes"] > 2 * shipped["bytes"]
    assert shipped["agreement"] == before["agreement"] >= 0.75
    assert shipped["count"] == 4
    html = page.read_text(encoding="utf-8")
    assert_self_contained(html)
    for expected in ("tiny@1 int8", "tiny@1 fp32 (before)", "1 thread × 4", "milliseconds a take"):
        assert expected in html


def test_table_has_one_row_per_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trainer(["benchmark", str(write_bundle(tmp_path / "tiny")), *SHORT]) == 0
    head, row, *rest = capsys.readouterr().out.splitlines()
    assert head.split("  ")[0] == "network"
    assert row.startswith("tiny@3 fp32")
    assert len(head) == len(row)
    assert "top-1" not in head
    assert "took turns" in rest[1]


def test_what_cannot_be_measured_is_refused(takes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = write_bundle(tmp_path / "tiny")
    refusals: dict[str, list[str | Path]] = {
        "contains no manifest.json": [tmp_path],
        "holds no takes": [bundle, "--takes", tmp_path],
        "no take of train clips": [bundle, "--takes", takes, "--split", "train"],
    }
    for sentence, arguments in refusals.items():
        assert trainer(["benchmark", *map(str, arguments), *SHORT]) == 2
        assert sentence in capsys.readouterr().err.splitlines()[-1]
    strangers = write_bundle(
        tmp_path / "strangers", signs=[sign.model_copy(update={"sign_id": 500 + n}) for n, sign in enumerate(SIGNS)]
    )
    assert trainer(["benchmark", str(strangers), "--takes", str(takes), *SHORT]) == 2
    assert "no take of a sign that tiny@3 knows" in capsys.readouterr().err
