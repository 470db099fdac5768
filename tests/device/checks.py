"""Checks of the daemon as a service; each function returns what it saw or raises CheckFailed."""

import json
import time
from typing import Final

from tests.device.broker import Broker
from tests.device.device import PACKAGES, UNIT, CheckFailed, Device, quote, wait_until

EXIT_WITHIN_S: Final = 2.0
MAX_SCORE: Final = 1.4
WATCHDOG_S: Final = 60.0  # the unit's 30 s, and the pause before the next start
_TAKES: Final = f"take:{PACKAGES}/edge/demo/takes"
_CLIP: Final = "/srv/nobody.avi"
_PROCESSES: Final = ("/opt/ishara/bin/ishara-edge", "edge.sinks.web", "edge.sinks.web.visitors")
_DEVICE_KINDS: Final = "grep -E '^ *[0-9]+ [^ ]+$' /proc/devices"


def config(source: str = _TAKES, device: str = "entrance", more: str = "") -> str:
    """Return a configuration with broker and metrics."""
    return (
        f'device = "{device}"\nhealth_every_s = 1.0\n{more}\n[camera]\nsource = "{source}"\n'
        '[mqtt]\nhost = "127.0.0.1"\n[metrics]\n'
    )


def score(device: Device, broker: Broker) -> str:
    """Check systemd's exposure score of the unit."""
    line = device.run(f"systemd-analyze security --offline=true --no-pager /etc/systemd/system/{UNIT} | tail -1")
    exposure = float(line.split(": ")[1].split()[0])
    if exposure > MAX_SCORE:
        raise CheckFailed(line)
    return f"{exposure} (at most {MAX_SCORE})"


def active(device: Device, broker: Broker) -> str:
    """Check that the daemon emits words; a replayed take takes the place of the camera."""
    device.configure(config())
    device.start()
    wait_until(lambda: len(broker.words("entrance")) >= 2, "words on the broker")
    wait_until(lambda: "frames a second; last word" in device.show("StatusText"), "the status in plain words")
    if device.show("ActiveState") != "active" or broker.last("ishara/entrance/status") != "online":
        raise CheckFailed(f"{device.show('ActiveState')}, {broker.last('ishara/entrance/status')!r} over MQTT")
    return f"{len(broker.words('entrance'))} words; {device.show('StatusText')}"


def journal_fields(device: Device, broker: Broker) -> str:
    """Check the daemon's own fields in the journal."""
    entries = [entry for entry in device.journal() if entry.get("ISHARA_DEVICE") == "entrance"]
    if not entries or entries[-1]["PRIORITY"] != "6" or entries[-1]["LOGGER"] != "edge.app":
        raise CheckFailed("no entry with the daemon's own fields")
    return f"{entries[-1]['MESSAGE']!r} has ISHARA_MODEL={entries[-1]['ISHARA_MODEL']}, PRIORITY=6, LOGGER=edge.app"


def metrics(device: Device, broker: Broker) -> str:
    """Check the metrics for Prometheus."""
    request = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:9108/metrics').read().decode())"
    lines = device.run(f"python3 -c {quote(request)}").splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
    if float(values["ishara_words_total"]) < 1 or float(values['ishara_component_up{component="camera"}']) != 1:
        raise CheckFailed(f"{values}")
    return f"{len(values)} values, {values['ishara_words_total']} words"


def sandbox(device: Device, broker: Broker) -> str:
    """Check the unit's sandbox with a probe in place of the daemon, and device nodes of kinds that the kernel has."""
    kinds = {name: number for number, name in (line.split() for line in device.run(_DEVICE_KINDS).splitlines())}
    device.run("mknod -m 660 /dev/probe-input c 13 63; chown root:input /dev/probe-input")
    device.run("mknod -m 666 /dev/probe-foreign c 10 183")
    nodes = "/dev/probe-input,/dev/probe-foreign"
    if camera := kinds.get("video4linux"):
        device.run(f"mknod -m 660 /dev/probe-camera c {camera} 0; chown root:video /dev/probe-camera")
        nodes += ",/dev/probe-camera"
    probe = f"/opt/ishara/bin/python /srv/programs/probe.py {nodes} /etc,/opt/ishara,/var/lib/ishara,/tmp"
    unit = device.run(
        f"sed -e 's|^ExecStart=.*|ExecStart={probe}|; s|^Type=.*|Type=oneshot|; /^Restart/d' /etc/systemd/system/{UNIT}"
    )
    device.write("etc/systemd/system/probe.service", unit)
    device.run("systemctl daemon-reload; systemctl start probe")
    results = json.loads(device.run("journalctl --unit probe --output cat | grep '^{' | tail -1"))
    forbidden = "Operation not permitted"
    denied = [
        name
        for name in ("/dev/probe-input", "/dev/probe-camera")
        if results.get(name) in (forbidden, "Permission denied")
    ]
    if denied or results["/dev/probe-foreign"] != forbidden:
        raise CheckFailed(f"{results}")
    if (
        results["/var/lib/ishara"] != "written"
        or results["/tmp"] != "written"
        or "written" in (results["/etc"], results["/opt/ishara"])
    ):
        raise CheckFailed(f"{results}")
    return ", ".join(f"{name}: {result}" for name, result in results.items())


