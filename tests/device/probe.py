"""Runs in the service's sandbox: tells which devices and folders are within reach, as JSON."""

import json
import os
import sys
from pathlib import Path

answers = {}
for name in sys.argv[1].split(","):
    try:
        os.close(os.open(name, os.O_RDONLY))
        answers[name] = "opened"
    except OSError as error:
        answers[name] = str(error.strerror)
for name in sys.argv[2].split(","):
    try:
        (Path(name) / "probe").write_text("")
        answers[name] = "written"
    except OSError as error:
        answers[name] = str(error.strerror)
sys.stderr.write(json.dumps(answers) + "\n")
