"""The checks of `ishara-deploy` with two devices; each function returns what it measured or raises CheckFailed."""

import json
import os
import random
import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Final

from deploy.artifact import open_artifact
from tests.device.broker import Broker
from tests.device.device import UNIT, CheckFailed, Device, quote, wait_until
from tests.fleet.bundles import make_bundle
from tests.fleet.site import PROBATION_S, CommandResult, Site

PUSH_S: Final = 15.0
_STEPS: Final = "packages, landmark networks, trusted keys, configuration, credentials, unit, program, command, service"
_KILLS: Final = 20
_LINK_SLOW: Final = "4mbit"


def active_bundle(device: Device) -> str:
    """Return the store's folder of the active bundle; an empty string for the shipped one."""
    return device.attempt("basename $(readlink /var/lib/ishara/models/current)").stdout.strip()


def is_processing(device: Device) -> bool:
    """Return True if the daemon processes frames."""
    return device.show("ActiveState") == "active" and "frames a second" in device.show("StatusText")


def canary_outcome(result: CommandResult) -> str:
    return result.row("north").partition("the canary")[2].strip()


def unknown_host(site: Site) -> str:
    """A host with an unknown or a changed host key is sent nothing."""
    known = site.workstation.folder / "known_hosts"
    right = known.read_text()
    try:
        known.write_text("")
        unknown = site.workstation.fleet("status").expect(2, "the host key of 10.77.0.2:22 is not in")
        swapped = right.replace("10.77.0.2", "@").replace("10.77.0.3", "10.77.0.2").replace("@", "10.77.0.3")
        known.write_text(swapped)
        site.workstation.fleet("provision").expect(2, "shows another host key than")
    finally:
        known.write_text(right)
    if site.north.path("opt/ishara").exists():
        raise CheckFailed("something was sent")
    return unknown.row("north")


def provision_twice(site: Site) -> str:
    dry = site.workstation.fleet("provision", "--dry-run").expect(0)
    if _STEPS not in dry.row("north"):
        raise CheckFailed(f"the dry run tells not all that is missing: {dry.row('north')}")
    if site.north.path("opt/ishara").exists() or site.north.path("etc/ishara").exists():
        raise CheckFailed("the dry run has changed something")
    began = time.monotonic()
    site.workstation.fleet("provision").expect(0, "9 changes")
    took = time.monotonic() - began
    for device in site.devices.values():
        wait_until(lambda device=device: is_processing(device), "frames", 120.0)  # type: ignore[misc]
    second = site.workstation.fleet("provision").expect(0)
    if any("0 changes" not in second.row(name) for name in site.devices):
        raise CheckFailed(f"the second run changes something: {second.out}")
    rights = site.north.run("stat --format '%a %U' /etc/credstore/ishara.mqtt-password /etc/credstore")
    if rights.split("\n") != ["600 root", "700 root"]:
        raise CheckFailed(f"the password's rights: {rights}")
    return f"9 changes on each of two devices in {took:.0f} s, then 0 changes"


def provision_change(site: Site) -> str:
    """A changed key of one device's configuration needs one step and a reload without a restart."""
    process = site.north.show("MainPID")
    site.workstation.write_inventory('[hosts.south.values]\nsource = "/dev/video7"\n')
    dry = site.workstation.fleet("provision", "--dry-run").expect(0)
    if "0 changes" not in dry.row("north") or "2 changes" not in dry.row("south"):
        raise CheckFailed(dry.out)
    site.workstation.fleet("provision").expect(0)
    wait_until(lambda: "/dev/video7" in site.south.show("StatusText"), "the new source")
    site.workstation.write_inventory()
    site.workstation.fleet("provision").expect(0)
    wait_until(lambda: is_processing(site.south), "the old source")
    if site.north.show("MainPID") != process:
        raise CheckFailed("the other device's daemon was restarted")
    return dry.row("south")


def push(site: Site) -> str:
    bundle = make_bundle(site.workstation)
    wanted = open_artifact(bundle).installed_name
    plan = site.workstation.fleet("push", str(bundle), "--dry-run").expect(0)
    if str(wanted) not in plan.row("north") or active_bundle(site.north):
        raise CheckFailed(f"the dry run: {plan.out}")
    began = time.monotonic()
    site.workstation.fleet("push", str(bundle), "--until", "healthy", "--only", "north").expect(0)
    took = time.monotonic() - began
    if active_bundle(site.north) != wanted or active_bundle(site.south):
        raise CheckFailed(f"{active_bundle(site.north)!r} serves on one, {active_bundle(site.south)!r} on the other")
    site.workstation.fleet("push", str(bundle), "--until", "healthy").expect(0)
    if active_bundle(site.south) != wanted:
        raise CheckFailed(f"{active_bundle(site.south)!r} serves")
    # No fault where a machine is busy: the load tells.
    return f"active on a device after {took:.1f} s ({PUSH_S:.0f} are the target; load {os.getloadavg()[0]:.1f})"


