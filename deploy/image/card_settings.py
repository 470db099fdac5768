"""Takes over what a person wrote into `ishara.txt` on the card: name, Wi-Fi, keys for ssh.

The image installs this file, and the device's own Python runs it as root before the network starts. The card's first
partition is FAT, so that any computer can write there. What was taken over is removed from the file: a password does
not stay on it.
"""

import hashlib
import os
import re
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

TEMPLATE = Path("usr/local/share/ishara/ishara.txt")
CARD = Path("boot/firmware/ishara.txt")
_MAX_BYTES = 65_536
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SSH_KEY = re.compile(r"(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\x00-\x1f\x7f]*)?")


@dataclass
class CardSettings:
    """The settings in the file; `faults` holds a sentence for each line that cannot be used."""

    name: str = ""
    wifi: str = ""
    wifi_password: str = ""
    wifi_country: str = ""
    ssh_keys: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def parse(content: bytes) -> CardSettings:
    """Return the settings of a file with lines `key = value`; lines that begin with # are left out.

    Windows' line ends, its mark at the beginning and a key in capitals are allowed. No content raises an error.
    """
    settings = CardSettings()
    refused = set()
    for number, line in enumerate(content[:_MAX_BYTES].decode("utf-8-sig", "replace").splitlines(), 1):
        key, _, value = (part.strip() for part in line.partition("="))
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        # What a line said is not repeated: it may be a password.
        fault = _SETTERS.get(key.lower(), _refuse)(settings, value)
        if fault:
            refused.add(key.lower())
            settings.faults.append(f"Line {number} was not used: {fault}.")
    if "wifi-password" in refused:  # without it the network would be taken for an open one
        settings.wifi = ""
    if settings.wifi_password and not settings.wifi:
        settings.faults.append("wifi-password was not used: there is no line with wifi beside it.")
    if settings.wifi_country and not settings.wifi:
        settings.faults.append("wifi-country was not used: there is no line with wifi beside it.")
    return settings


def apply(settings: CardSettings, root: Path) -> list[str]:
    """Write the settings below `root`; return a sentence for each. Raises OSError."""
    done = []
    if settings.name:
        _write(root / "etc/hostname", f"{settings.name}\n")
        hosts = root / "etc/hosts"
        lines = [line for line in hosts.read_text().splitlines() if not line.startswith("127.0.1.1")]
        _write(hosts, "\n".join([*lines, f"127.0.1.1 {settings.name}", ""]))
        done.append(f"The device is named {settings.name}.")
    if settings.wifi:
        _write(root / "etc/wpa_supplicant/wpa_supplicant-wlan0.conf", wifi_configuration(settings), mode=0o600)
        done.append("The Wi-Fi network was taken over.")
    if settings.ssh_keys:
        keys = root / "root/.ssh/authorized_keys"
        keys.parent.mkdir(mode=0o700, exist_ok=True)
        before = keys.read_text().splitlines() if keys.exists() else []
        _write(keys, "\n".join([*dict.fromkeys([*before, *settings.ssh_keys]), ""]), mode=0o600)
        done.append(f"Login by ssh is open to {len(settings.ssh_keys)} more key(s).")
    return done


def wifi_configuration(settings: CardSettings) -> str:
    """Return the configuration of wpa_supplicant, with the network's key in place of its password."""
    name = settings.wifi.encode()
    if settings.wifi_password:
        key = hashlib.pbkdf2_hmac("sha1", settings.wifi_password.encode(), name, 4096, 32).hex()
        network = f"    psk={key}\n"
    else:
        network = "    key_mgmt=NONE\n"
    country = f"country={settings.wifi_country}\n" if settings.wifi_country else ""
    return f"{country}network={{\n    ssid={name.hex()}\n    scan_ssid=1\n{network}}}\n"


def take_over(root: Path) -> tuple[CardSettings, list[str]]:
    """Take over what the card says and empty the file; return the settings and what was done. Raises OSError."""
    card = root / CARD
    content = card.read_bytes() if card.exists() else b""
    settings = parse(content)
    done = apply(settings, root)
    if done or settings.faults or not content:
        notes = [f"# {note}\n" for note in [*done, *settings.faults]]
        _write(card, "".join([(root / TEMPLATE).read_text(), *(["\n# At the last start:\n"] if notes else []), *notes]))
    return settings, done


def main() -> int:
    """Take over the card's settings; return the exit code."""
    try:
        settings, done = take_over(Path("/"))
        if settings.name:
            socket.sethostname(settings.name)
    except OSError as error:
        sys.stderr.write(f"ishara.txt cannot be taken over: {error}\n")
        return 2
    sys.stderr.write("".join(f"{line}\n" for line in [*done, *settings.faults]))
    return 0


def _set_name(settings: CardSettings, value: str) -> str:
    if not _NAME.fullmatch(value.lower()):
        return "a name has Latin letters, digits and hyphens, 63 at most"
    settings.name = value.lower()
    return ""


def _set_wifi(settings: CardSettings, value: str) -> str:
    if not 1 <= len(value.encode("utf-8", "replace")) <= 32:
        return "the name of a Wi-Fi network has 1 to 32 bytes"
    settings.wifi = value
    return ""


def _set_wifi_password(settings: CardSettings, value: str) -> str:
    if not (8 <= len(value) <= 63 and value.isascii() and value.isprintable()):
        return "the password of a Wi-Fi network has 8 to 63 Latin letters, digits and signs"
    settings.wifi_password = value
    return ""


def _set_wifi_country(settings: CardSettings, value: str) -> str:
    if not _COUNTRY.fullmatch(value.upper()):
        return "a country has two letters, such as JO"
    settings.wifi_country = value.upper()
    return ""


def _add_ssh_key(settings: CardSettings, value: str) -> str:
    if not _SSH_KEY.fullmatch(value):
        return "this is no public key of ssh, such as stands in id_ed25519.pub"
    settings.ssh_keys.append(value)
    return ""


def _refuse(settings: CardSettings, value: str) -> str:  # noqa: ARG001  # has the shape of the others
    return f"the keys are {', '.join(_SETTERS)}"


_SETTERS: dict[str, Callable[[CardSettings, str], str]] = {
    "name": _set_name,
    "wifi": _set_wifi,
    "wifi-password": _set_wifi_password,
    "wifi-country": _set_wifi_country,
    "ssh-key": _add_ssh_key,
}


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f"{path.name}.new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main())
