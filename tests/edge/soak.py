"""`make test-soak`: words flow while daemon and broker are killed again and again; each comes once, in order.

The tests in test_mqtt_kills.py do the same with few kills. Here the order of kills is drawn from a seed, and the
listener may hear at any moment of a word's way, so that rare races show.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path

from tqdm import tqdm

from edge.recognition.word import Word
from tests.edge.mosquitto import Listener, Mosquitto, listening
from tests.edge.word_publisher import start_publishing

_EVERY_S = 0.02
_ENDLESS = 10**9
_LONGEST_S = 1.5  # between two kills, however few words came
_LAST_S = 120.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the words that were said."""

    said: int
    late: int
    lost: list[int]
    twice: list[int]
    out_of_order: int

    @classmethod
    def on(cls, words: Sequence[Word]) -> "Verdict":
        """The verdict on words in the order in which they were heard."""
        counts = Counter(word.seq for word in words)
        said = max(counts, default=0)
        return cls(
            said,
            late=sum(word.late for word in words),
            lost=[seq for seq in range(1, said + 1) if seq not in counts],
            twice=[seq for seq, count in counts.items() if count > 1],
            out_of_order=sum(later.seq < earlier.seq for earlier, later in pairwise(words)),
        )

    @property
    def is_good(self) -> bool:
        """Whether each word came once and in order."""
        return self.said > 0 and not (self.lost or self.twice or self.out_of_order)

    def __str__(self) -> str:
        """One line, with the numbers of the first words that are amiss."""
        return (
            f"{self.said} words, {self.late} of them late: {len(self.lost)} lost {self.lost[:5]}, "
            f"{len(self.twice)} doubled {self.twice[:5]}, {self.out_of_order} out of order"
        )


def main() -> int:
    """Run the soak; returns the exit code."""
    parser = argparse.ArgumentParser(prog="tests.edge.soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of the daemon (default: %(default)s)")
    parser.add_argument("--broker-kills", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--keeps", action="store_true", help="the broker keeps its sessions (default: forgets them)")
    parser.add_argument("--seed", type=int, default=1, help="of the order of kills (default: %(default)s)")
    options = parser.parse_args()
    moments = random.Random(options.seed)
    plan = ["daemon"] * options.kills + ["broker"] * options.broker_kills
    moments.shuffle(plan)
    with tempfile.TemporaryDirectory() as folder:
        broker = Mosquitto(Path(folder), persistent=options.keeps)
        broker.start()
        try:
            with listening(broker) as listener:
                _kill(plan, broker, listener, Path(folder) / "outbox", moments)
                verdict = Verdict.on([Word.model_validate_json(heard.payload) for heard in listener.on("word")])
        finally:
            broker.stop()
    print(f"{options.kills} kills of the daemon, {options.broker_kills} of the broker: {verdict}")
    return 0 if verdict.is_good else 1


def _kill(plan: Sequence[str], broker: Mosquitto, listener: Listener, outbox: Path, moments: random.Random) -> None:
    """Let words flow, kill as planned, and see the last words off."""

    def talk() -> BaseProcess:
        return start_publishing(broker.config, outbox, words=_ENDLESS, every_s=_EVERY_S)

    talker = talk()
    for victim in tqdm(plan, desc="kills", file=sys.stderr):
        wanted = len(listener.on("word")) + moments.randint(1, 20)
        until = time.monotonic() + moments.choice([0.5, _LONGEST_S, _LONGEST_S, _LONGEST_S])
        while len(listener.on("word")) < wanted and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(moments.uniform(0.0, _EVERY_S))
        if victim == "daemon":
            talker.kill()
            talker.join()
            talker = talk()
        else:
            broker.kill()
            time.sleep(moments.uniform(0.0, 0.5))
            broker.start()
    talker.kill()
    talker.join()
    last = start_publishing(broker.config, outbox, words=1, every_s=0.0)
    last.join(_LAST_S)
    listener.wait_until(lambda: [heard.payload for heard in listener.on("status")][-1:] == ["offline"])


if __name__ == "__main__":
    sys.exit(main())
