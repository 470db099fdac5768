"""Tests of words on a standard output that cannot be written, in programs of their own, whose output it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.recognition.word import Word
from edge.sinks.console import ConsoleSink
from landmarkers.take import TAKE_SUFFIX
from tests.edge.daemon import mqtt_settings
from tests.edge.mosquitto import Listener, Mosquitto
from tests.edge.spoken import spoken
from tests.edge.tiny_bundle import PLACES, SIGNS
from tests.edge.waiting import PATIENCE_S
from tests.synthetic_signer import Sign, even_times, take

ROOT = Path(__file__).parents[3]
THREE_SIGNS = take(even_times(30, 6.0), *(Sign(at, at + 1.0, PLACES[1]) for at in (0.5, 2.5, 4.5)))
LOSS = "WARNING words cannot be printed on standard output: {}; trying again at each word"

# The limit of a file's size stands for a disk with room for one line and a part of the second.
FULL_FOR_A_WHILE = """
import logging, resource, sys
from tests.edge.spoken import spoken
from edge.sinks.console import ConsoleSink

logging.basicConfig(format="%(levelname)s %(message)s")
sink = ConsoleSink(jsonl=True)
size = len(spoken(1).to_json().encode()) + 1
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 30, hard))
for seq in range(1, 6):
    sink.emit(spoken(seq))
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
for seq in range(6, 8):
    sink.emit(spoken(seq))
"""


@pytest.fixture
def command(bundle_folder: Path, tmp_path: Path) -> str:
    THREE_SIGNS.save(tmp_path / f"three{TAKE_SUFFIX}")
    source = f"--source take:three{TAKE_SUFFIX} --model {bundle_folder} --pace fast --exit-at-end"
    return f"exec {sys.executable} -m edge run {source}"


def run(command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a shell's command in this folder."""
    return subprocess.run(
        ["bash", "-c", command],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize(("english", "shown"), [("Coffee", "قهوة  Coffee  97%"), ("قهوة", "قهوة  97%")])
def test_word_of_one_language_is_printed_once(capfd: pytest.CaptureFixture[str], english: str, shown: str) -> None:
    ConsoleSink(jsonl=False).emit(spoken(1).model_copy(update={"word": "قهوة", "word_en": english}))
    assert capfd.readouterr().out.startswith(f"{shown}  ")


@pytest.mark.parametrize("options", ["", "--jsonl"])
@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (">/dev/full", "No space left on device"),
        (">&-", "Bad file descriptor"),
        ("> >(exec >&- <&-; true)", "Broken pipe"),
    ],
)
def test_words_reach_the_broker_when_standard_output_cannot_be_written(
    options: str, output: str, reason: str, command: str, broker: Mosquitto, listener: Listener
) -> None:
    ended = run(f"{command} {options} {output}", **mqtt_settings(broker.port))
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False)
    assert ended.stderr.count("words cannot be printed") == 1
    assert LOSS.format(reason) in ended.stderr.splitlines()
    listener.wait_for_status("offline")
    assert [Word.model_validate_json(message.payload).word for message in listener.on("word")] == [SIGNS[1].word] * 3


@pytest.mark.parametrize("options", ["", "--jsonl"])
def test_run_whose_words_go_nowhere_else_ends_with_a_sentence(options: str, command: str) -> None:
    ended = run(f"{command} {options} >/dev/full")
    assert ended.returncode == 2
    sentence = "words cannot be printed on standard output: No space left on device; give it a place that has room"
    assert ended.stderr.splitlines()[-1] == f"ishara-edge: {sentence}"
    assert "Traceback" not in ended.stderr


def test_lines_are_whole_after_a_disk_was_full_for_a_while(tmp_path: Path) -> None:
    with (tmp_path / "words").open("wb") as file:
        ended = subprocess.run(
            [sys.executable, "-c", FULL_FOR_A_WHILE],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE_S,
            check=True,
        )
    words = [Word.model_validate_json(line) for line in (tmp_path / "words").read_bytes().splitlines()]
    assert [word.seq for word in words] == [1, 2, 6, 7]
    assert ended.stderr.splitlines() == [
        LOSS.format("File too large"),
        "WARNING words are printed on standard output again",
    ]
