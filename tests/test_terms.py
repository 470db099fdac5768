"""The code speaks its field's language: private words that were replaced by standard terms must not come back."""

import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Words that must not be part of a name, each with the standard term.
NAMES = {
    "ancestor": "parent model",
    "companion": "supervised process",
    "courier": "publisher",
    "crew": "distributed context",
    "dice": "random state",
    "errand": "publisher state",
    "errands": "publisher state",
    "governor": "frame-rate controller",
    "heart": "liveness monitor",
    "judgement": "validation metrics",
    "lap": "rest pose",
    "laps": "rest poses",
    "lesson": "fine-tuning data",
    "liveliness": "frozen-frame detector",
    "merit": "score",
    "opinions": "expert log-probabilities",
    "parcel": "artifact",
    "pulse": "pipeline statistics",
    "shelf": "take folder",
    "sketch": "augmentation parameters",
    "spoiled": "damaged",
    "standing": "device status",
    "sureness": "confidence",
    "tally": "metrics",
    "taught": "fine-tuned",
    "told": "reported",
    "traits": "take statistics",
    "troubles": "faults",
    "viewfinder": "preview",
}
# Phrases that must not be in documentation, docstrings and comments, each with plain English.
PHRASES = {
    r"looked at": "processed, inspected",
    r"passed over": "skipped",
    r"(is|are|was|were) told": "is reported, is notified",
    r"(takes?|taken) up": "reconnects, accepts",
    r"gets? on": "proceeds",
    r"made[- ]up": "synthetic",
    r"held against": "compared with",
    r"makes of": "predicts for",
    r"(he|him|his|himself)": "they, their, or a noun",
    r"crew|(?<!scaling_)governor|courier|errands|sureness": "the standard term",
}
OPENING = re.compile(r'^\s*"""(What|How|Where|Whether|Who|When) ', re.MULTILINE)
# This list names the words, the guides show examples of old style, and version 0.1.0 is described in its own words.
EXEMPT = {"tests/test_terms.py", "CONTRIBUTING.md", "docs/contributing.md", "CHANGELOG.md", "docs/changelog.md"}


def files(*patterns: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.splitlines() if name not in EXEMPT]


def words_of_names(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, name and lower-case word of every word in the names of a Python source."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", token.string):
                yield token.start[0], token.string, word.lower()


def test_names_use_standard_terms() -> None:
    found = [
        f"{path}:{line}: {name}: say {NAMES[word]}"
        for path in files("*.py")
        for line, name, word in words_of_names((ROOT / path).read_text(encoding="utf-8"))
        if word in NAMES
    ]
    assert found == []


@pytest.mark.parametrize("phrase", PHRASES)
def test_prose_is_plain(phrase: str) -> None:
    pattern = re.compile(rf"(?<![\w/-]){phrase}(?![\w-])", re.IGNORECASE)
    found = [
        f"{path}:{number}: {line.strip()}: say {PHRASES[phrase]}"
        for path in files("*.py", "*.md", "*.toml", "*.service", "Makefile")
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_docstrings_are_sentences() -> None:
    found = [path for path in files("*.py") if OPENING.search((ROOT / path).read_text(encoding="utf-8"))]
    assert found == []
