import re
from pathlib import Path
from typing import get_args

from edge.config import (
    CaptionsConfig,
    EdgeConfig,
    ModelConfig,
    SpeechConfig,
    WebConfig,
)
from edge.config.loading import load_config
from edge.config.section import Section
from edge.libraries import DEBIAN_PACKAGES
from edge.sinks.speech.loudspeaker import DEBIAN_PACKAGES as SPEECH_PACKAGES

DEPLOY = Path(__file__).parents[2] / "deploy"


def test_example_configuration_holds_the_defaults() -> None:
    config = load_config(DEPLOY / "edge.toml", {})
    assert config.mqtt is not None
    # Named, because models are installed by another user than the service, which owns the state folder.
    assert config.model == ModelConfig(store=Path("/var/lib/ishara/models"))
    without = {"device": "ishara", "model": ModelConfig(), "mqtt": None, "metrics": None}
    assert config.model_copy(update=without) == EdgeConfig()


def test_example_names_every_key() -> None:
    text = (DEPLOY / "edge.toml").read_text()
    kinds = {name: get_args(field.annotation) or (field.annotation,) for name, field in EdgeConfig.model_fields.items()}
    for name, (kind, *_) in kinds.items():
        is_section = isinstance(kind, type) and issubclass(kind, Section)
        for key in kind.model_fields if is_section else [name]:
            assert re.search(rf"^(# )?{key} = ", text, re.MULTILINE), key


def test_captions_of_the_example_hold_the_defaults(tmp_path: Path) -> None:
    _, _, text = (DEPLOY / "edge.toml").read_text().partition("# [captions]")
    (tmp_path / "edge.toml").write_text("[captions]" + text.partition("\n\n")[0].replace("\n# ", "\n"))
    assert load_config(tmp_path / "edge.toml", {}).captions == CaptionsConfig()


def test_speech_of_the_example_holds_the_defaults(tmp_path: Path) -> None:
    _, _, text = (DEPLOY / "edge.toml").read_text().partition("# [speech]")
    (tmp_path / "edge.toml").write_text("[speech]" + text.partition("\n\n")[0].replace("\n# ", "\n"))
    speech = load_config(tmp_path / "edge.toml", {}).speech
    assert speech is not None
    assert speech.model_copy(update={"voice_file": None}) == SpeechConfig()


def test_live_page_of_the_example_holds_the_defaults(tmp_path: Path) -> None:
    _, _, text = (DEPLOY / "edge.toml").read_text().partition("# [web]")
    (tmp_path / "edge.toml").write_text("[web]" + text.partition("\n\n")[0].replace("\n# ", "\n"))
    web = load_config(tmp_path / "edge.toml", {}).web
    assert web is not None
    assert web.model_copy(update={"token_file": None, "certificate_file": None, "key_file": None}) == WebConfig()


def test_error_of_a_missing_library_names_its_packages() -> None:
    assert DEBIAN_PACKAGES.split() == (DEPLOY / "debian-packages-mediapipe.txt").read_text().split()
    assert SPEECH_PACKAGES.split() == (DEPLOY / "debian-packages-speech.txt").read_text().split()
