"""Checks in which the daemon or its broker is stopped or killed; each returns what it saw or raises CheckFailed."""

import random
import time
from collections.abc import Callable
from typing import Final

from tests.device.broker import Broker
from tests.device.checks import WATCHDOG_S, config
from tests.device.device import CheckFailed, Device, wait_until

_BACK_WITHIN_S: Final = 60.0
_ABSENT_S: Final = 8.0  # in which some words are emitted
_RETAINED: Final = ("status", "model", "health")


def watchdog(device: Device, broker: Broker) -> str:
    """Check that systemd restarts a daemon that hangs."""
    device.configure(config())
    device.start()
    wait_until(lambda: "frames a second" in device.show("StatusText"), "frames")
    before, process = len(broker.words("entrance")), device.show("MainPID")
    device.kill("STOP")
    seconds = wait_until(
        lambda: device.show("NRestarts") == "1" and device.show("MainPID") != "0", "a restart", WATCHDOG_S
    )
    wait_until(lambda: len(broker.words("entrance")) > before, "words after the restart")
    traces = [entry for entry in device.journal() if "Thread 0x" in str(entry["MESSAGE"]) and entry["_PID"] == process]
    device.stop()
    return f"restarted after {seconds:.0f} s; the journal shows the stacks of {len(traces)} threads"


def broker_killed(device: Device, broker: Broker) -> str:
    """Check that retained messages are published again, and that the words emitted meanwhile arrive."""
    device.configure(config(device="lobby"))
    device.start()
    wait_until(lambda: len(broker.words("lobby")) > 0, "a word")
    discovery = {message.topic for message in broker.messages() if message.topic.startswith("homeassistant/")}
    broker.kill()
    try:
        wait_until(lambda: "broker" in device.show("StatusText"), "the broker's absence in the status")
        status = device.show("StatusText")
        time.sleep(_ABSENT_S)
    finally:
        received = len(broker.messages())
        broker.start()
    expected = {f"ishara/lobby/{name}" for name in _RETAINED} | {topic for topic in discovery if "lobby" in topic}
    seconds = wait_until(
        lambda: expected <= {message.topic for message in broker.messages()[received:]}, f"{expected}", _BACK_WITHIN_S
    )
    wait_until(lambda: any(word["late"] for word in broker.words("lobby")), "words that were emitted meanwhile")
    online, words = broker.last("ishara/lobby/status"), _check_sequence(broker, "lobby")
    device.stop()
    if online != "online":
        raise CheckFailed(f"the last status is {online}")
    return f"{', '.join(sorted(expected))} back after {seconds:.1f} s; {words}; meanwhile: {status}"


def killed_repeatedly(kills: int) -> Callable[[Device, Broker], str]:
    """Return a check that kills the daemon while words flow: alternately just after a word and at a random time."""

    def check(device: Device, broker: Broker) -> str:
        device.configure(config(device="killed"))
        device.set_up_unit(RestartSec="100ms")
        rng = random.Random(5)  # the same times in each run
        device.start()
        for number in range(kills):
            # The count first: right after a kill the unit still reports that it runs.
            wait_until(lambda: device.show("NRestarts") == str(number), f"start {number}")  # noqa: B023  # used at once
            wait_until(lambda: device.show("SubState") == "running", "a daemon that is ready")
            if number % 2:
                time.sleep(rng.uniform(0.0, 4.0))
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
        return f"{kills} kills; {_check_sequence(broker, 'killed')}"

    return check


def _check_sequence(broker: Broker, device_name: str) -> str:
    """Check that the received events are numbered without a gap, a duplicate or a wrong order. Raises CheckFailed."""
    events = broker.events(device_name)
    seqs = [event["seq"] for event in events]
    lost = len(set(range(min(seqs), max(seqs) + 1)) - set(seqs))
    duplicates = len(seqs) - len(set(seqs))
    utterances = sum(event["event_type"] == "utterance" for event in events)
    late = sum(event["late"] for event in events)
    counts = f"{len(seqs)} words and utterances ({utterances}), {late} of them late"
    if lost or duplicates or seqs != sorted(seqs):
        order = "" if seqs == sorted(seqs) else ", out of order"
        raise CheckFailed(f"{counts}: {lost} lost, {duplicates} duplicates{order}")
    return f"{counts}: none lost, no duplicates, in order"
