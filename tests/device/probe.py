"""Runs in the service's sandbox: reports as JSON which devices can be opened and which folders can be written."""

import json
import os
import sys
from pathlib import Path

results = {}
for name in sys.argv[1].split(","):
    try:
        os.close(os.open(name, os.O_RDONLY))
        results[name] = "opened"
    except OSError as error:
        results[name] = str(error.strerror)
for name in sys.argv[2].split(","):
    try:
        (Path(name) / "probe").write_text("")
        results[name] = "written"
    except OSError as error:
        results[name] = str(error.strerror)
sys.stderr.write(json.dumps(results) + "\n")
