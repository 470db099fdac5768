"""The model in use together with what this device has learned from its own takes.

The head is fitted from the takes of the current version. It lies beside the versions, so that it need not be fitted at
every start, and is fitted again when the takes, the network or the words are others.
"""

import hashlib
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge.learned.versions import HEADS, LearnedVersions, Version
from landmarkers.errors import UserError
from landmarkers.take import Take, TakeDamaged
from models.bundle import EXEMPLARS, MODEL, Bundle
from models.classifier import Classifier, OnnxClassifier
from models.durable import replace_file
from models.labels import Sign
from models.learned import LearnedClassifier, LearnedDamaged, LearnedHead, Teacher, read_head, write_head

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class LearnedModel:
    """A bundle's network with a head of its own."""

    version: int
    at: datetime
    """The time at which the version was made: after an undo another one gets its number."""
    key: str
    """Differs whenever the head does."""
    own_signs: tuple[Sign, ...]
    """The signs that the bundle does not know."""
    learned: int
    """The number of signs that were learned, the bundle's included."""
    takes: int
    classifier: Classifier
    head_file: bytes
    """The content of the head's file, for another process that runs the network."""

    def __str__(self) -> str:
        return (
            f"version {self.version} of what this device has learned: {self.learned} signs, {len(self.own_signs)} of "
            f"them its own, from {self.takes} takes"
        )


def load_learned(
    folder: Path,
    bundle: Bundle,
    classifier: OnnxClassifier,
    teacher: Teacher | None = None,
    *,
    in_use: bool = True,
) -> LearnedModel | None:
    """Return the current version for a bundle; None if nothing was learned, or if it cannot be used.

    `teacher` is that of the bundle if there is one already, which takes megabytes and is read from the bundle's folder.
    The device must recognise signs whatever is wrong with what it has learned, so that is only logged. The head of a
    bundle that is not in use is not saved.
    """
    versions = LearnedVersions(folder)
    try:
        versions.forget_missing()
        version = versions.current()
        if version is None or not version.takes:
            return None
        teacher = teacher or Teacher(bundle, classifier)
        return fit_version(versions, version, teacher, bundle, classifier, is_saved=in_use)
    except (UserError, OSError) as error:
        log.warning("%s is used without what this device has learned: %s", bundle.manifest.title, error)
        return None


def fit_version(
    versions: LearnedVersions,
    version: Version,
    teacher: Teacher,
    bundle: Bundle,
    classifier: OnnxClassifier,
    *,
    is_saved: bool = True,
) -> LearnedModel | None:
    """Return a version's model for a bundle; None if the bundle reads none of its takes.

    A head that is saved takes the place of the one before.
    """
    files = bundle.manifest.files
    content = [files[MODEL], files[EXEMPLARS], *(one.sha256 for one in version.takes)]
    key = hashlib.sha256("\n".join(content).encode()).hexdigest()
    path = versions.folder / f"head-{key[:32]}.npz"
    known = {sign.sign_id for sign in bundle.signs}
    saved = head = _read_head(path, teacher, version, known)
    if head is None:
        takes = _read_takes(versions, version, bundle)
        if not takes:
            return None
        head = teacher.learn(takes, version.signs)
    file = write_head(head)
    if saved is None and is_saved:
        _save_head(path, file)
    own = tuple(sign for sign in head.signs if sign.sign_id not in known)
    return LearnedModel(
        version.version,
        version.at,
        key,
        own,
        len(head.learned),
        len(version.takes),
        LearnedClassifier(classifier, head),
        file,
    )


def _read_head(path: Path, teacher: Teacher, version: Version, known: Collection[int]) -> LearnedHead | None:
    """Return the head in a file if it is whole and of these words."""
    if not path.exists():
        return None
    try:
        head = read_head(path)
    except LearnedDamaged as error:
        log.warning("it is learned again: %s", error)
        return None
    own = [sign for sign in head.signs if sign.sign_id not in known]
    return head if teacher.fits(head) and all(sign in version.signs for sign in own) else None


def _save_head(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, content)
        for other in {*path.parent.glob(HEADS)} - {path}:
            other.unlink(missing_ok=True)
    except OSError as error:
        log.warning("what was learned is fitted again at the next start, since %s: %s", path, error.strerror)


def _read_takes(versions: LearnedVersions, version: Version, bundle: Bundle) -> list[Take]:
    """Return the takes that the bundle reads; others are logged."""
    signs = {sign.sign_id for sign in (*version.signs, *bundle.signs)}
    found: list[Take] = []
    for one in version.takes:
        try:
            take = Take.load(versions.path_of(one.take))
        except TakeDamaged as error:
            log.warning("%s", error)
            continue
        if take.provenance.sign_id not in signs or take.provenance.landmarker != bundle.manifest.landmarker:
            log.warning("%s teaches %s nothing: its sign or its landmarks are others", one.take, bundle.manifest.title)
            continue
        found.append(take)
    return found
