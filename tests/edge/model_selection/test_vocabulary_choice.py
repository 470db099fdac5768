"""The command `vocabulary`: somebody at a distance chooses among the configured vocabularies."""

import logging
from pathlib import Path

import pytest

from edge.config import SHIPPED_MODEL, ConfigInvalid, EdgeConfig
from edge.config.loading import load_config
from edge.model_selection.plan_loading import load_plan
from edge.model_selection.vocabulary_choice import VocabularyChoice, chosen_vocabulary
from edge.requests import ChooseVocabulary, RequestRefused

TEXT = """
[vocabulary]
signs = [293]
[vocabulary.sets.clinic]
signs = [116, "182"]
[vocabulary.sets.numbers]
kinds = ["number"]
[vocabulary.sets.strange]
signs = [99999]
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EdgeConfig:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    (tmp_path / "edge.toml").write_text(TEXT)
    return load_config(tmp_path / "edge.toml", {})


def choose(config: EdgeConfig, name: str) -> int:
    """Choose a vocabulary; return how often the daemon was to reload."""
    reloads: list[None] = []
    choice = VocabularyChoice(config, lambda: reloads.append(None))
    choice.choose(ChooseVocabulary(command="vocabulary", vocabulary=name))
    return len(reloads)


def test_chosen_vocabulary_is_said_and_kept(config: EdgeConfig) -> None:
    assert VocabularyChoice(config, lambda: None).options == ("default", "clinic", "numbers", "strange")
    plan = load_plan(config, SHIPPED_MODEL)
    assert (plan.vocabulary_name, plan.allowed) == ("default", frozenset({293}))
    assert choose(config, "clinic") == 1
    plan = load_plan(config, SHIPPED_MODEL)
    assert (plan.vocabulary_name, plan.allowed) == ("clinic", frozenset({116, 182}))
    assert plan.differs_only_in_model(load_plan(config, SHIPPED_MODEL)) is False
    choose(config, "default")
    before = load_plan(config, SHIPPED_MODEL)
    assert before.allowed == frozenset({293})
    assert plan.differs_only_in_model(before)  # so it is swapped in between two frames


def test_unknown_vocabulary_is_refused(config: EdgeConfig) -> None:
    with pytest.raises(RequestRefused, match="there is no vocabulary kitchen"):
        choose(config, "kitchen")
    assert chosen_vocabulary(config) == "default"


def test_vocabulary_without_a_sign_of_the_model_keeps_no_device_from_starting(
    config: EdgeConfig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    choose(config, "strange")
    plan = load_plan(config, SHIPPED_MODEL)
    assert (plan.vocabulary_name, plan.allowed) == ("default", frozenset({293}))
    assert "the vocabulary strange, which somebody chose, is not used" in caplog.text


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"removed since", b"clinic\0", b"x" * 70_000])
def test_choice_that_cannot_be_used_is_none(config: EdgeConfig, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state" / "vocabulary-ishara").write_bytes(content)
    assert chosen_vocabulary(config) == "default"


def test_choices_are_limited(config: EdgeConfig) -> None:
    choice = VocabularyChoice(config, lambda: None)
    for name in ("clinic", "numbers"):
        choice.choose(ChooseVocabulary(command="vocabulary", vocabulary=name))
    with pytest.raises(RequestRefused, match="too often"):
        choice.choose(ChooseVocabulary(command="vocabulary", vocabulary="default"))


def test_name_of_the_section_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text("[vocabulary.sets.default]\nsigns = [1]\n")
    with pytest.raises(ConfigInvalid, match="default is the name of the section"):
        load_config(tmp_path / "edge.toml", {})
