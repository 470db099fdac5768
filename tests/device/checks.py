"""What the daemon must do as a service, one function a check; each returns what it saw or raises CheckFailed."""

import json
import random
import time
from collections.abc import Callable
from typing import Final

from tests.device.broker import Broker
from tests.device.device import PACKAGES, UNIT, CheckFailed, Device, quoted, wait_until

LEAVE_S: Final = 2.0
WORST_SCORE: Final = 2.0
_TAKES: Final = f"take:{PACKAGES}/edge/demo/takes"
_CLIP: Final = "/srv/nobody.avi"
_KINDS: Final = "grep -E '^ *[0-9]+ [^ ]+$' /proc/devices"
_BACK_S: Final = 60.0
_AWAY_S: Final = 8.0  # in which some words are said
_WATCHDOG_S: Final = 60.0  # the unit's 30 s, and the pause before the next start
_RETAINED: Final = ("status", "model", "health")


def config(source: str = _TAKES, device: str = "entrance", more: str = "") -> str:
    """A configuration with broker and metrics."""
    return (
        f'device = "{device}"\nhealth_every_s = 1.0\n{more}\n[camera]\nsource = "{source}"\n'
        '[mqtt]\nhost = "127.0.0.1"\n[metrics]\n'
    )


def score(device: Device, broker: Broker) -> str:
    told = device.run(f"systemd-analyze security --offline=true --no-pager /etc/systemd/system/{UNIT} | tail -1")
    exposure = float(told.split(": ")[1].split()[0])
    if exposure > WORST_SCORE:
        raise CheckFailed(told)
    return f"{exposure} (at most {WORST_SCORE})"


def active(device: Device, broker: Broker) -> str:
    """A replayed take stands in for the camera."""
    device.configure(config())
    device.start()
    wait_until(lambda: len(broker.words("entrance")) >= 2, "words on the broker")
    wait_until(lambda: "frames a second; last word" in device.show("StatusText"), "the status in plain words")
    if device.show("ActiveState") != "active" or broker.last("ishara/entrance/status") != "online":
        raise CheckFailed(f"{device.show('ActiveState')}, {broker.last('ishara/entrance/status')!r} over MQTT")
    return f"{len(broker.words('entrance'))} words; {device.show('StatusText')}"


def journal_fields(device: Device, broker: Broker) -> str:
    entries = [entry for entry in device.journal() if entry.get("ISHARA_DEVICE") == "entrance"]
    if not entries or entries[-1]["PRIORITY"] != "6" or entries[-1]["LOGGER"] != "edge.app":
        raise CheckFailed("no entry with the daemon's own fields")
    return f"{entries[-1]['MESSAGE']!r} has ISHARA_MODEL={entries[-1]['ISHARA_MODEL']}, PRIORITY=6, LOGGER=edge.app"


def metrics(device: Device, broker: Broker) -> str:
    asked = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:9108/metrics').read().decode())"
    lines = device.run(f"python3 -c {quoted(asked)}").splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
    if float(values["ishara_words_total"]) < 1 or float(values['ishara_component_up{component="camera"}']) != 1:
        raise CheckFailed(f"{values}")
    return f"{len(values)} values, {values['ishara_words_total']} words"


def sandbox(device: Device, broker: Broker) -> str:
    """The unit's own sandbox with a probe in the daemon's place, and device nodes of kinds that the kernel has here."""
    kinds = {name: number for number, name in (line.split() for line in device.run(_KINDS).splitlines())}
    device.run("mknod -m 660 /dev/probe-input c 13 63; chown root:input /dev/probe-input")
    device.run("mknod -m 666 /dev/probe-foreign c 10 183")
    reach = "/dev/probe-input,/dev/probe-foreign"
    if camera := kinds.get("video4linux"):
        device.run(f"mknod -m 660 /dev/probe-camera c {camera} 0; chown root:video /dev/probe-camera")
        reach += ",/dev/probe-camera"
    probe = f"/opt/ishara/bin/python /srv/programs/probe.py {reach} /etc,/opt/ishara,/var/lib/ishara,/tmp"
    unit = device.run(
        f"sed -e 's|^ExecStart=.*|ExecStart={probe}|; s|^Type=.*|Type=oneshot|; /^Restart/d' /etc/systemd/system/{UNIT}"
    )
    device.write("etc/systemd/system/probe.service", unit)
    device.run("systemctl daemon-reload; systemctl start probe")
    told = json.loads(device.run("journalctl --unit probe --output cat | grep '^{' | tail -1"))
    forbidden = "Operation not permitted"
    within = [
        name for name in ("/dev/probe-input", "/dev/probe-camera") if told.get(name) in (forbidden, "Permission denied")
    ]
    if within or told["/dev/probe-foreign"] != forbidden:
        raise CheckFailed(f"{told}")
    if (
        told["/var/lib/ishara"] != "written"
        or told["/tmp"] != "written"
        or "written" in (told["/etc"], told["/opt/ishara"])
    ):
        raise CheckFailed(f"{told}")
    return ", ".join(f"{name}: {answer}" for name, answer in told.items())


