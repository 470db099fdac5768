"""The references to configuration and commands are those of the code."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["configuration", "commands"])
def test_reference_is_up_to_date(name: str) -> None:
    generator = runpy.run_path(str(DOCS / "generate_reference.py"))
    written = (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")
    assert generator[name]() == written, "run make reference and commit the result"
