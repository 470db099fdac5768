"""The program `ishara-trainer`: data set to takes, takes to a run, run to a bundle, and the figures of each."""

import argparse
import errno
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from landmarkers.errors import UserError
from trainer.cli.arguments import parse_arguments
from trainer.targets import remedy_of

# Imported only when a command runs: torch and matplotlib take seconds, and a device lacks them.
COMMANDS: Final = {
    "extract": "trainer.cli.data_commands:run_extract",
    "extract-unknown": "trainer.cli.data_commands:run_extract_unknown",
    "import-npz": "trainer.cli.data_commands:run_import_npz",
    "forget": "trainer.cli.forget_commands:run_forget",
    "renumber": "trainer.cli.data_commands:run_renumber",
    "import-pose": "trainer.cli.data_commands:run_import_pose",
    "export-pose": "trainer.cli.data_commands:run_export_pose",
    "review": "trainer.cli.review_commands:run_review",
    "bench-loader": "trainer.cli.data_commands:run_bench_loader",
    "train": "trainer.cli.training_commands:run_train",
    "fine-tune": "trainer.cli.training_commands:run_fine_tune",
    "export": "trainer.cli.bundle_commands:run_export",
    "improve": "trainer.cli.improvement_commands:run_improve",
    "evaluate": "trainer.cli.evaluation_commands:run_evaluate",
    "stream": "trainer.cli.evaluation_commands:run_stream",
    "report": "trainer.cli.report_commands:run_report_command",
    "compare": "trainer.cli.report_commands:run_compare",
    "benchmark": "trainer.cli.bundle_commands:run_benchmark",
    "quantise-hand": "trainer.cli.bundle_commands:run_quantise_hand",
}


# What only the user can resolve, wherever it comes up: a full disk or one that fails, and files of others.
EXPECTED: Final = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOSPC,
        errno.EPERM,
        errno.EROFS,
    }
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    try:
        options = parse_arguments(arguments)
        run = load_command(options.command)
    except ModuleNotFoundError as error:
        remedy = "run `make setup` in a clone, or install 'ishara[trainer]'"
        print(f"ishara-trainer: {error.name} is not installed here; {remedy}", file=sys.stderr)
        return 2
    try:
        return run(options)
    except UserError as error:
        print(f"ishara-trainer: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno not in EXPECTED:
            raise
        where = error.filename or "a file of this command"
        print(
            f"ishara-trainer: {where} cannot be read or written: {error.strerror}; {remedy_of(error)}", file=sys.stderr
        )
        return 2
    except KeyboardInterrupt:
        print("ishara-trainer: stopped; run the same command again to resume", file=sys.stderr)
        return 1


def load_command(name: str) -> Callable[[argparse.Namespace], int]:
    """Import the function that runs a command. Raises ModuleNotFoundError where a library is not installed."""
    module, function = COMMANDS[name].split(":")
    run: Callable[[argparse.Namespace], int] = getattr(import_module(module), function)
    return run
