"""The check of `ishara-deploy collect`, and of forgetting a person on the device and on the workstation."""

import subprocess
import sys
from pathlib import Path

from landmarkers.consent import Purpose
from tests.consented_takes import KNOWN, OWN, consent, keep
from tests.device.device import CheckFailed, Device
from tests.fleet.site import Site

_FORGET = "STATE_DIRECTORY=/var/lib/ishara ishara-edge learning forget --person maryam --config /etc/ishara/edge.toml"


def collect_and_forget(site: Site) -> str:
    """Takes that people gave for training are collected once, and nobody's after they were forgotten."""
    to = site.workstation.folder / "collected"
    for name, device in site.devices.items():
        kept = site.workstation.folder / f"kept-{name}"
        for number, person in enumerate(("maryam", "sami")):
            keep(kept, consent(person), KNOWN, 1, shape=number)
            keep(kept, consent(person), OWN, 1, shape=2 + number)
        keep(kept, consent("laila", Purpose.DEVICE), KNOWN, 1, shape=5)
        _put(kept, device, name)
    first = site.workstation.fleet("collect", "--to", str(to)).expect(0)
    again = site.workstation.fleet("collect", "--to", str(to)).expect(0)
    for name in site.devices:
        if "4 new" not in first.row(name) or "4 already here" not in again.row(name):
            raise CheckFailed(f"{first.out}{again.out}")
        site.devices[name].run(_FORGET)
    forget = [sys.executable, "-m", "trainer", "forget", "--person", "maryam", "--takes", str(to)]
    done = subprocess.run(forget, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0 or "forgot 4 takes of maryam" not in done.stdout:
        raise CheckFailed(done.stdout + done.stderr)
    last = site.workstation.fleet("collect", "--to", str(to)).expect(0)
    left = sorted(path.parts[-4] for path in to.rglob("*.take.npz"))
    there = [site.devices[name].run(f"ls /var/lib/ishara/learning-{name}/takes") for name in site.devices]
    if left != ["sami"] * 4 or any("maryam" in names for names in there):
        raise CheckFailed(f"{left} are left here, and on the devices {there}")
    return f"{first.row('north')}; then {again.row('north')}; maryam forgotten, then {last.row('north')}"


def _put(kept: Path, device: Device, name: str) -> None:
    """Put takes where the daemon would have kept them."""
    tar = subprocess.run(["tar", "-c", "-C", str(kept), "."], capture_output=True, check=True).stdout
    device.path("srv/kept.tar").write_bytes(tar)
    folder = f"/var/lib/ishara/learning-{name}"
    device.run(f"mkdir -p {folder}/takes && tar -x -C {folder}/takes -f /srv/kept.tar && rm /srv/kept.tar")
    device.run(f"chown -R --reference=/var/lib/ishara/. {folder} && chmod 700 {folder}")
