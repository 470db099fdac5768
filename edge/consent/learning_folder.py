"""The folder of what a device has kept of its signers: `learning-<device>` in the state folder, for its user alone.

`takes` in it is laid out as `ishara-edge record` leaves it, so that `ishara-trainer` reads it in the same way. Several
programs may change it at the same time.
"""

import fcntl
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from typing import Final

from landmarkers.consent import Consent, Said
from landmarkers.take import TAKE_SUFFIX, Provenance, StoredTake, TakeDamaged, read_provenance
from models.bundle import LABELS
from models.durable import replace_file
from models.labels import Sign, labels_json, read_labels
from models.take_folder import TakeFolder

log = logging.getLogger(__name__)

TAKES: Final = "takes"


def learning_folder(state: Path, device: str) -> Path:
    """Return the folder of a device in its state folder."""
    return state / f"learning-{device}"


@dataclass(frozen=True, slots=True)
class KeptTake:
    """A take in the folder; `modified_ns` is when its file was written, in nanoseconds since 1970."""

    path: Path
    provenance: Provenance
    modified_ns: int

    @property
    def consent(self) -> Consent | None:
        """Return the consent by which it is kept; None if somebody put it there without one."""
        return self.provenance.consent

    @property
    def is_corrected(self) -> bool:
        """Return True if it is of another sign than the model said."""
        said = self.provenance.said
        return said is not None and said.sign_id != self.provenance.sign_id

    @property
    def person(self) -> str | None:
        """Return whose it is."""
        return self.provenance.signer if self.consent is None else self.consent.person


class LearningFolder:
    """The takes of a device; any thread may call. Everything may raise OSError."""

    def __init__(self, folder: Path) -> None:
        """The folder is created when something is saved."""
        self.folder = folder
        self.takes_folder = folder / TAKES
        self._known: dict[Path, KeptTake] = {}
        self._opened: tuple[str, str, int, TakeFolder] | None = None

    def takes(self) -> list[KeptTake]:
        """Return the takes, oldest first. One that is damaged is logged and left out."""
        known: dict[Path, KeptTake] = {}
        for path in self.takes_folder.rglob(f"[!.]*{TAKE_SUFFIX}"):
            try:
                modified_ns = path.stat().st_mtime_ns
                take = self._known.get(path)
                if take is None or take.modified_ns != modified_ns:
                    take = KeptTake(path, read_provenance(path), modified_ns)
                known[path] = take
            except FileNotFoundError:
                continue  # another program has deleted it since
            except TakeDamaged as error:
                log.warning("%s", error)
        self._known = known
        return sorted(known.values(), key=lambda take: take.modified_ns)

    def save(self, take: StoredTake, sign: Sign, consent: Consent, said: Said | None = None) -> Path:
        """Save a take of the consenting person; return its file. Raises TakeFolderUnusable, LabelsDamaged, TakeDamaged.

        `said` is None if the sign was chosen before it was signed.
        """
        person, landmarker = consent.person, take.provenance.landmarker
        with self._locked():
            # It is read anew for another person, and after another program has changed the words in it.
            if self._opened is None or self._opened[:3] != (person, landmarker, self._labels_stamp()):
                self._opened = person, landmarker, 0, TakeFolder(self.takes_folder, person, landmarker)
            folder = self._opened[3]
            folder.add_labels([sign])
            path = folder.add(take, sign, consent, said)
            self._opened = person, landmarker, self._labels_stamp(), folder
        return path

    def delete(self, paths: Iterable[Path]) -> None:
        """Delete takes, and the words and folders that nothing is left of."""
        with self._locked():
            for path in (*paths, *self._unfinished()):
                path.unlink(missing_ok=True)
                for folder in path.parents:
                    if folder == self.takes_folder or not folder.is_relative_to(self.takes_folder):
                        break
                    with suppress(OSError):  # it is not empty
                        folder.rmdir()
            self._prune_labels()

    def delete_rest(self, person: str | None) -> None:
        """Delete what is left of a person, such as files that are damaged; None deletes all takes."""
        if self.takes_folder.is_dir():
            with self._locked():
                rmtree(self.takes_folder if person is None else self.takes_folder / person, ignore_errors=True)

    def delete_expired(self, now: datetime) -> int:
        """Delete the takes whose time is over; return how many."""
        expired = [take.path for take in self.takes() if take.consent is not None and take.consent.expires_at <= now]
        if expired or self._unfinished():
            self.delete(expired)
        return len(expired)

    def _unfinished(self) -> list[Path]:
        """Return what a program that was killed has left of a take; with the lock, nobody writes one."""
        return [*self.takes_folder.rglob(f".*{TAKE_SUFFIX}.new")]

    def _prune_labels(self) -> None:
        labels = self.takes_folder / LABELS
        if not labels.is_file():
            return
        used = {take.provenance.sign_id for take in self.takes()}
        signs = tuple(sign for sign in read_labels(labels) if sign.sign_id in used)
        if signs:
            replace_file(labels, labels_json(signs))
        else:
            labels.unlink()

    def _labels_stamp(self) -> int:
        try:
            return (self.takes_folder / LABELS).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    @contextmanager
    def importing(self) -> Iterator[None]:
        """Let no other program import at the same time: both would miss the takes of the other."""
        with self._locked(".import-lock"):
            yield

    @contextmanager
    def _locked(self, name: str = ".lock") -> Iterator[None]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / name).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
