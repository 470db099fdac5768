"""Kills the teaching of a device: what the device knows afterwards is the old version or the new one, never neither.

`python -m tests.edge.learning.kills` kills it before every change of a file, one after another; with `--kills 100` at
so many random moments instead.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from edge.consent.learning_folder import LearningFolder
from edge.learned.learned_model import load_learned
from edge.learning.learner import Learner
from landmarkers.consent import Consent, Purpose
from landmarkers.take import Provenance, Take
from models.bundle import open_bundle
from models.classifier import OnnxClassifier
from models.labels import Sign
from models.learned import Teacher
from tests.edge.learning.teachable_bundle import write_teachable_bundle
from tests.edge.tiny_bundle import SIGNS
from tests.synthetic_signer import LANDMARKER, even_times, take
from tests.synthetic_signer import Sign as Movement

OLD: Final = Sign(sign_id=1_500_000, word="قهوة", word_en="coffee")
NEW: Final = Sign(sign_id=1_600_000, word="شاي", word_en="tea")
_PLACES: Final = {OLD: 0.35, NEW: 0.65}
_CHANGES: Final = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"}
_LONGEST: Final = 1.5  # in times that learning takes


class Desk:
    """A device that has learned one sign, and is about to learn another."""

    def __init__(self, folder: Path) -> None:
        self._bundle = open_bundle(write_teachable_bundle(folder / "bundle"))
        self._network = OnnxClassifier(self._bundle)
        self._teacher = Teacher(self._bundle, self._network)
        self._first, self._learned = folder / "first", folder / "learned"
        self._learn(self._first, OLD)

    def reset(self) -> None:
        """Forget the new sign."""
        shutil.rmtree(self._learned, ignore_errors=True)
        shutil.copytree(self._first, self._learned)

    def learn(self) -> None:
        """Learn the new sign."""
        self._learn(self._learned, NEW)

    def known(self) -> set[Sign]:
        """Return the signs that the device recognises after a start, of those that were learned."""
        model = load_learned(self._learned, self._bundle, self._network)
        if model is None:
            return set()
        assert model.classifier.classify(_take_of(SIGNS[0])).best.sign == SIGNS[0]
        return {sign for sign in (OLD, NEW) if model.classifier.classify(_take_of(sign)).best.sign == sign}

    def _learn(self, folder: Path, sign: Sign) -> None:
        consent = Consent(
            person="amal",
            asked_by="Reception",
            asked_at=datetime.now(UTC),
            purpose=Purpose.DEVICE,
            words="May this device learn?",
            days=90,
        )
        learner = Learner(self._bundle, self._network, self._teacher, LearningFolder(folder), self._bundle.signs)
        learner.learn([(_take_of(sign), sign)] * 3, consent, "taught")


def _take_of(sign: Sign) -> Take:
    place = _PLACES.get(sign, 0.2)
    provenance = Provenance("stream", LANDMARKER, sign_id=sign.sign_id)
    return replace(take(even_times(20, 1.0), Movement(0.0, 1.0, place)), provenance=provenance)


def kill_before(change: int) -> None:
    """Kill this process before its change of files of this number."""
    seen = 0

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in _CHANGES:
            seen += 1
            if seen == change:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(audit)


def learn_and_die(desk: Desk, change: int | None, after_s: float | None) -> bool:
    """Have a child learn that is killed before a change, or after a time; return True if it was."""
    pid = os.fork()
    if pid == 0:
        if change is not None:
            kill_before(change)
        desk.learn()
        os._exit(0)
    if after_s is not None:
        time.sleep(after_s)
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def main() -> int:
    """Kill as often as the arguments say; return 1 if the device once knew neither the old nor the new signs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, metavar="N", help="at random moments")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    moments = random.Random(options.seed)  # no secret
    outcomes = {"old": 0, "new": 0}
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        desk.reset()
        began = time.monotonic()
        learn_and_die(desk, None, None)
        takes_s = time.monotonic() - began
        for number in count(1):
            desk.reset()
            at_random = options.kills is not None
            after_s = moments.uniform(0.0, _LONGEST * takes_s) if at_random else None
            was_killed = learn_and_die(desk, None if at_random else number, after_s)
            known = desk.known()
            if known not in ({OLD}, {OLD, NEW}):
                sys.stdout.write(f"after kill {number} the device knows {known}\n")
                return 1
            outcomes["new" if NEW in known else "old"] += 1
            if number == options.kills or (not at_random and not was_killed):
                break
    sys.stdout.write(f"{sum(outcomes.values())} kills: {outcomes['old']} times the old version, ")
    sys.stdout.write(f"{outcomes['new']} times the new one\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
