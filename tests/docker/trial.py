"""Runs beside `tests.docker` in a network of its own: the broker, the daemon, a word and the health check."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.edge.ports import is_listening
from tests.edge.waiting import wait_until

_CONFIG: Final = Path("deploy/docker/mosquitto.conf")
_PATIENCE_S: Final = 120
_PORT: Final = 1883


def main() -> int:
    """Run the checks; return the exit code."""
    root, user, daemon, check = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])
    environment = json.loads(os.environ["IMAGE_ENVIRONMENT"]) | {"HOME": "/var/lib/ishara"}
    inside = ["chroot", f"--userspec={user}", root, "env", "--chdir=/var/lib/ishara"]

    def run_inside(command: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)

    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "mosquitto.conf"
        # In its own container this folder exists.
        config.write_text(_CONFIG.read_text().replace("/mosquitto/data/", f"{folder}/") + "user root\n")
        broker = subprocess.Popen(["mosquitto", "-c", config], stderr=subprocess.DEVNULL)
        wait_until(lambda: is_listening(_PORT), "the broker")
        printed = Path(folder) / "printed"
        with printed.open("w") as output:
            edge = subprocess.Popen([*inside, *daemon], env=environment, stdout=output)
        try:
            received = run_inside(["mosquitto_sub", "-t", "ishara/entrance/word", "-C", "1", "-W", str(_PATIENCE_S)])
            healthy = run_inside([*inside, *check])
            owner = Path(f"/proc/{edge.pid}").stat().st_uid
            edge.terminate()
            code = edge.wait(_PATIENCE_S)
            stopped = run_inside([*inside, *check])
            log = printed.read_text()
        finally:
            edge.kill()
            broker.kill()
    wrong = {
        "no word arrived": received.returncode != 0,
        f"the health check of a running daemon: {healthy.stderr}": healthy.returncode != 0,
        "the daemon runs as root": owner == 0,
        f"words stand in the container's log: {log}": log != "",
        f"the daemon ends with {code}": code != 0,
        "the health check passes without a daemon": stopped.returncode != 1,
    }
    if any(wrong.values()):
        sys.stderr.write("; ".join(sentence for sentence, failed in wrong.items() if failed))
        return 1
    word = json.loads(received.stdout)["word_en"]
    sys.stdout.write(f"the word {word!r}; healthy, as user {owner}; without a daemon: {stopped.stderr}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