def networks_in_the_sandbox(device: Device, broker: Broker) -> str:
    """Check that images pass OpenCV and the landmark networks, as from a camera."""
    write_clip = (
        "import cv2, numpy\n"
        f"clip = cv2.VideoWriter({_CLIP!r}, cv2.VideoWriter_fourcc(*'MJPG'), 15, (320, 240))\n"
        "for shade in range(60): clip.write(numpy.full((240, 320, 3), 100 + shade, numpy.uint8))\n"
        "clip.release()"
    )
    device.run(f"/opt/ishara/bin/python -c {quote(write_clip)}")
    device.configure(config(source=_CLIP, device="clip"))
    device.start()
    wait_until(lambda: json.loads(broker.last("ishara/clip/health") or "{}").get("frames", 0) > 20, "20 frames")
    health = json.loads(broker.last("ishara/clip/health"))
    device.stop()
    landmarks_ms = health["stage_ms"]["landmarks"]["p50"]
    return f"{health['frames']} frames, {landmarks_ms} ms for landmarks, {health['memory_mb']} MB"


def visitors_in_the_sandbox(device: Device, broker: Broker) -> str:
    """Check that a visitor of the page is answered, by processes that yield the processor; one has a filter more."""
    device.configure(config().replace("[metrics]", "[metrics]\n[web]"))
    device.start()
    wait_until(lambda: "frames a second" in device.show("StatusText"), "frames")
    visit = f"/opt/ishara/bin/python /srv/programs/visitor.py ws://127.0.0.1:8300/live-signs {','.join(_PROCESSES)}"
    results = json.loads(device.run(visit).splitlines()[-1])
    device.stop()
    daemon, page, visitors = (results["processes"].get(name) for name in _PROCESSES)
    if "landmarks" not in results["answer"] or not (daemon and page and visitors):
        raise CheckFailed(f"{list(results['answer'])} from {results['processes']}")
    niceness = [one["niceness"] - daemon["niceness"] for one in (page, visitors)]
    if niceness != [5, 15] or visitors["filters"] != daemon["filters"] + 1:
        raise CheckFailed(f"{results['processes']}")
    return "answered by processes of niceness 5 and 15, and the second with one more filter of system calls"


def sigterm(device: Device, broker: Broker) -> str:
    """Check that SIGTERM ends the daemon soon and cleanly."""
    device.configure(config())
    device.start()
    wait_until(lambda: "frames a second" in device.show("StatusText"), "frames")
    seconds = device.stop()
    if seconds > EXIT_WITHIN_S or device.show("Result") != "success":
        raise CheckFailed(f"{seconds:.1f} s, {device.show('Result')}")
    if broker.last("ishara/entrance/status") != "offline":
        raise CheckFailed(f"the last status is {broker.last('ishara/entrance/status')}")
    return f"exited after {seconds:.1f} s (at most {EXIT_WITHIN_S}) and published offline"


def reload(device: Device, broker: Broker) -> str:
    """Check that SIGHUP changes the device's name, and that an invalid configuration or source is refused."""
    device.configure(config())
    device.start()
    process = device.show("MainPID")
    device.configure(config(device="hall"))
    device.run(f"systemctl reload {UNIT}")
    wait_until(lambda: broker.last("ishara/hall/status") == "online", "the new name on the broker")
    wait_until(lambda: len(broker.words("hall")) > 0, "words under the new name")
    for invalid in (config(device="hall", more="nonsense = 1"), config(source="/srv/nothing.mp4", device="hall")):
        device.configure(invalid)
        device.run(f"systemctl reload {UNIT}")
        wait_until(lambda: "the old one stays in use" in device.show("StatusText"), "the refusal in the status")
        before = len(broker.words("hall"))
        wait_until(lambda: len(broker.words("hall")) > before, "words after the refusal")  # noqa: B023  # used at once
        status = device.show("StatusText")
    device.configure(config(device="hall"))
    device.run(f"systemctl reload {UNIT}")
    wait_until(lambda: "refused" not in device.show("StatusText"), "the end of the refusal")
    if device.show("MainPID") != process or device.show("ActiveState") != "active":
        raise CheckFailed("the daemon was restarted")
    device.stop()
    return f"applied without a restart; then: {status}"


def wrong_configuration(device: Device, broker: Broker) -> str:
    """Check that an invalid configuration ends the service with exit status 2 and without a restart."""
    device.configure(config(more="nonsense = 1"))
    device.attempt(f"systemctl start {UNIT}")
    time.sleep(5.0)  # twice the unit's pause before a restart
    status, restarts, state = (device.show(name) for name in ("ExecMainStatus", "NRestarts", "ActiveState"))
    if (status, restarts, state) != ("2", "0", "failed"):
        raise CheckFailed(f"exit status {status}, {restarts} restarts, {state}")
    sentence = device.journal()[-1]
    if "there is no key nonsense" not in sentence["MESSAGE"] or sentence["PRIORITY"] != "3":
        raise CheckFailed(f"the journal ends with {sentence['MESSAGE']!r}")
    return f"exit status 2, no restart; {device.show('StatusText')}"


def camera_absent(device: Device, broker: Broker) -> str:
    """Check that an absent camera causes no restart, for longer than the watchdog waits."""
    device.configure(config(source="/dev/video9"))
    device.start()
    time.sleep(WATCHDOG_S - 20.0)
    restarts, status = device.show("NRestarts"), device.show("StatusText")
    device.stop()
    if restarts != "0" or "/dev/video9" not in status:
        raise CheckFailed(f"{restarts} restarts; status: {status}")
    return f"no restart; {status}"
