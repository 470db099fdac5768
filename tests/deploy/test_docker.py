"""Linters check image and compose file; `make test-docker` runs the steps of the image."""

import re
import subprocess
import sys
from pathlib import Path

from edge.arguments import parse_arguments
from edge.config.loading import load_config
from tests.docker.dockerfile import read

DOCKER = Path(__file__).parents[2] / "deploy" / "docker"
PROGRAMS = Path(sys.executable).parent


def run_linter(*command: str | Path) -> tuple[int, str]:
    done = subprocess.run([PROGRAMS / command[0], *command[1:]], capture_output=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout + done.stderr


def test_image_passes_the_linter(tmp_path: Path) -> None:
    assert run_linter("hadolint", "--failure-threshold", "style", DOCKER / "Dockerfile") == (0, "")
    broken = tmp_path / "Dockerfile"
    broken.write_text((DOCKER / "Dockerfile").read_text().replace(" --no-install-recommends", ""))
    assert "DL3015" in run_linter("hadolint", "--failure-threshold", "style", broken)[1]


def test_images_are_named_by_digest() -> None:
    bases = {step.rest.partition(" AS ")[0] for step in read(DOCKER / "Dockerfile") if step.word == "FROM"}
    images = re.findall("image: (.+)", (DOCKER / "compose.yaml").read_text())
    assert len(bases) == len(images) == 1
    for image in (*bases, *images):
        assert re.fullmatch(r"[a-z-]+:[0-9a-z.-]+@sha256:[0-9a-f]{64}", image), image


def test_container_prints_no_words_into_the_engines_log() -> None:
    (command,) = (step for step in read(DOCKER / "Dockerfile") if step.word == "CMD")
    assert parse_arguments(command.parts()).quiet


def test_compose_file_fits_its_schema(tmp_path: Path) -> None:
    schema = ("check-jsonschema", "--builtin-schema", "vendor.compose-spec")
    code, output = run_linter(*schema, DOCKER / "compose.yaml")
    assert code == 0, output
    broken = tmp_path / "compose.yaml"
    broken.write_text((DOCKER / "compose.yaml").read_text().replace("cap_drop:", "cap_dorp:"))
    assert run_linter(*schema, broken)[0] == 1


def test_files_mounted_by_the_compose_file_exist() -> None:
    text = (DOCKER / "compose.yaml").read_text()
    for name in ("edge.toml", "mosquitto.conf"):
        assert f"./{name}:" in text
        assert (DOCKER / name).is_file()
    config = load_config(DOCKER / "edge.toml", {})
    assert config.mqtt is not None
    assert config.metrics is not None
    assert f"  {config.mqtt.host}:\n" in text
