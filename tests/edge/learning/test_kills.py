"""Teaching that is killed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_device_knows_the_old_or_the_new_signs_after_a_kill_before_any_change_of_a_file() -> None:
    command = [sys.executable, "-m", "tests.edge.learning.kills"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    kills = int(answer.stdout.split()[0])
    assert kills > 10
