"""Lists what a device has learned, shows its takes, and takes back what was wrong."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from edge.consent.learning_folder import KeptTake, LearningFolder
from edge.learned.versions import LearnedVersions, Version
from edge.learning.report import Learned, LearnedSign, LearnedTake, LearnedVersion
from landmarkers.errors import UserError
from landmarkers.take import Take, read_duration


class NothingLearned(UserError):
    """There is nothing to show, to take back or to undo; the message says what is missing."""


class Catalogue:
    """The learned takes of a device. Everything may raise VersionsUnusable and OSError."""

    def __init__(self, folder: LearningFolder) -> None:
        self._folder = folder
        self.versions = LearnedVersions(folder.folder)
        self._seconds: dict[tuple[Path, int], float] = {}

    def list(self, known: Collection[int]) -> Learned:
        """Return everything that was learned; the model in use knows the signs of the known numbers."""
        history = self.versions.history()
        if not history:
            return Learned(version=None, signs=(), history=())
        words = {sign.sign_id: sign for version in reversed(history) for sign in version.signs}
        kept = {self.versions.name_of(take.path): take for take in self._folder.takes()}
        takes: dict[int, list[LearnedTake]] = defaultdict(list)
        for one in reversed(history[0].takes):
            if (found := kept.get(one.take)) is not None:
                at = datetime.fromtimestamp(found.modified_ns / 1e9, UTC)
                provenance = found.provenance
                seconds = self._seconds_of(found)
                takes[one.sign_number].append(
                    LearnedTake(take=one.take, person=provenance.signer, at=at, seconds=seconds, said=provenance.said)
                )
        signs = (
            LearnedSign(sign=words[number], is_own=number not in known, takes=tuple(of_sign))
            for number, of_sign in takes.items()
            if number in words
        )
        return Learned(version=history[0].version, signs=tuple(signs), history=tuple(map(_describe, history)))

    def load(self, take: str) -> Take:
        """Return a take that was learned. Raises NothingLearned, TakeDamaged."""
        self._require(take)
        return Take.load(self.versions.path_of(take))

    def remove(self, take: str) -> None:
        """Take back a take: delete it, and learn from the others alone from now on. Raises NothingLearned."""
        self._require(take)
        self._folder.delete([self.versions.path_of(take)])
        self.versions.forget_missing()

    def undo(self) -> Version:
        """Return to the version before; return the one that was undone. Raises NothingLearned."""
        undone = self.versions.undo()
        if undone is None:
            raise NothingLearned("nothing was learned that could be undone")
        version, takes = undone
        self._folder.delete(takes)
        return version

    def _seconds_of(self, take: KeptTake) -> float:
        """Return how long a take is; each is read once, since everybody who opens the page asks for all of them."""
        key = take.path, take.modified_ns
        if key not in self._seconds:
            self._seconds[key] = round(read_duration(take.path), 1)
        return self._seconds[key]

    def _require(self, take: str) -> None:
        current = self.versions.current()
        if current is None or take not in {one.take for one in current.takes}:
            raise NothingLearned("this device has learned from no such take, or it was taken back")


def _describe(version: Version) -> LearnedVersion:
    return LearnedVersion(
        version=version.version, at=version.at, what=version.what, sign=version.sign, person=version.person
    )
