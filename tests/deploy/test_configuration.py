import tomllib
from pathlib import Path

from edge.config import EdgeConfig, load_config

DEPLOY = Path(__file__).parents[2] / "deploy"


def test_the_example_configuration_is_one_and_leaves_the_defaults() -> None:
    config = load_config(DEPLOY / "edge.toml", {})
    assert config.mqtt is not None
    assert config.model_copy(update={"device": "ishara", "mqtt": None}) == EdgeConfig()


def test_the_example_names_every_key() -> None:
    # With the comments' keys taken in, it is still a configuration.
    lines = (DEPLOY / "edge.toml").read_text().splitlines()
    keys = [line.lstrip("# ").split("=")[0].strip() for line in lines if "=" in line and '"' not in line.split("=")[0]]
    wanted = set()
    for name, field in EdgeConfig.model_fields.items():
        section = field.annotation
        wanted |= set(getattr(section, "model_fields", {"mqtt": None} if name == "mqtt" else {name: None}))
    assert wanted - {"mqtt"} <= set(keys)
    tomllib.loads("\n".join(lines))
