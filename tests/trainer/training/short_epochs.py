"""`python -m trainer`, but an epoch of the default recipe has four batches, and the second process is killed once.

That is at its sixth step, when all processes have ended the first epoch.
"""

import os
import signal
import sys
from dataclasses import replace

from trainer.cli.main import main
from trainer.training.checkpoint import TrainingState
from trainer.training.recipe import RECIPES

SHORT = replace(RECIPES["default"], samples_per_epoch=256)
_KILLED_AT = 6


def _die_at_a_step() -> None:
    step, steps = TrainingState.step, iter(range(1, _KILLED_AT + 1))

    def step_or_die(state: TrainingState) -> None:
        if next(steps) == _KILLED_AT:
            os.kill(os.getpid(), signal.SIGKILL)
        step(state)

    TrainingState.step = step_or_die  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    RECIPES["default"] = SHORT
    if (os.environ["RANK"], os.environ["TORCHELASTIC_RESTART_COUNT"]) == ("1", "0"):
        _die_at_a_step()
    sys.exit(main())
