"""Image and compose file, as linters judge them; `make test-docker` does the image's steps."""

import subprocess
import sys
from pathlib import Path

from edge.config import load_config

DOCKER = Path(__file__).parents[2] / "deploy" / "docker"
PROGRAMS = Path(sys.executable).parent


def judge(*command: str | Path) -> tuple[int, str]:
    done = subprocess.run([PROGRAMS / command[0], *command[1:]], capture_output=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_linter_finds_nothing_wrong_with_the_image(tmp_path: Path) -> None:
    assert judge("hadolint", "--failure-threshold", "style", DOCKER / "Dockerfile") == (0, "")
    spoiled = tmp_path / "Dockerfile"
    spoiled.write_text((DOCKER / "Dockerfile").read_text().replace(" --no-install-recommends", ""))
    assert "DL3015" in judge("hadolint", "--failure-threshold", "style", spoiled)[1]


def test_the_compose_file_is_one(tmp_path: Path) -> None:
    schema = ("check-jsonschema", "--builtin-schema", "vendor.compose-spec")
    code, told = judge(*schema, DOCKER / "compose.yaml")
    assert code == 0, told
    spoiled = tmp_path / "compose.yaml"
    spoiled.write_text((DOCKER / "compose.yaml").read_text().replace("cap_drop:", "cap_dorp:"))
    assert judge(*schema, spoiled)[0] == 1


def test_what_the_compose_file_hands_in_is_there() -> None:
    text = (DOCKER / "compose.yaml").read_text()
    for name in ("edge.toml", "mosquitto.conf"):
        assert f"./{name}:" in text
        assert (DOCKER / name).is_file()
    config = load_config(DOCKER / "edge.toml", {})
    assert config.mqtt is not None
    assert config.metrics is not None
    assert f"  {config.mqtt.host}:\n" in text
