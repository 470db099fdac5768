import argparse
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from edge.arguments import parse_arguments, parser


def commands(root: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parsers of all commands and actions."""
    for action in root._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield command
                yield from commands(command)


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        parse_arguments(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"ishara-edge {version('ishara')}\n"


@pytest.mark.parametrize("command", commands(parser()), ids=lambda command: command.prog)
def test_every_command_and_argument_is_described(command: argparse.ArgumentParser) -> None:
    assert command.format_help().startswith(f"usage: {command.prog}")
    assert command.description or command.prog.split()[1] == "models"
    assert all(action.help for action in command._actions if not isinstance(action, argparse._SubParsersAction))


def test_parser_is_built_without_heavy_libraries() -> None:
    heavy = "('numpy', 'pydantic', 'PIL', 'onnxruntime', 'cv2', 'paho')"
    code = f"import sys; from edge.arguments import parser; parser(); print([n for n in {heavy} if n in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
