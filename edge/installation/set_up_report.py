"""Prints the invitation to a device's set-up page, once the page answers; nothing where the device is set up already.

`ishara-deploy` and `ishara-edge setup` run this file with the device's own Python, as root.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

BOOT = Path("/proc/sys/kernel/random/boot_id")
UNIT = "ishara-edge.service"
STATE = Path("/var/lib/ishara")
# As edge/settings/location.py names them.
INVITATION = STATE / "setup-invitation.json"
SETTINGS = (Path("/etc/ishara/edge.toml"), STATE / "edge.toml")
LONGEST = 1 << 20
PAUSE_S = 0.5
CONNECT_S = 2.0


def main() -> None:
    """Wait for the page for as many seconds as the argument says."""
    deadline = time.monotonic() + float(sys.argv[1])
    while not any(path.exists() for path in SETTINGS):
        try:
            sys.stdout.write(invitation())
        except (OSError, ValueError, LookupError, TypeError) as error:
            if time.monotonic() > deadline:
                sys.exit(f"the set-up page does not answer ({error}); `journalctl -u ishara-edge` may tell why")
            time.sleep(PAUSE_S)
        else:
            return


def invitation() -> str:
    """Return the invitation of this boot, as JSON. Raises an error while the page does not answer."""
    # The folder belongs to the service's user: root follows no link there, and waits for no pipe.
    with os.fdopen(os.open(INVITATION, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), encoding="utf-8") as file:
        text = file.read(LONGEST)
    found = json.loads(text)
    if found["boot"] != boot_of_the_service():
        raise ValueError("its code is that of an earlier start")
    with socket.create_connection(("127.0.0.1", urlsplit(found["urls"][0]).port), CONNECT_S):
        return text


def boot_of_the_service() -> str:
    """Return the boot's number as the service reads it: in a container its /proc is not that of everybody else."""
    shown = ["systemctl", "show", "--property=MainPID", "--value", UNIT]
    process = subprocess.run(shown, capture_output=True, encoding="ascii", check=False).stdout.strip()
    theirs = Path(f"/proc/{process}/root{BOOT}")
    return (theirs if process not in ("", "0") and theirs.exists() else BOOT).read_text(encoding="ascii").strip()


if __name__ == "__main__":
    main()
