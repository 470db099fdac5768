"""The captions of the last utterance as a picture, as a device's screen shows them."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge.demo.daemon import DemoFailed
from edge.demo.tour import Scene
from edge.recognition.word import Word
from models.composition import compose

_SIZE: Final = "1280x720"
_TIMEOUT_S: Final = 60.0


def draw_captions(received: Sequence[Word], tour: Sequence[Scene]) -> Path:
    """Draw the words of the last scene into a new file, and return its path. Raises DemoFailed."""
    last = tour[-1]
    count = sum(len(scene.takes) for scene in tour)
    words = received[count - len(last.takes) : count]
    path = Path(tempfile.mkdtemp(prefix="ishara-demo-")) / "captions.png"
    command = [sys.executable, "-m", "edge", "captions", "--size", _SIZE, "--png", str(path)]
    command += ["--take", str(last.takes[0]), "--words", *_texts(words)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=_TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise DemoFailed((done.stderr.strip().splitlines() or ["the captions cannot be drawn"])[-1])
    return path


def _texts(words: Sequence[Word]) -> list[str]:
    """Return each word with its English, and letters that follow each other as one."""
    texts: list[str] = []
    letters: list[Word] = []
    for word in words:
        if word.kind == "letter":
            letters.append(word)
            continue
        texts += _spelled(letters)
        letters = []
        texts.append(f"{word.word}={word.word_en}")
    return [*texts, *_spelled(letters)]


def _spelled(letters: Sequence[Word]) -> list[str]:
    return [compose(letters, "european")] if letters else []
