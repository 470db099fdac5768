"""Configurations as files, and the sentences with which they are refused."""

from pathlib import Path

import pytest

from edge.config import ConfigInvalid
from edge.config.loading import load_config


def write_config(folder: Path, content: str) -> Path:
    """Write a configuration into a folder."""
    path = folder / "edge.toml"
    path.write_text(content, encoding="utf-8")
    return path


def refusal(path: Path | None, **variables: str) -> str:
    """Return the sentence with which a configuration is refused."""
    with pytest.raises(ConfigInvalid) as refused:
        load_config(path, variables)
    sentence = str(refused.value)
    assert "\n" not in sentence
    return sentence
