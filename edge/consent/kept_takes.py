"""Keeps takes of words, each with its right word, while their signer's consent is in force."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from edge.config.learning import LearningConfig
from edge.consent.learning_folder import LearningFolder
from edge.consent.session import ConsentSessions
from edge.recognition.word import Word
from edge.workers.supervised_thread import Escalation, SupervisedThread
from landmarkers.consent import Consent, Said
from landmarkers.errors import UserError
from landmarkers.take import StoredTake, Take
from models.labels import Sign, read_labels

log = logging.getLogger(__name__)

MAX_RECENT: Final = 100
"""The latest words whose takes are in memory: 2 MB with hands and pose, of two seconds at 30 frames a second each."""
_CLOSE_TIMEOUT_S: Final = 1.0
_REFRESH_EVERY_S: Final = 1.0


OnCorrection = Callable[[Sign | None, Path | None, Path | None], None]
"""Receives the right sign, the file of the take that is kept now, and the file that it was in before."""


@dataclass(slots=True)
class _Recent:
    """The take of a word; `path` is its file once it is kept, and `modified_ns` when that was written."""

    take: StoredTake
    consent: Consent
    said: Said
    path: Path | None = None
    modified_ns: int | None = None


class KeptTakes:
    """Holds the takes of the latest words in memory, and saves those that are to be kept on a thread of its own.

    A take is held only if its sign began while a consent was in force, and saved only while that is still so. A take
    that cannot be saved costs a line of the log.
    """

    def __init__(
        self,
        folder: LearningFolder,
        config: LearningConfig,
        sessions: ConsentSessions,
        labels: Path,
        escalation: Escalation,
    ) -> None:
        """`labels` is the file of the model's own labels.

        A device may show other words; takes are labelled as the model is, to be joined with what it was trained on.
        """
        self._folder = folder
        self._config = config
        self._sessions = sessions
        self._labels = labels
        self._recent: dict[int, _Recent] = {}
        self.on_correction: OnCorrection | None = None
        """Called on the thread that keeps takes, after each correction."""
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = SupervisedThread("the keeping of takes", self._run, escalation)
        self._thread.start()

    def use_labels(self, labels: Path) -> None:
        """Label takes as another model from now on."""
        self._labels = labels

    def remember(self, word: Word, take: Take) -> None:
        """Hold the take of a word in memory, if its signer has agreed, and save it if all are kept."""
        consent = self._sessions.current_for_words
        if consent is None or self._config.keep == "none" or word.started_at < consent.asked_at:
            return
        said = Said(sign_id=word.sign_id, word=word.word, confidence=word.confidence, model=word.model)
        stored = take.stored()
        sign = Sign(sign_id=word.sign_id, word=word.word, word_en=word.word_en, kind=word.kind)
        self._jobs.put(lambda: self._hold(word.seq, _Recent(stored, consent, said), sign))

    def correct(self, seq: int, sign: Sign | None) -> None:
        """Save the take of a word as one of this sign, instead of an earlier one; None only deletes an earlier one."""
        self._jobs.put(lambda: self._replace(seq, sign))

    def close(self) -> None:
        """Save what is to be saved, within a moment."""
        self._jobs.put(None)
        self._thread.close(_CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        while True:
            job: Callable[[], None] | None
            try:
                job = self._jobs.get(timeout=_REFRESH_EVERY_S)
            except Empty:
                job = _do_nothing
            if job is None:
                return
            self._sessions.refresh()
            consent = self._sessions.current  # what is on the disk by another one may still be corrected
            self._recent = {seq: one for seq, one in self._recent.items() if one.path or one.consent == consent}
            try:
                job()
            except (OSError, UserError) as error:
                log.warning("a take is not kept: %s", error)

    def _hold(self, seq: int, recent: _Recent, sign: Sign) -> None:
        if recent.consent != self._sessions.current:  # it has ended meanwhile
            return
        self._recent[seq] = recent
        if len(self._recent) > MAX_RECENT:
            del self._recent[next(iter(self._recent))]
        if self._config.keep == "all":
            self._save(recent, sign)

    def _replace(self, seq: int, sign: Sign | None) -> None:
        recent = self._recent.get(seq)
        if recent is None:
            return
        earlier = recent.path
        if earlier is not None and _modified_ns(earlier) != recent.modified_ns:
            del self._recent[seq]  # somebody has had it deleted, and another one may have its name
            return
        if sign is None:
            recent.path = None
        elif earlier is not None or self._sessions.current == recent.consent:
            self._save(recent, sign)
        if earlier is not None:
            self._folder.delete([earlier])
        if self.on_correction is not None:
            self.on_correction(sign, recent.path, earlier)

    def _save(self, recent: _Recent, sign: Sign) -> None:
        own = next((one for one in read_labels(self._labels) if one.sign_id == sign.sign_id), sign)
        recent.path = self._folder.save(recent.take, own, recent.consent, recent.said)
        recent.modified_ns = _modified_ns(recent.path)
        recognised = [take for take in self._folder.takes() if take.provenance.said is not None]
        recognised.sort(key=lambda take: (take.path == recent.path, take.is_corrected))
        if surplus := recognised[: -self._config.max_takes]:
            self._folder.delete(take.path for take in surplus)


def _modified_ns(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _do_nothing() -> None:
    """A second has passed without a take."""
