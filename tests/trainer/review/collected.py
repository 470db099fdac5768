"""Takes as devices keep them, with what the model said, and the command that reviews them."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from landmarkers.consent import Consent, Said
from landmarkers.take import Provenance
from models.labels import Sign, labels_json
from tests.synthetic_takes import LANDMARKER, make_take

PERSON: Final = "مريم"
SIGNS: Final = (
    Sign(sign_id=1, word="قلب", word_en="heart"),
    Sign(sign_id=2, word="ألم", word_en="pain"),
    Sign(sign_id=3, word="<b>٣</b>", word_en="<b>3</b>"),
)
_CONSENT: Final = {"person": PERSON, "asked_by": "Reception", "asked_at": "2026-11-29T17:00:00Z", "words": "May we?"}


def write_takes(folder: Path, sign_ids: Sequence[int]) -> list[Path]:
    """Write a take of each of these signs, of which the model said the first sign or a fourth, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.json").write_bytes(labels_json(SIGNS))
    consent = Consent.model_validate(_CONSENT | {"purpose": "training", "days": 30})
    paths = []
    for number, sign_id in enumerate(sign_ids, 1):
        name = f"{PERSON}/train/{sign_id:04}/{number:02}"
        said = Said(sign_id=1, word="قلب", confidence=0.999, model="tiny@1")
        if sign_id == 3:
            said = Said(sign_id=4, word="رأس", confidence=0.5, model="tiny@1")
        provenance = Provenance(name, LANDMARKER, PERSON, "train", sign_id, consent=consent, said=said)
        paths.append(folder / f"{name}.take.npz")
        make_take(sign_id, provenance=provenance).save(paths[-1])
    return paths


class Review:
    """The command while it runs; once it has ended, its output."""

    def __init__(self, *arguments: str | Path) -> None:
        command = [sys.executable, "-m", "trainer", "review", *map(str, arguments)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.first_line = self._process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/\S+/", self.first_line)
        assert found, self.first_line
        self.url = found[0]
        self.output = self.errors = ""

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self, signal_number: int = signal.SIGINT) -> int:
        """End the command; return its exit code."""
        self._process.send_signal(signal_number)
        output, errors = self._process.communicate()
        self.output, self.errors = self.output + output, self.errors + errors
        return self._process.returncode


@contextmanager
def reviewing(*arguments: str | Path) -> Iterator[Review]:
    """Run the command."""
    review = Review(*arguments)
    try:
        yield review
    finally:
        if review.is_running:
            review.stop(signal.SIGKILL)
