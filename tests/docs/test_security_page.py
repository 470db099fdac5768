"""The page on security names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`((?:tests/|test_)[A-Za-z0-9_/.]+)`", PAGE))))
def test_named_tests_exist(named: str) -> None:
    assert (ROOT / named).exists() if "/" in named else list((ROOT / "tests").rglob(named))
