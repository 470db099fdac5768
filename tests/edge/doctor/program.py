"""Runs `ishara-edge doctor` as a program."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def run_doctor(
    *arguments: str | Path, settings: dict[str, str] | None = None
) -> tuple[int, dict[str, dict[str, str]], str]:
    """Return exit code, findings by check and standard error of the program."""
    done = subprocess.run(
        [sys.executable, "-m", "edge", "doctor", "--json", *arguments],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | (settings or {}),
        check=False,
    )
    content: dict[str, Any] = json.loads(done.stdout)
    assert content["ready"] is (done.returncode == 0)
    return done.returncode, {finding["check"]: finding for finding in content["findings"]}, done.stderr
