"""The installed program `ishara-trainer`, which says in a sentence when what it needs was not installed with it."""

import sys


def main() -> int:
    """Run the command; returns the exit code."""
    try:
        from trainer.cli.main import main as run
    except ModuleNotFoundError as error:
        print(f"ishara-trainer: {error.name} is not installed here; pip install 'ishara[trainer]'", file=sys.stderr)
        return 2
    return run()
