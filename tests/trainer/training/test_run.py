"""The metadata of a run, as this and other releases write them."""

import json
from pathlib import Path
from typing import Any

import pytest

from models.karsl import review
from tests.edge.tiny_bundle import SIGNS
from trainer.training.recipe import RECIPES
from trainer.training.run import Run, open_run
from trainer.training.run_metadata import RunUnusable

RECIPE = RECIPES["trial"]
SHOWN = tuple(map(review, SIGNS))  # export and reports show these


def content() -> dict[str, Any]:
    return {
        "recipe": RECIPE.as_content(),
        "seed": 1,
        "signs": [sign.model_dump() for sign in SIGNS],
        "split": {"train": [0, 1], "validation": [2], "description": "one of each sign"},
        "takes": 3,
        "landmarkers": ["synthetic"],
        "fine_tuning": {"parent": "tiny@3", "rehearsed_takes": 5},
        "starts": [],
    }


def open_content(folder: Path, metadata: object) -> Run:
    (folder / "run.json").write_text(json.dumps(metadata))
    return open_run(folder)


def test_recipe_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = open_content(tmp_path, content())
    assert run.recipe == RECIPE
    assert (run.signs, run.train, run.parent) == (SHOWN, (0, 1), "tiny@3")


def test_keys_of_another_release_are_ignored(tmp_path: Path) -> None:
    metadata = content() | {"surprise": 1}
    for part in (
        metadata["recipe"],
        metadata["recipe"]["size"],
        metadata["recipe"]["augmentation"],
        metadata["recipe"]["augmentation"]["transforms"],
        metadata["split"],
        metadata["signs"][0],
        metadata["fine_tuning"],
    ):
        part["surprise"] = {"a": [1]}
    run = open_content(tmp_path, metadata)
    assert run.recipe == RECIPE
    assert run.signs == SHOWN


def test_keys_that_an_earlier_release_lacks_have_their_defaults(tmp_path: Path) -> None:
    metadata = content()
    del metadata["starts"], metadata["fine_tuning"], metadata["recipe"]["patience"]
    del metadata["recipe"]["augmentation"]["static_hands"], metadata["recipe"]["augmentation"]["transforms"]["jitter"]
    run = open_content(tmp_path, metadata)
    assert run.recipe == RECIPE
    assert run.parent is None


@pytest.mark.parametrize(
    "text",
    ["", "null", "[" * 60_000, '{"seed": ' + "1" * 5000 + "}", '{"seed": NaN}', '{"recipe": {}}', '{"recipe": []}'],
    ids=range(7),
)
def test_other_content_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunUnusable) as refused:
        open_run(tmp_path)
    assert str(tmp_path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").mkdir()
    with pytest.raises(RunUnusable, match="cannot be read"):
        open_run(tmp_path)
