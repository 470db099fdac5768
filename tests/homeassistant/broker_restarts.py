"""Words while the broker is restarted again and again, as Home Assistant sees them."""

import random
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from tqdm import tqdm

from edge.config import MqttConfig
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.sink import MqttSink
from tests.device.device import CheckFailed, wait_until
from tests.edge.mosquitto import Mosquitto
from tests.edge.word_publisher import open_sink, word
from tests.homeassistant.home_assistant import PATIENCE_S, HomeAssistant
from tests.homeassistant.word_watch import WORD_ENTITY, WordWatch, watching

Restart = Literal["clean", "forgetful"]
_EVERY_S: Final = 0.5
_CLEAN_DOWN_S: Final = (1.0, 12.0)
_FORGETFUL_DOWN_S: Final = (0.0, 2.0)
_BACK_S: Final = 60.0  # for a new word to be seen after a restart
_SETTLED: Final = 0.3  # of the restarts come only when Home Assistant sees words again, the others at any moment
_BEFORE_NEXT_S: Final = 6.0
_LAST_WORD_S: Final = 60.0


class Emitter:
    """Emits a word every half second on a thread of its own, as a signer does, and remembers when."""

    def __init__(self, sink: MqttSink, outbox: Outbox) -> None:
        self.emitted: dict[int, datetime] = {}
        self._sink, self._outbox = sink, outbox
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self, at_least: int) -> None:
        """Emit what is missing to so many words, a bit faster, and stop."""
        self._ended.set()
        self._thread.join()
        while len(self.emitted) < at_least:
            self._emit()
            time.sleep(_EVERY_S / 10)

    def _run(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self._emit()

    def _emit(self) -> None:
        seq = self._outbox.claim_seq()
        self.emitted[seq] = datetime.now(UTC)
        self._sink.emit(word(seq))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of the words; `delays_s` are those of the words that were seen."""

    emitted: int
    lost: list[int]
    twice: list[int]
    delays_s: list[float]

    @classmethod
    def of(cls, emitted: dict[int, datetime], watch: WordWatch) -> "Outcome":
        """Compare what was emitted with what was seen."""
        counts = watch.counts
        first: dict[int, datetime] = {}
        for seen in watch.seen:
            first.setdefault(seen.seq, seen.at)
        return cls(
            len(emitted),
            lost=[seq for seq in emitted if seq not in counts],
            twice=[seq for seq, count in counts.items() if count > 1],
            delays_s=[(first[seq] - at).total_seconds() for seq, at in emitted.items() if seq in first],
        )

    def __str__(self) -> str:
        """Return one line, with the numbers of the first words that were lost or seen twice."""
        return (
            f"{self.emitted} words, {len(self.delays_s)} seen, {len(self.lost)} lost {self.lost[:9]}, "
            f"{len(self.twice)} seen twice {self.twice[:9]}, longest delay {max(self.delays_s, default=0.0):.1f} s"
        )


def check_restarts(
    home: HomeAssistant, broker: Mosquitto, folder: Path, kind: Restart, *, count: int, words: int
) -> str:
    """Restart the broker so often while at least so many words are emitted. Raises CheckFailed if one is lost."""
    rng = random.Random(f"{kind} 1")
    usual = MqttConfig(host="127.0.0.1", port=broker.port)
    sink, _, outbox = open_sink(usual, folder / f"outbox-{kind}")
    try:
        wait_until(lambda: home.is_available(WORD_ENTITY), "the device in Home Assistant", PATIENCE_S)
        with watching(home) as watch:
            emitter = Emitter(sink, outbox)
            _wait_for_new_word(watch, emitter)
            for _ in tqdm(range(count), desc=f"{kind} restarts", file=sys.stderr):
                _restart(broker, kind, rng)
                if rng.random() < _SETTLED:
                    _wait_for_new_word(watch, emitter)
                time.sleep(rng.uniform(0.0, _BEFORE_NEXT_S))
            emitter.stop(at_least=words)
            last = max(emitter.emitted)
            wait_until(lambda: outbox.waiting == 0, "an empty outbox", _LAST_WORD_S)
            watch.wait_beyond(last - 1, _LAST_WORD_S)
            outcome = Outcome.of(emitter.emitted, watch)
    finally:
        sink.close()
        outbox.close()
    if outcome.lost:
        raise CheckFailed(str(outcome))
    return str(outcome)


def _restart(broker: Mosquitto, kind: Restart, rng: random.Random) -> None:
    if kind == "clean":
        broker.stop()
        time.sleep(rng.uniform(*_CLEAN_DOWN_S))
    else:
        broker.kill()
        broker.forget()
        time.sleep(rng.uniform(*_FORGETFUL_DOWN_S))
    broker.start()


def _wait_for_new_word(watch: WordWatch, emitter: Emitter) -> None:
    """Wait until a word is seen that was emitted after this call."""
    if not watch.wait_beyond(max(emitter.emitted, default=0), _BACK_S):
        raise CheckFailed(f"Home Assistant saw no new word for {_BACK_S:.0f} s")
