"""The benchmark of the training data loader."""

import json
from pathlib import Path

import pytest

from trainer.cli.main import main as trainer


def test_both_loaders_are_measured_on_the_same_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = ["--takes", "200", "--batch", "16", "--seconds", "0.3", "--threads", "1", "--json"]
    assert trainer(["bench-loader", str(tmp_path), *short]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["takes"] == 200
    assert content["store_bytes"] * 4 < content["reference_bytes"] == content["frames"] * 184 * 4 * 4
    rates = ("loaded_per_s", "augmented_per_s", "reference_loaded_per_s", "reference_augmented_per_s")
    assert all(content[rate] > 0.0 for rate in rates)
    assert content["speedup"] == content["augmented_per_s"] / content["reference_augmented_per_s"]
