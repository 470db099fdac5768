"""The checks of an image: what it must not hold, and what a board does that boots it."""

import hashlib
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from typing import Final

from tests.device.device import CheckFailed, wait_until
from tests.image.board import Board
from tests.image.card import Card

NAME: Final = "ishara-proof"
WIFI: Final = "Net of the house"
WIFI_PASSWORD: Final = "not a secret here"  # of no network
_BOOT_S: Final = 1800.0  # emulated, on a machine that does other things as well
_ANSWER_S: Final = 120.0
_INVITATION: Final = re.compile(r"its one-time code is ([0-9A-Z-]+), and the SHA-256 of its certificate ([0-9A-F:]+)")
SERVICES: Final = ("ishara-edge", "avahi-daemon", "systemd-networkd", "systemd-resolved", "systemd-timesyncd")


@dataclass(frozen=True, slots=True)
class Proof:
    """The card before it was booted, the board with it, and the services that must run there."""

    card: Card
    board: Board
    services: Sequence[str]

    def checks(self) -> dict[str, Callable[[], str]]:
        """Return the checks of the booted board in their order."""
        return {
            "set-up page": self._page,
            "code in the log": self._code,
            "ssh by key alone": self._ssh,
            "settings of the card": self._settings,
            "Wi-Fi": self._wifi,
            "partition grown": self._grown,
            "identity of its own": self._identity,
            "name on the network": self._name,
            "services": self._services,
        }

    def _page(self) -> str:
        seconds = wait_until(self._answers, "a page at port 8300", _BOOT_S)
        status, _ = self._ask("GET", "/setup")
        if status != HTTPStatus.UNAUTHORIZED:
            raise CheckFailed(f"/setup answers {status} to somebody without the code")
        return f"https answers at 8300 after {seconds:.0f} s and asks for the code"

    def _code(self) -> str:
        wait_until(lambda: _INVITATION.search(self.board.log()) is not None, "a one-time code", _ANSWER_S)
        code, fingerprint = self._invitation()
        served = _served_fingerprint(self.board)
        if fingerprint != served:
            raise CheckFailed(f"the log names the certificate {fingerprint}, but {served} is served")
        _, wrong = self._ask("POST", "/login", "token=AAAA-AAAA-AAAA")
        _, right = self._ask("POST", "/login", f"token={code}")
        if "Set-Cookie" in wrong or "Set-Cookie" not in right:
            raise CheckFailed("the code of the log does not open the page, or another one does")
        status, _ = self._ask("GET", "/setup", cookie=right["Set-Cookie"].partition(";")[0])
        if status != HTTPStatus.OK:
            raise CheckFailed(f"/setup answers {status} to who has the code")
        return "the code of the log opens the page, a wrong one does not; the certificate is that of the log"

    def _invitation(self) -> tuple[str, str]:
        """Return the code in the log, and the certificate's fingerprint."""
        found = _INVITATION.search(self.board.log())
        if found is None:
            raise CheckFailed("no one-time code stands in the log")
        return found[1], found[2].replace(":", "").lower()

    def _ssh(self) -> str:
        wait_until(lambda: self.board.ssh(["-i", str(self.board.key)], "true").returncode == 0, "ssh", _ANSWER_S * 5)
        refused = self.board.ssh(["-o", "PubkeyAuthentication=no"], "true")
        if refused.returncode == 0 or "publickey)" not in refused.stderr:
            raise CheckFailed(f"without a key ssh says: {refused.stderr.strip()}")
        return f"root by its key; else {refused.stderr.strip().splitlines()[-1]}"

    def _settings(self) -> str:
        name = self.board.run("hostname")
        left = self.board.run("grep -v '^#' /boot/firmware/ishara.txt | grep . || true")
        if name != NAME or left:
            raise CheckFailed(f"the device is named {name}, and in ishara.txt stands still {left!r}")
        return f"named {name}, and ishara.txt is empty again"

    def _wifi(self) -> str:
        file = "/etc/wpa_supplicant/wpa_supplicant-wlan0.conf"
        mode, text = self.board.run(f"stat -c %a {file}; cat {file}").split("\n", 1)
        if mode != "600" or WIFI.encode().hex() not in text or WIFI_PASSWORD in text:
            raise CheckFailed(f"the file of mode {mode} says {text}")
        return "its network is kept for root alone, without the password; no hardware to try it"

    def _grown(self) -> str:
        size = int(self.board.run("df --block-size=1 --output=size / | tail -1"))
        if size < 0.8 * self.card.size:
            raise CheckFailed(f"the root file system has {size / 1e9:.1f} GB of {self.card.size / 1e9:.1f} GB")
        return f"{size / 1e9:.1f} GB of a card of {self.card.size / 1e9:.1f} GB"

    def _identity(self) -> str:
        identity = self.board.run("cat /etc/machine-id")
        keys = self.board.run("ls /etc/ssh | grep -c 'ssh_host_.*_key$'")
        if not re.fullmatch("[0-9a-f]{32}", identity) or int(keys) < 1:
            raise CheckFailed(f"machine-id {identity!r}, {keys} host keys")
        return f"a machine-id and {keys} host keys made at this boot"

    def _name(self) -> str:
        return self.board.run(f"getent ahosts {NAME}.local | head -1")

    def _services(self) -> str:
        wait_until(
            lambda: self.board.run("systemctl is-system-running || true") in ("running", "degraded"),
            "all units",
            _BOOT_S,
        )
        failed = self.board.run("systemctl --failed --plain --no-legend")
        states = self.board.run(f"systemctl is-active {' '.join(self.services)} || true").split()
        if failed or set(states) != {"active"}:
            raise CheckFailed(f"failed: {failed or 'none'}; {dict(zip(self.services, states, strict=True))}")
        return f"{', '.join(self.services)} active, no unit has failed"

    def _answers(self) -> bool:
        try:
            return self._ask("GET", "/setup")[0] > 0
        except OSError:
            return False

    def _ask(self, method: str, path: str, body: str | None = None, cookie: str = "") -> tuple[int, Message]:
        """Return status and headers of the page's answer. Raises OSError."""
        connection = HTTPSConnection(
            self.board.address, self.board.page_port, timeout=_ANSWER_S, context=_any_certificate()
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        try:
            connection.request(method, path, body, headers | ({"Cookie": cookie} if cookie else {}))
            answer = connection.getresponse()
        except HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()
        return answer.status, answer.headers


def no_secrets(card: Card) -> str:
    """Check that the image holds nothing that must be each device's own, and no way in."""
    faults = []
    if card.read("/etc/machine-id") != "":
        faults.append("/etc/machine-id is not empty")
    faults += [f"/etc/ssh/{name}" for name in card.list("/etc/ssh") if name.startswith("ssh_host")]
    faults += [
        name for name in ("/root/.ssh", "/etc/credstore/ishara.web-token", "/etc/ishara/edge.toml") if card.list(name)
    ]
    faults += [f"{folder} is not empty" for folder in ("/var/lib/private", "/var/lib/ishara") if card.list(folder)]
    shadow = [line.split(":")[:2] for line in (card.read("/etc/shadow") or "").splitlines() if ":" in line]
    faults += [f"{user} has a password" for user, password in shadow if password[:1] not in ("*", "!")]
    if not shadow:
        faults.append("/etc/shadow cannot be read")
    if faults:
        raise CheckFailed("; ".join(faults))
    return f"no machine-id, no host key, no certificate, no settings; {len(shadow)} users without password"


def boot_partition(card: Card) -> str:
    """Check that the boot partition has what a Raspberry Pi 4 and 5 look for."""
    files = set(card.boot_files())
    needed = {"config.txt", "cmdline.txt", "start4.elf", "fixup4.dat", "ishara.txt"}
    needed |= {"bcm2711-rpi-4-b.dtb", "bcm2712-rpi-5-b.dtb", "bcm2712d0-rpi-5-b.dtb"}
    if missing := needed - files:
        raise CheckFailed(f"there is no {', '.join(sorted(missing))}")
    return f"{len(files)} files, with the firmware and device trees of both boards"


def _served_fingerprint(board: Board) -> str:
    connection = socket.create_connection((board.address, board.page_port), timeout=_ANSWER_S)
    with _any_certificate().wrap_socket(connection) as secure:
        return hashlib.sha256(secure.getpeercert(binary_form=True) or b"").hexdigest()


def _any_certificate() -> ssl.SSLContext:
    """Return a context that takes each certificate: that of the page is self-signed."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
