"""Commands and configurations in README and documentation are accepted by the programs that they name."""

import argparse
import re
import shlex
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.arguments import parser as deploy_parser
from edge.arguments import parser as edge_parser
from edge.config.loading import load_config
from trainer.cli.arguments import parser as trainer_parser

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
PARSERS = {"ishara-edge": edge_parser, "ishara-trainer": trainer_parser, "ishara-deploy": deploy_parser}


def blocks(page: Path) -> Iterator[list[str]]:
    """Yield the indented code blocks of a page."""
    block: list[str] = []
    for line in [*page.read_text(encoding="utf-8").splitlines(), "end"]:
        if line.startswith("    ") or (block and not line):
            block.append(line[4:])
        elif block:
            yield block
            block = []


def commands() -> Iterator[tuple[str, str]]:
    """Yield the page and text of each command of ours."""
    for page in PAGES:
        for block in blocks(page):
            text = re.sub(r"\\\n\s*", " ", "\n".join(block))
            for line in text.splitlines():
                found = re.search(r"(?:^|[/ ])(ishara-(?:edge|trainer|deploy) .*)", line)
                if found and not line.lstrip().startswith("#"):
                    yield page.relative_to(ROOT).as_posix(), found[1]


def parsed(command: str) -> list[str]:
    """Return the arguments without comments, shell operators and optional parts."""
    text = re.split(r"\s#|\s&&|\s&$|\s\||\s>", command)[0]
    text = re.sub(r"\[(--[^\]]*)\]", r"\1", text).replace("...", "").replace("…", "x")
    return shlex.split(text)


@pytest.mark.parametrize(("page", "command"), list(commands()))
def test_command_is_accepted(page: str, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    program, *arguments = parsed(command)
    parser: argparse.ArgumentParser = PARSERS[program]()
    # Parsing ends early with a message for a mention without arguments, which is right, and for a mistake.
    with suppress(SystemExit):
        parser.parse_args(arguments)
    message = capsys.readouterr().err
    assert not message or "the following arguments are required" in message, f"{page}: {command}"
    # argparse names missing arguments before unknown ones, so the options of a mention are looked up by themselves.
    options = {argument.partition("=")[0] for argument in arguments if argument.startswith("--")}
    reference = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert {option for option in options if f"`{option}`" not in reference} == set(), f"{page}: {command}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_configuration_is_accepted(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(page)):
        if re.match(r"\[(camera|rate|model|mqtt|captions|metrics|web)\]", block[0]):
            path = tmp_path / f"{number}.toml"
            path.write_text("\n".join(block), encoding="utf-8")
            tomllib.loads(path.read_text(encoding="utf-8"))
            load_config(path, {})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_named_files_exist(page: Path) -> None:
    packages = "deploy|docs|edge|examples|ishara|landmarkers|models|tests|trainer"
    named = re.findall(rf"(?<![\w/.])((?:{packages})/[\w./-]*\w)", page.read_text(encoding="utf-8"))
    made = ("ishara/ishara", "landmarkers/tasks", "models/labels", "models/mine", "models/tuned", "models/karsl-502")
    assert [name for name in named if not (ROOT / name).exists() and not name.startswith(made)] == []
