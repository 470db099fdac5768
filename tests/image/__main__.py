"""Boots the card image, as a container or on an emulated board, and checks what a person would find."""

import argparse
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from tests.device.check_runner import run_checks
from tests.image import checks
from tests.image.board import Board, booted
from tests.image.card import Card
from tests.image.container import SERVICES, running

_CARD_BYTES: Final = 8 * 1024**3
# An emulated processor is some twenty times slower than a board's; nothing else of the image is changed.
_SLOW: Final = "[Service]\nTimeoutStartSec=1500\nWatchdogSec=600\n"
_LAST_LINES: Final = 60


def main() -> int:
    """Check the image and return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.image", description=__doc__)
    parser.add_argument("image", type=Path, help="the .img file")
    parser.add_argument("--keep", type=Path, help="a folder for the console's log")
    parser.add_argument(
        "--container", type=Path, help="the image's root file system, mounted so that it can be changed"
    )
    parser.add_argument("--emulator", type=Path, help="the QEMU for the container's programs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ishara-image-", dir="/var/tmp") as temporary:  # gigabytes
        folder = Path(temporary)
        card = Card(options.image, folder / "card.img", _CARD_BYTES)
        still = {"no secrets": lambda: checks.no_secrets(card), "boot files": lambda: checks.boot_partition(card)}
        failed = run_checks(still, str)
        key = folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        lines = [f"name = {checks.NAME}", f"wifi = {checks.WIFI}", f"wifi-password = {checks.WIFI_PASSWORD}"]
        lines += ["wifi-country = jo", f"ssh-key = {key.with_suffix('.pub').read_text().strip()}"]
        settings = "\r\n".join(lines).encode()
        if options.container is not None:
            (options.container / "boot/firmware/ishara.txt").write_bytes(settings)
            device: AbstractContextManager[Board] = running(options.container, options.emulator, folder, key)
        else:
            (folder / "slow.conf").write_text(_SLOW)
            card.write("/etc/systemd/system/ishara-edge.service.d/slow.conf", folder / "slow.conf")
            card.write_boot("ishara.txt", settings)
            device = booted(card, folder, key)
        with device as board:
            proof = checks.Proof(card, board, SERVICES if options.container is not None else checks.SERVICES)
            chosen = proof.checks()
            if options.container is not None:
                del chosen["partition grown"]
            failed += run_checks(chosen, lambda: "\n".join(board.log().splitlines()[-_LAST_LINES:]))
            if options.keep is not None:
                (options.keep / "console.log").write_text(board.log(), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
