"""Checks the container: the daemon answers, and processes frames unless its camera is known to be lost.

The metrics are requested twice. Exit code 0: healthy; 1: not, with a sentence.
"""

import sys
import time
import urllib.error
import urllib.request

METRICS = "http://127.0.0.1:9108/metrics"
BETWEEN_S = 3.0
FRAMES = ("ishara_frames_total", "ishara_frames_skipped_total")


def main() -> int:
    """Check; return the exit code."""
    try:
        before = metrics()
        time.sleep(BETWEEN_S)
        after = metrics()
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"the daemon does not answer at {METRICS}: {error}\n")
        return 1
    is_idle = after.get('ishara_component_up{component="camera"}') == 0 or after.get("ishara_paused") == 1
    if not is_idle and sum(after[name] for name in FRAMES) == sum(before[name] for name in FRAMES):
        sys.stderr.write(f"the daemon has processed no frame for {BETWEEN_S:.0f} s\n")
        return 1
    return 0


def metrics() -> dict[str, float]:
    """Return the daemon's metrics by name."""
    with urllib.request.urlopen(METRICS, timeout=BETWEEN_S) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


if __name__ == "__main__":
    sys.exit(main())
