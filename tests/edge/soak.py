"""`make test-soak`: publishes events while daemon and broker are killed again and again; each arrives, in order.

`tests/edge/sinks/mqtt/test_kills.py` does the same with few kills. Here the order and the times of the kills are
random, from a seed, so that they hit every step of an event's delivery and rare races show.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path

from tqdm import tqdm

from edge.recognition.word import Word
from edge.utterances.utterance import NumberedEvent, Utterance
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.word_publisher import put_numbers, received_events, start_publishing

_EVERY_S = 0.01
_ENDLESS = 10**9
_MAX_INTERVAL_S = 1.5  # between two kills, however few events arrived
_LAST_EVENT_S = 120.0


@dataclass(frozen=True, slots=True)
class SoakResult:
    """The words and utterances that arrived, those that are missing, and those that arrived again."""

    published: int
    utterances: int
    words_without_utterance: int
    """At each kill one at most, which was stored and not yet part of the line."""
    late: int
    lost: list[int]
    repeated: int
    out_of_order: int

    @classmethod
    def of(cls, events: Sequence[NumberedEvent], put: Sequence[int]) -> "SoakResult":
        """Check events in the order in which they arrived; `put` are the numbers of those that the outbox received."""
        arrived = list(dict.fromkeys(event.seq for event in events))
        said = {seq for event in events if isinstance(event, Utterance) for seq in event.words}
        return cls(
            len(put),
            utterances=len({event.seq for event in events if isinstance(event, Utterance)}),
            words_without_utterance=len({one.seq for one in events if isinstance(one, Word)} - said),
            late=sum(event.late for event in events),
            lost=sorted(set(put) - set(arrived)),
            repeated=len(events) - len(arrived),
            out_of_order=sum(later < earlier for earlier, later in pairwise(arrived)),
        )

    @property
    def is_passed(self) -> bool:
        """Return True if every event arrived, and in order."""
        return self.published > 0 and not (self.lost or self.out_of_order)

    def __str__(self) -> str:
        """Return one line, with the numbers of the first events that are lost."""
        return (
            f"{self.published} events, {self.utterances} of them utterances, {self.late} late: "
            f"{len(self.lost)} lost {self.lost[:5]}, {self.repeated} arrived again, {self.out_of_order} out of order, "
            f"{self.words_without_utterance} words in no utterance"
        )


def main() -> int:
    """Run the soak test, and return the exit code."""
    parser = argparse.ArgumentParser(prog="tests.edge.soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of the daemon (default: %(default)s)")
    parser.add_argument("--broker-kills", type=int, default=20, help="default: %(default)s")
    parser.add_argument(
        "--persistent", action="store_true", help="the broker keeps its sessions (default: it loses them)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the random kills (default: %(default)s)")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    plan = ["daemon"] * options.kills + ["broker"] * options.broker_kills
    rng.shuffle(plan)
    with tempfile.TemporaryDirectory() as folder:
        broker = Mosquitto(Path(folder), persistent=options.persistent)
        broker.start()
        try:
            with listening(broker) as listener:
                _kill(plan, broker, listener, Path(folder) / "outbox", rng)
                events = received_events(listener)
        finally:
            broker.stop()
        result = SoakResult.of(events, put_numbers(Path(folder) / "outbox"))
    print(f"{options.kills} kills of the daemon, {options.broker_kills} of the broker: {result}")
    return 0 if result.is_passed else 1


def _kill(plan: Sequence[str], broker: Mosquitto, listener: Listener, outbox: Path, rng: random.Random) -> None:
    """Publish events, kill as planned, and wait for the last ones."""

    def start() -> BaseProcess:
        return start_publishing(broker.config, outbox, events=_ENDLESS, every_s=_EVERY_S)

    daemon = start()
    for victim in tqdm(plan, desc="kills", file=sys.stderr):
        wanted = len(listener.on("word", "utterance")) + rng.randint(1, 100)
        until = time.monotonic() + rng.choice([0.5, _MAX_INTERVAL_S, _MAX_INTERVAL_S, _MAX_INTERVAL_S])
        while len(listener.on("word", "utterance")) < wanted and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(rng.uniform(0.0, _EVERY_S))
        if victim == "daemon":
            daemon.kill()
            daemon.join()
            daemon = start()
        else:
            broker.kill()
            time.sleep(rng.uniform(0.0, 0.5))
            broker.start()
    daemon.kill()
    daemon.join()
    last = start_publishing(broker.config, outbox, events=1, every_s=0.0)
    last.join(_LAST_EVENT_S)
    listener.wait_for_status("offline")


if __name__ == "__main__":
    sys.exit(main())