def status(site: Site) -> str:
    result = site.workstation.fleet("status", "--json").expect(0)
    for one in json.loads(result.out):
        if (
            not one["well"]
            or not str(one["bundle"]).startswith(str(one["model"]).replace("@", "-"))
            or not one["frames_per_s"]
        ):
            raise CheckFailed(f"{one}")
    return site.workstation.fleet("status").expect(0).row("north")


def hot_swap(site: Site) -> str:
    """A hot swap keeps the daemon, its connection, and the counts of frames and words."""
    broker = Broker(site.north)
    wait_until(lambda: len(broker.words("north")) >= 2, "words on the broker")
    process = site.north.show("MainPID")
    bundle = make_bundle(site.workstation)
    site.workstation.fleet("push", str(bundle), "--until", "healthy").expect(0)
    after = len(broker.words("north")) + 2
    wait_until(lambda: len(broker.words("north")) >= after, "words of the new model")
    healths = [json.loads(one.payload) for one in broker.messages() if one.topic == "ishara/north/health"]
    frames = [health["frames"] for health in healths]
    if site.north.show("MainPID") != process or frames != sorted(frames) or any(one["dropped"] for one in healths):
        raise CheckFailed(f"another process, or frames were lost: {frames}, {[one['dropped'] for one in healths]}")
    numbers = [event["seq"] for event in broker.events("north")]  # words and utterances are numbered together
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise CheckFailed(f"words or utterances were lost or doubled: {numbers}")
    states = [one.payload for one in broker.messages() if one.topic == "ishara/north/status" and not one.retained]
    if "offline" in states or len(states) > 1:
        raise CheckFailed(f"the connection was lost: {states}")
    # The first words are of earlier models: they waited for this broker.
    versions = [int(word["model"].partition("@")[2]) for word in broker.words("north")]
    if versions != sorted(versions) or not bundle.name.endswith(f"-{versions[-1]}"):
        raise CheckFailed(f"words came from the versions {versions}")
    kept = f"{frames[-1] - frames[0]} frames, none dropped; {len(numbers)} words and utterances, none lost"
    return f"{kept}; version {versions[-1]} reads"


def proven(site: Site) -> str:
    """A push waits until the model has passed its probation."""
    began = time.monotonic()
    result = site.workstation.fleet("push", str(make_bundle(site.workstation)), "--only", "north").expect(0, ", proven")
    return (
        f"after {time.monotonic() - began:.0f} s, of which {PROBATION_S:.0f} s are probation: {canary_outcome(result)}"
    )


def killed_while_installing(site: Site) -> str:
    """After kills of the installing command at random moments the old or a new model is active and complete."""
    moments, device, before = random.Random(7), site.north, active_bundle(site.north)
    install = "/opt/ishara/bin/ishara-edge models install --config /etc/ishara/edge.toml --activate --allow-downgrade"
    served: list[str] = []
    for number in range(2):
        device.path(f"srv/{number}.tar").write_bytes(open_artifact(make_bundle(site.workstation)).content)
    for kill in range(_KILLS):
        device.attempt(f"timeout --signal=KILL {moments.uniform(0.2, 1.6):.2f} {install} /srv/{kill % 2}.tar")
        opened = "from pathlib import Path; from models.bundle import open_bundle; from models.classifier import "
        opened += "OnnxClassifier; OnnxClassifier(open_bundle(Path('/var/lib/ishara/models/current')))"
        device.run(f"/opt/ishara/bin/python -c {quote(opened)}")
        served.append(active_bundle(device))
    device.run(f"rm /srv/*.tar; systemctl reload {UNIT}")
    wait_until(lambda: is_processing(device), "frames", 60.0)
    site.workstation.fleet("push", str(make_bundle(site.workstation)), "--until", "healthy").expect(0)
    changes = sum(one != other for one, other in pairwise([before, *served]))
    return f"{_KILLS} kills at random moments: {_KILLS} times a working model, {changes} times another one than before"


