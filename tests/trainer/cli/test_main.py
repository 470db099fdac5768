import argparse
import subprocess
import sys

import pytest

from trainer.cli.arguments import parser
from trainer.cli.main import COMMANDS, load_command
from trainer.cli.values import PRECISIONS, RECIPE_NAMES, REST_VISIBILITIES

# The program on a machine where only the device's part was installed.
WITHOUT_TORCH = """
import sys
from importlib.abc import MetaPathFinder

class NoTorch(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, NoTorch())
from trainer.cli.main import main
sys.exit(main())
"""
HEAVY = ("torch", "onnx", "onnxruntime", "numba", "numpy", "matplotlib", "scipy", "ray")
IMPORTS = f"""
import sys
from trainer.cli.main import main
try:
    main(["--help"])
except SystemExit:
    pass
print("imported:", [name for name in {HEAVY!r} if name in sys.modules])
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def test_missing_library_is_named_with_the_command_that_installs_it() -> None:
    done = run(WITHOUT_TORCH, "report", "run", "--to", "report.html")
    assert done.returncode == 2
    assert done.stderr == (
        "ishara-trainer: torch is not installed here; run `make setup` in a clone, or install 'ishara[trainer]'\n"
    )


def test_help_works_without_torch() -> None:
    done = run(WITHOUT_TORCH, "train", "--help")
    assert done.returncode == 0
    assert "--accumulate" in done.stdout


def test_help_imports_nothing_heavy() -> None:
    assert run(IMPORTS).stdout.splitlines()[-1] == "imported: []"


def test_every_command_of_the_parser_can_be_loaded() -> None:
    (commands,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    assert set(commands.choices) == set(COMMANDS)
    assert all(callable(load_command(name)) for name in COMMANDS)


def test_choices_are_those_of_the_modules_that_the_parser_does_not_import() -> None:
    from trainer.bundle.quantise import Precision
    from trainer.data.extraction_job import CLIP_TIMEOUT_S
    from trainer.evaluation.rest import RestVisibility
    from trainer.training.recipe import RECIPES

    assert tuple(sorted(RECIPES)) == RECIPE_NAMES
    assert tuple(Precision) == PRECISIONS
    assert tuple(RestVisibility) == REST_VISIBILITIES
    assert parser().parse_args(["extract", "d", "--to", "t"]).clip_timeout == CLIP_TIMEOUT_S


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_states_its_meaning(command: str) -> None:
    (commands,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    assert all(action.help for action in commands.choices[command]._actions)
