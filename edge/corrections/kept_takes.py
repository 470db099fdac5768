"""Keeps the takes of corrected words, each with its right word, to learn from; only where the configuration says so."""

import logging
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from edge.workers.supervised_thread import Escalation, SupervisedThread
from landmarkers.errors import UserError
from landmarkers.take import TAKE_SUFFIX, StoredTake, Take
from models.labels import Sign, read_labels
from models.take_folder import TakeFolder

log = logging.getLogger(__name__)

MAX_RECENT: Final = 100
"""The latest words whose takes are in memory: 2 MB with hands and pose, of two seconds at 30 frames a second each."""
_CLOSE_TIMEOUT_S: Final = 1.0


class KeptTakes:
    """Holds the takes of the latest words in memory, and saves those of corrected words on a thread of its own.

    The folder is laid out as `ishara-edge record` leaves it. A take that cannot be saved costs a line of the log.
    """

    def __init__(self, folder: Path, limit: int, labels: Path, escalation: Escalation) -> None:
        """Above `limit` takes in the folder the oldest are removed; `labels` is the file of the model's own labels.

        A device may show other words; takes are labelled as the model is, to be joined with what it was trained on.
        """
        self._folder = folder
        self._limit = limit
        self._labels = labels
        self._recent: dict[int, StoredTake] = {}
        self._files: dict[int, Path] = {}
        self._opened: tuple[str, TakeFolder] | None = None
        self._corrections: SimpleQueue[tuple[int, Sign | None] | None] = SimpleQueue()
        self._thread = SupervisedThread("the keeping of takes", self._run, escalation)
        self._thread.start()

    def use_labels(self, labels: Path) -> None:
        """Label takes as another model from now on."""
        self._labels = labels

    def remember(self, seq: int, take: Take) -> None:
        """Hold the take of the word of this number in memory."""
        self._recent[seq] = take.stored()
        if len(self._recent) > MAX_RECENT:
            del self._recent[next(iter(self._recent))]

    def keep(self, seq: int, sign: Sign | None) -> None:
        """Save the take of a word as one of this sign, instead of an earlier one; None only removes an earlier one."""
        self._corrections.put((seq, sign))

    def close(self) -> None:
        """Save what is to be saved, within a moment."""
        self._corrections.put(None)
        self._thread.close(_CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        while (correction := self._corrections.get()) is not None:
            seq, sign = correction
            try:
                self._replace(seq, sign)
            except (OSError, UserError) as error:
                log.warning("the take of word %d is not kept: %s", seq, error)

    def _replace(self, seq: int, sign: Sign | None) -> None:
        earlier, take = self._files.pop(seq, None), self._recent.get(seq)
        if earlier is not None:
            earlier.unlink(missing_ok=True)
        if sign is None or take is None:
            return
        folder = self._open(take.provenance.landmarker)
        own = next((one for one in read_labels(self._labels) if one.sign_id == sign.sign_id), sign)
        folder.add_labels([own])
        self._files[seq] = folder.add(Take.from_stored(take), own)
        self._files = {seq: path for seq, path in self._files.items() if seq in self._recent}
        saved = sorted(self._folder.rglob(f"[!.]*{TAKE_SUFFIX}"), key=lambda path: path.stat().st_mtime_ns)
        for path in saved[: -self._limit]:
            path.unlink(missing_ok=True)

    def _open(self, landmarker: str) -> TakeFolder:
        """Return the folder, which is read once. Raises TakeFolderUnusable, LabelsDamaged, TakeDamaged."""
        if self._opened is None or self._opened[0] != landmarker:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._opened = landmarker, TakeFolder(self._folder, None, landmarker)
        return self._opened[1]