def networks_in_the_sandbox(device: Device, broker: Broker) -> str:
    """Pictures through OpenCV and the landmark networks, as from a camera."""
    made = (
        "import cv2, numpy\n"
        f"clip = cv2.VideoWriter({_CLIP!r}, cv2.VideoWriter_fourcc(*'MJPG'), 15, (320, 240))\n"
        "for shade in range(60): clip.write(numpy.full((240, 320, 3), 100 + shade, numpy.uint8))\n"
        "clip.release()"
    )
    device.run(f"/opt/ishara/bin/python -c {quoted(made)}")
    device.configure(config(source=_CLIP, device="clip"))
    device.start()
    wait_until(lambda: json.loads(broker.last("ishara/clip/health") or "{}").get("frames", 0) > 20, "20 frames")
    health = json.loads(broker.last("ishara/clip/health"))
    device.stop()
    took = health["stage_ms"]["landmarks"]["p50"]
    return f"{health['frames']} frames, {took} ms for landmarks, {health['memory_mb']} MB"


def sigterm(device: Device, broker: Broker) -> str:
    device.configure(config())
    device.start()
    wait_until(lambda: "frames a second" in device.show("StatusText"), "frames")
    took = device.stop()
    if took > LEAVE_S or device.show("Result") != "success" or broker.last("ishara/entrance/status") != "offline":
        raise CheckFailed(f"{took:.1f} s, {device.show('Result')}, {broker.last('ishara/entrance/status')}")
    return f"left after {took:.1f} s (at most {LEAVE_S}) and said offline"


def reload(device: Device, broker: Broker) -> str:
    """To another name and back to work; then a configuration, and a source, that are refused."""
    device.configure(config())
    device.start()
    process = device.show("MainPID")
    device.configure(config(device="hall"))
    device.run(f"systemctl reload {UNIT}")
    wait_until(lambda: broker.last("ishara/hall/status") == "online", "the new name on the broker")
    wait_until(lambda: len(broker.words("hall")) > 0, "words under the new name")
    for wrong in (config(device="hall", more="nonsense = 1"), config(source="/srv/nothing.mp4", device="hall")):
        device.configure(wrong)
        device.run(f"systemctl reload {UNIT}")
        wait_until(lambda: "the old one stays in use" in device.show("StatusText"), "the refusal in the status")
        before = len(broker.words("hall"))
        wait_until(lambda: len(broker.words("hall")) > before, "words after the refusal")  # noqa: B023  # used at once
        told = device.show("StatusText")
    device.configure(config(device="hall"))
    device.run(f"systemctl reload {UNIT}")
    wait_until(lambda: "refused" not in device.show("StatusText"), "the end of the refusal")
    if device.show("MainPID") != process or device.show("ActiveState") != "active":
        raise CheckFailed("the daemon was started anew")
    device.stop()
    return f"taken without a restart; then: {told}"


def wrong_configuration(device: Device, broker: Broker) -> str:
    device.configure(config(more="nonsense = 1"))
    device.attempt(f"systemctl start {UNIT}")
    time.sleep(5.0)  # twice the unit's pause before it would start anew
    status, restarts, state = (device.show(name) for name in ("ExecMainStatus", "NRestarts", "ActiveState"))
    if (status, restarts, state) != ("2", "0", "failed"):
        raise CheckFailed(f"exit status {status}, {restarts} restarts, {state}")
    sentence = device.journal()[-1]
    if "there is no key nonsense" not in sentence["MESSAGE"] or sentence["PRIORITY"] != "3":
        raise CheckFailed(f"the journal ends with {sentence['MESSAGE']!r}")
    return f"exit status 2, no restart; {device.show('StatusText')}"


