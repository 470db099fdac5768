"""`ishara-deploy` and devices that were taken over: each ends in one sentence, in bounded time and memory."""

import subprocess
import sys
from pathlib import Path

from tests.deploy.hostile_device import COMMANDS, FILES, GREETINGS, Behaviour, hostile_devices

LIMIT_S = 2
MEMORY_MB = 600
# The program with shorter limits of time, and a transfer alone.
PROGRAM = f"""
import io, re, sys
from pathlib import Path
from gevent import monkey
monkey.patch_all()
from deploy import connection, status, transfer
from deploy.__main__ import main
from deploy.connection import Remote, connected, in_parallel
from deploy.inventory import load_inventory
Remote.attempt.__kwdefaults__["within_s"] = Remote.run.__kwdefaults__["within_s"] = {LIMIT_S}
status._QUERY_S, transfer._DIGESTS_S, transfer._SLOWEST_BYTES_PER_S = {LIMIT_S}, {LIMIT_S}, 1e9
connection._CONNECT_S = {LIMIT_S}
command, path = sys.argv[1], Path(sys.argv[2])
if command == "send":
    inventory = load_inventory(path)
    with connected(inventory, inventory.entries()) as connections:
        def send(remote):
            transfer.send(remote, io.BytesIO(b"content"), "model.tar")
        for name, failure in in_parallel(connections, list(connections.remotes.values()), send).items():
            print(name, failure.sentence)
else:
    main([command, "--inventory", str(path)])
# ru_maxrss would count what the tests had when they started this program.
status_text = Path("/proc/self/status").read_text()
sys.stderr.write(str(int(re.search("VmHWM:[^0-9]*([0-9]+)", status_text)[1]) // 1024))
"""


def outcomes(folder: Path, behaviours: dict[str, Behaviour], command: str) -> dict[str, str]:
    """Return the line that the operator reads about each device."""
    with hostile_devices(folder, behaviours) as inventory:
        program = [sys.executable, "-c", PROGRAM, command, str(inventory)]
        done = subprocess.run(program, capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert (done.returncode, done.stderr.isdecimal()) == (0, True), done.stderr
    assert int(done.stderr) < MEMORY_MB
    lines = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert all(line.isprintable() for line in done.stdout.splitlines())
    return {name: sentence for name, sentence in lines if name in behaviours}


TOO_LONG = "it sends more than any answer needs"
TOO_LATE = f"no answer within {LIMIT_S} s"
NO_SFTP = "its answer is none of SFTP"


def test_answers_to_commands_and_greetings_are_limited(tmp_path: Path) -> None:
    behaviours = {kind: Behaviour(command=command) for kind, command in COMMANDS.items()}
    behaviours |= {f"greeting-{kind}": Behaviour(greeting=greeting) for kind, greeting in GREETINGS.items()}
    behaviours |= {f"no-{what}": Behaviour(never=what) for what in ("channel", "request")}
    behaviours |= {"leaves": Behaviour(leaves=True), "late": Behaviour(login_s=0.5)}
    expected = {
        "endless": TOO_LONG,
        "endless-errors": TOO_LONG,
        "beyond-its-window": TOO_LONG,
        "drops": TOO_LATE,
        "no-exit-status": TOO_LATE,
        "nothing": TOO_LATE,
        "other-letters": "refused",
        "no-channel": TOO_LATE,
        "no-request": TOO_LATE,
        "leaves": "the connection was cut: ",
        "late": "its report cannot be understood",
        "greeting-endless": TOO_LONG,
        "greeting-other-letters": "cannot be reached: it does not greet as SSH does: ",
        "greeting-no-ssh": "cannot be reached: ",
    }
    found = outcomes(tmp_path, behaviours, "status")
    assert found.keys() == expected.keys()
    assert {kind: sentence for kind, sentence in expected.items() if sentence not in found[kind]} == {}, found


def test_answers_to_transfers_are_limited(tmp_path: Path) -> None:
    expected = {
        "garbage": NO_SFTP,
        "short-version": NO_SFTP,
        "wrong-letters": NO_SFTP,
        "endless-replies": TOO_LONG,
        "nothing": TOO_LATE,
    }
    assert outcomes(tmp_path, {kind: Behaviour(files=files) for kind, files in FILES.items()}, "send") == expected