def network_cut(site: Site) -> str:
    """A push over a slow link that is cut after a third resumes, and sends only the rest."""
    bundle = make_bundle(site.workstation)
    size = len(open_artifact(bundle).content)
    site.limit_rate("north", _LINK_SLOW)
    pushing = site.workstation.start("push", str(bundle), "--until", "healthy", "--only", "north")
    try:
        wait_until(lambda: _arrived(site.north) > size // 3, "a third of the bundle", 120.0)
        site.disconnect("north")
        out, err = pushing.communicate(timeout=120)
        there = _arrived(site.north)
    finally:
        site.reconnect("north")
        pushing.kill()
        site.remove_rate_limit("north")
    result = CommandResult(pushing.returncode, out, err).expect(1, "cut")
    if not 0 < there < size:
        raise CheckFailed(f"{there} of {size} bytes arrived before the cut")
    again = site.workstation.fleet("push", str(bundle), "--until", "healthy", "--only", "north").expect(0)
    sent = next(line for line in again.err.splitlines() if "sent now" in line)
    if f"{size - there:,} of {size:,}" not in sent:
        raise CheckFailed(f"{there} bytes were there, and then: {sent}")
    site.workstation.fleet("push", str(bundle), "--until", "healthy").expect(0)
    return f"{canary_outcome(result)}; then {sent.partition('(')[2].rstrip(')')}"


def canary_fails(site: Site) -> str:
    """A canary whose daemon cannot start ends the rollout, although camera and bundle are good."""
    bundle = make_bundle(site.workstation)
    before = active_bundle(site.south)
    site.north.run(f"systemctl stop {UNIT}; systemctl mask --runtime {UNIT}")
    try:
        result = site.workstation.fleet("push", str(bundle), "--until", "healthy", "--timeout", "10")
        if result.code == 0 or "not tried, because the canary failed" not in result.row("south"):
            raise CheckFailed(result.out + result.err)
    finally:
        site.north.run(f"systemctl unmask --runtime {UNIT}; systemctl start {UNIT}")
    if active_bundle(site.south) != before:
        raise CheckFailed("the next wave was changed nevertheless")
    return result.row("south")


def rollback(site: Site) -> str:
    site.workstation.fleet("push", str(make_bundle(site.workstation)), "--until", "healthy").expect(0)
    now = active_bundle(site.north)
    site.workstation.fleet("rollback", "--until", "healthy").expect(0)
    before = [active_bundle(device) for device in site.devices.values()]
    if now in before:
        raise CheckFailed(f"{now} is still active")
    return f"from {now} to {before[0]}"


def app_release(site: Site) -> str:
    """A device rolls back a release that does not start by itself, and a good one on request."""
    before = site.north.run("readlink /opt/ishara")
    broken = _changed_wheel(site, "9.9.1", "edge/app.py", "raise SystemExit(3)\n")
    result = site.workstation.fleet("push", str(broken)).expect(
        2, "is active again", "not tried, because the canary failed"
    )
    if site.north.run("readlink /opt/ishara") != before or not is_processing(site.north):
        raise CheckFailed(f"the previous release is not active: {site.north.run('readlink /opt/ishara')}")
    good = _changed_wheel(site, "9.9.2", "edge/new.py", '"""New."""\n')
    site.workstation.fleet("push", str(good)).expect(0, "runs 9.9.2-")
    again = site.workstation.fleet("push", str(good)).expect(0, "already")
    site.workstation.fleet("rollback", "--app").expect(0)
    if site.north.run("readlink /opt/ishara") != before:
        raise CheckFailed(f"{site.north.run('readlink /opt/ishara')} is active after the rollback")
    return f"{canary_outcome(result)}; {again.row('south')}"


def _arrived(device: Device) -> int:
    found = device.attempt("cat /home/keeper/.cache/ishara/incoming/*/*.part | wc -c").stdout.strip()
    return int(found or 0)


def _changed_wheel(site: Site, version: str, name: str, content: str) -> Path:
    """The project's wheel under another version, with one file replaced or added."""
    folder = site.workstation.folder / version
    subprocess.run(["python3", "-m", "zipfile", "-e", site.workstation.wheel, folder], check=True)
    (folder / name).write_text(content)
    old = next(folder.glob("ishara-*.dist-info"))
    metadata = old / "METADATA"
    was = site.workstation.wheel.name.split("-")[1]
    metadata.write_text(metadata.read_text().replace(f"\nVersion: {was}\n", f"\nVersion: {version}\n"))
    new = old.rename(old.with_name(f"ishara-{version}.dist-info"))
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "RECORD")
    (new / "RECORD").write_text("".join(f"{path.relative_to(folder)},,\n" for path in [*files, new / "RECORD"]))
    wheel = site.workstation.folder / f"ishara-{version}-py3-none-any.whl"
    subprocess.run(["python3", "-m", "zipfile", "-c", wheel, *sorted(folder.iterdir())], check=True)
    return wheel