def camera_away(device: Device, broker: Broker) -> str:
    """For longer than the watchdog waits."""
    device.configure(config(source="/dev/video9"))
    device.start()
    time.sleep(_WATCHDOG_S - 20.0)
    restarts, told = device.show("NRestarts"), device.show("StatusText")
    device.stop()
    if restarts != "0" or "/dev/video9" not in told:
        raise CheckFailed(f"{restarts} restarts; status: {told}")
    return f"no restart; {told}"


def watchdog(device: Device, broker: Broker) -> str:
    device.configure(config())
    device.start()
    wait_until(lambda: "frames a second" in device.show("StatusText"), "frames")
    before, process = len(broker.words("entrance")), device.show("MainPID")
    device.kill("STOP")
    took = wait_until(
        lambda: device.show("NRestarts") == "1" and device.show("MainPID") != "0", "a restart", _WATCHDOG_S
    )
    wait_until(lambda: len(broker.words("entrance")) > before, "words after the restart")
    traces = [entry for entry in device.journal() if "Thread 0x" in str(entry["MESSAGE"]) and entry["_PID"] == process]
    device.stop()
    return f"started anew after {took:.0f} s; the journal tells where {len(traces)} threads stood"


def broker_killed(device: Device, broker: Broker) -> str:
    """Killed, and back with nothing remembered: what was retained must come again, and the words said meanwhile."""
    device.configure(config(device="lobby"))
    device.start()
    wait_until(lambda: len(broker.words("lobby")) > 0, "a word")
    announced = {heard.topic for heard in broker.heard() if heard.topic.startswith("homeassistant/")}
    broker.kill()
    try:
        wait_until(lambda: "broker" in device.show("StatusText"), "the broker's absence in the status")
        told = device.show("StatusText")
        time.sleep(_AWAY_S)
    finally:
        seen = len(broker.heard())
        broker.start()
    wanted = {f"ishara/lobby/{name}" for name in _RETAINED} | {topic for topic in announced if "lobby" in topic}
    took = wait_until(lambda: wanted <= {heard.topic for heard in broker.heard()[seen:]}, f"{wanted}", _BACK_S)
    wait_until(lambda: any(word["late"] for word in broker.words("lobby")), "words that were said meanwhile")
    online, words = broker.last("ishara/lobby/status"), _unbroken(broker, "lobby")
    device.stop()
    if online != "online":
        raise CheckFailed(f"the last status is {online}")
    return f"{', '.join(sorted(wanted))} back after {took:.1f} s; {words}; meanwhile: {told}"


def killed_again_and_again(kills: int) -> Callable[[Device, Broker], str]:
    """Killed while words flow: every other time just after a word came, else at a moment that nobody chose."""

    def check(device: Device, broker: Broker) -> str:
        device.configure(config(device="killed"))
        device.set_up_unit(RestartSec="100ms")
        chance = random.Random(5)  # the same moments each time
        device.start()
        for number in range(kills):
            # The count first: right after a kill the unit still says that it runs.
            wait_until(lambda: device.show("NRestarts") == str(number), f"start {number}")  # noqa: B023  # used at once
            wait_until(lambda: device.show("SubState") == "running", "a daemon that is ready")
            if number % 2:
                time.sleep(chance.uniform(0.0, 4.0))
            else:
                before = len(broker.words("killed"))
                wait_until(lambda: len(broker.words("killed")) > before, "a word")  # noqa: B023  # used at once
            device.kill("KILL")
        before = len(broker.words("killed"))
        wait_until(lambda: len(broker.words("killed")) > before + 2, "words after the last kill")
        restarts = device.show("NRestarts")
        device.stop()
        device.set_up_unit()
        if restarts != str(kills):
            raise CheckFailed(f"{restarts} restarts after {kills} kills")
        return f"{kills} kills; {_unbroken(broker, 'killed')}"

    return check


def _unbroken(broker: Broker, device_name: str) -> str:
    """Raises CheckFailed unless the words heard are numbered without a gap, a repeat or a step back."""
    words = broker.words(device_name)
    seqs = [word["seq"] for word in words]
    lost = len(set(range(min(seqs), max(seqs) + 1)) - set(seqs))
    doubled = len(seqs) - len(set(seqs))
    told = f"{len(seqs)} words, {sum(word['late'] for word in words)} of them late"
    if lost or doubled or seqs != sorted(seqs):
        raise CheckFailed(f"{told}: {lost} lost, {doubled} doubled{'' if seqs == sorted(seqs) else ', out of order'}")
    return f"{told}: none lost, none doubled, in order"
