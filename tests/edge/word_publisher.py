"""A process that publishes words and utterances over MQTT as the daemon does, without a camera, until it is killed."""

import json
import multiprocessing
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

from pydantic import TypeAdapter

from edge.commands import Commands
from edge.config import MqttConfig
from edge.conversation import Conversation
from edge.monitoring.health import PipelineStats
from edge.monitoring.status import DeviceStatus
from edge.recognition.word import StreamClock, Word, WordFactory
from edge.sinks.mqtt.outbox import Outbox
from edge.sinks.mqtt.publisher_state import PeriodicHealth
from edge.sinks.mqtt.sink import MqttSink
from edge.utterances.utterance import Event, Line, NumberedEvent, Utterance
from tests.edge.mosquitto import Listener

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.edge.word_publisher"])
_EVENT: TypeAdapter[NumberedEvent] = TypeAdapter(NumberedEvent)
DAY = "2026-11-22T16:00:0"


def word(seq: int) -> Word:
    """Return the same word with another number."""
    event = {"seq": seq, "sign_id": 76, "word": "قصبة هوائية", "word_en": "Trachea", "confidence": 0.97}
    times = {"started_at": f"{DAY}1.200Z", "ended_at": f"{DAY}2.050Z", "emitted_at": f"{DAY}2.210Z"}
    rest = {"alternatives": [], "model": "tiny@3", "device": "entrance"}
    return Word.model_validate_json(json.dumps(event | times | rest))


class _Ledger:
    """A sink that writes down the number of each event after the sinks before it have it."""

    def __init__(self, outbox: Path) -> None:
        self._file = _ledger(outbox).open("a", buffering=1)  # a line is one write, which a kill does not split

    def emit(self, event: Event) -> None:
        if not isinstance(event, Line):
            self._file.write(f"{event.seq}\n")

    def close(self) -> None:
        self._file.close()


def utterance(seq: int) -> Utterance:
    """Return the utterance of the two words before this number."""
    first, last = word(seq - 2), word(seq - 1)
    return Utterance(
        seq=seq,
        text=f"{first.word} {last.word}",
        words=(first.seq, last.seq),
        started_at=first.started_at,
        ended_at=last.ended_at,
        model=last.model,
        device=last.device,
    )


def start_publishing(config: MqttConfig, outbox: Path, *, events: int, every_s: float) -> BaseProcess:
    """Start a process that publishes so many events, one every few seconds, and ends once the outbox is empty.

    Two words and their utterance come in turn.
    """
    process = _PROCESSES.Process(target=_publish, args=(config, outbox, events, every_s), daemon=True)
    process.start()
    return process


def open_sink(config: MqttConfig, path: Path, *, capacity: int = 100_000) -> tuple[MqttSink, DeviceStatus, Outbox]:
    """Open the sink of a device called entrance, with its status and its outbox."""
    outbox, status = Outbox(path, capacity), DeviceStatus()
    sink = MqttSink(
        config,
        outbox,
        device="entrance",
        model=json.dumps({"name": "tiny", "version": 3}),
        health=PeriodicHealth(PipelineStats(status=status, backlog=outbox).health, 10.0),
        status=status,
        commands=Commands(status),
    )
    return sink, status, outbox


def received_events(listener: Listener) -> list[NumberedEvent]:
    """Return the words and utterances that a listener has received."""
    return [_EVENT.validate_json(message.payload) for message in listener.on("word", "utterance")]


def put_numbers(outbox: Path) -> list[int]:
    """Return the numbers of all events that such processes have put into the outbox."""
    ledger = _ledger(outbox)
    return [int(line) for line in ledger.read_text().split("\n") if line] if ledger.exists() else []


def _ledger(outbox: Path) -> Path:
    return outbox.with_name(f"{outbox.name}.put")


def _publish(config: MqttConfig, path: Path, events: int, every_s: float) -> None:
    sink, _, outbox = open_sink(config, path)
    numbers = WordFactory(StreamClock(fast=False), model="", device="", threshold=0.0, next_seq=outbox.claim_seq)
    conversation = Conversation([sink, _Ledger(path)], numbers)
    for number in range(events):
        if number % 3 == 2:
            conversation.end()
        else:
            conversation.say(word(outbox.claim_seq()) for _ in range(1))
        time.sleep(every_s)
    conversation.end()
    while outbox.waiting:
        time.sleep(0.01)
    sink.close()
    outbox.close()
