"""Whether the container is well: the daemon answers, and looks at frames unless its camera is known to be away.

The metrics are asked for twice. Exit 0 well, 1 not, with a sentence.
"""

import sys
import time
import urllib.error
import urllib.request

METRICS = "http://127.0.0.1:9108/metrics"
BETWEEN_S = 3.0
FRAMES = ("ishara_frames_total", "ishara_frames_skipped_total")


def main() -> int:
    """Look; returns the exit code."""
    try:
        before = ask()
        time.sleep(BETWEEN_S)
        after = ask()
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"the daemon does not answer at {METRICS}: {error}\n")
        return 1
    is_away = after.get('ishara_part_well{part="camera"}') == 0 or after.get("ishara_paused") == 1
    if not is_away and sum(after[name] for name in FRAMES) == sum(before[name] for name in FRAMES):
        sys.stderr.write(f"the daemon has looked at no frame for {BETWEEN_S:.0f} s\n")
        return 1
    return 0


def ask() -> dict[str, float]:
    """The daemon's figures by name."""
    with urllib.request.urlopen(METRICS, timeout=BETWEEN_S) as answer:
        lines = answer.read().decode().splitlines()
    told = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in told}


if __name__ == "__main__":
    sys.exit(main())
