"""The findings of the doctor about labels and vocabulary."""

from pathlib import Path
from typing import Any

import pytest

from edge.config import EdgeConfig
from edge.diagnostics.finding import State
from edge.doctor.signs import check_spoken_signs
from tests.edge.tiny_bundle import TITLE


@pytest.mark.parametrize(
    ("sections", "state", "sentence"),
    [
        ({}, State.OK, "all 3 signs may be said"),
        ({"vocabulary": {"signs": [76, 71]}}, State.OK, "2 of 3 signs may be said"),
        (
            {"vocabulary": {"signs": [76, 500]}},
            State.WARNING,
            f"1 of 3 signs may be said; {TITLE} does not know signs of [vocabulary]: 500",
        ),
        (
            {"vocabulary": {"signs": [500]}},
            State.FAILED,
            "[vocabulary] names none of the 3 signs of tiny@3; name one of them",
        ),
        (
            {"labels": {"file": "none.csv"}},
            State.FAILED,
            "the labels none.csv cannot be read: No such file or directory",
        ),
    ],
)
def test_what_may_be_said_is_reported(
    sections: dict[str, Any], state: State, sentence: str, bundle_folder: Path
) -> None:
    finding = check_spoken_signs(EdgeConfig.model_validate(sections), bundle_folder)
    assert (finding.state, finding.sentence) == (state, sentence)


def test_without_the_bundle_nothing_is_known(tmp_path: Path) -> None:
    assert check_spoken_signs(EdgeConfig(), tmp_path).state == State.SKIPPED
