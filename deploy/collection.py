"""Collects the takes of devices for the next model: only by a consent to that, each once, never of a forgotten person.

A device's takes are read as root by `on_device/takes.py`, a part at a time. What has arrived is saved before the next
part is asked for, so that a collection that was cut resumes there.
"""

import hashlib
import io
import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Base64Bytes, Field, StringConstraints, TypeAdapter

from deploy.collected_folder import COLLECTED, CollectedFolder, CollectionDamaged, Digest
from deploy.connection import Remote
from deploy.transfer import Progress
from edge.installation.machine import StepFailed
from landmarkers.consent import Consent, Purpose
from landmarkers.errors import UserError
from landmarkers.parsing import describe
from landmarkers.take import MAX_FRAMES, StoredTake
from models.bundle import LABELS, MANIFEST
from models.forgotten import ForgottenPeople
from models.labels import Sign, parse_labels
from models.sign_number import MAX_SIGN_NUMBER
from models.stored_model import StoredModel

_PROGRAM: Final = (Path(__file__).parent / "on_device" / "takes.py").read_text(encoding="utf-8")
_PYTHON: Final = "/opt/ishara/bin/python"
_STATE: Final = "/var/lib/ishara"
_QUERY_S: Final = 600
_LARGEST_TAKE: Final = 4 << 20
_PART_BYTES: Final = 1 << 22  # of files in one answer, of which a device may send 8 MB
_PART_TAKES: Final = 50  # whose paths are words of one command

_Path = Annotated[str, StringConstraints(max_length=500)]


class CollectionRefused(UserError):
    """A folder that cannot receive takes; the message says why."""


class Listed(StoredModel):
    """A take on the device: its path below the takes, the digest of its file, and what it is of."""

    path: _Path
    sha256: Digest
    bytes: Annotated[int, Field(ge=1, le=_LARGEST_TAKE)]
    sign_id: Annotated[int, Field(ge=0, le=MAX_SIGN_NUMBER)]
    consent_id: str


class Listing(StoredModel):
    """The list that `on_device/takes.py` prints; perhaps of another release, and not to be trusted."""

    labels: str | None
    consents: dict[str, Consent]
    takes: tuple[Listed, ...]

    @classmethod
    def read(cls, answer: str) -> Self:
        """Read an answer. Raises StepFailed."""
        try:
            return cls.model_validate_json(answer)
        except ValueError as error:
            raise StepFailed(f"its list of takes cannot be understood: {describe(error)}") from error

    def signs(self) -> dict[int, Sign]:
        """Return the signs that the labels name, by number. Raises LabelsDamaged."""
        labels = () if self.labels is None else parse_labels(Path(f"its {LABELS}"), self.labels.encode())
        return {sign.sign_id: sign for sign in labels}


_CONTENTS: Final = TypeAdapter(dict[_Path, Base64Bytes])


@dataclass(frozen=True, slots=True)
class Collector:
    """Collects the takes of a fleet into one folder, in which each device has its own; `now` decides what has expired.

    `forgotten` are the people who were forgotten there.
    """

    to: Path
    forgotten: Sequence[ForgottenPeople]
    now: datetime
    progress: Callable[[str], Progress]
    dry_run: bool = False

    @classmethod
    def into(cls, to: Path, progress: Callable[[str], Progress], *, dry_run: bool) -> Self:
        """Return a collector into a folder. Raises CollectionRefused, ForgottenDamaged."""
        if to.exists() and not to.is_dir():
            raise CollectionRefused(f"{to} is a file, not a folder; name another folder")
        if (to / MANIFEST).exists():
            raise CollectionRefused(f"{to} holds a bundle, which takes would damage; name another folder")
        folders = (to, *sorted(path for path in to.glob("*") if path.is_dir()))
        return cls(to, [ForgottenPeople.read(folder) for folder in folders], datetime.now(UTC), progress, dry_run)

    def collect(self, remote: Remote) -> str:
        """Collect the takes of one device; return the outcome as a sentence. Raises StepFailed."""
        if not remote.attempt(f"test -x {_PYTHON}").ok:
            raise StepFailed("not provisioned: run `ishara-deploy provision` first", user_action_required=True)
        listing, to = Listing.read(self._ask(remote)), self.to / remote.entry.name
        try:
            folder = CollectedFolder(to, remote.entry.name)
            lacking = [one for one in listing.takes if not folder.has(one.sha256)]
            wanted = [one for one in lacking if self._permits(listing.consents.get(one.consent_id), one.sign_id)]
            new = len(wanted) if self.dry_run else self._bring(remote, folder, wanted, listing.signs())
            expired = 0 if self.dry_run else folder.delete_expired(self.now)
        except UserError as error:
            raise StepFailed(str(error), user_action_required=True) from error
        except OSError as error:
            raise StepFailed(f"{to} cannot be written: {error.strerror}", user_action_required=True) from error
        counts = {
            "new": new,
            "already here": len(listing.takes) - len(lacking),
            "skipped, whose consent has expired or was withdrawn": len(lacking) - len(wanted),
            "deleted here, whose consent has expired": expired,
        }
        said = [f"{count} {what}" for what, count in counts.items() if count]
        return ", ".join(said) or "none"

    def delete_expired(self, collected: Collection[str]) -> dict[str, int]:
        """Delete the takes whose time is over of all other devices than these, which may be gone; return how many.

        Raises CollectionDamaged, TakeDamaged.
        """
        folders = [path.parent for path in sorted(self.to.glob(f"*/{COLLECTED}")) if path.parent.name not in collected]
        try:
            counts = {one.name: CollectedFolder(one, one.name).delete_expired(self.now) for one in folders}
        except OSError as error:
            raise CollectionDamaged(f"takes in {self.to} cannot be deleted: {error.strerror}") from error
        return {name: count for name, count in counts.items() if count}

    def _bring(self, remote: Remote, folder: CollectedFolder, wanted: Sequence[Listed], signs: dict[int, Sign]) -> int:
        """Bring the takes part by part; return how many are new. Raises StepFailed, UserError, OSError."""
        progress, there, size, new = self.progress(remote.entry.host), 0, sum(one.bytes for one in wanted), 0
        for part in _parts(wanted):
            contents = self._contents(remote, part)
            folder.add_labels([signs[one.sign_id] for one in part if one.sign_id in signs])
            for one in part:
                there += one.bytes
                content = contents.get(one.path, b"")
                if hashlib.sha256(content).hexdigest() == one.sha256:  # else it has changed since, or is gone
                    new += self._add(folder, one, content)
            folder.save()
            progress(there, size)
        return new

    def _add(self, folder: CollectedFolder, listed: Listed, content: bytes) -> bool:
        """Save a take that has arrived; return whether it is new. Raises StepFailed, TakeDamaged, OSError."""
        take = StoredTake.read(io.BytesIO(content), f"its take {listed.path}", MAX_FRAMES)
        consent, sign_id = take.provenance.consent, take.provenance.sign_id
        if consent is None or sign_id is None or not self._permits(consent, sign_id):
            raise StepFailed(f"its take {listed.path} is not the one that it listed")
        return folder.add(take, consent.person, sign_id, listed.sha256)

    def _permits(self, consent: Consent | None, sign_id: int) -> bool:
        return (
            consent is not None
            and consent.purpose is Purpose.TRAINING
            and self.now < consent.expires_at
            and not any(people.contain(consent, sign_id) for people in self.forgotten)
        )

    def _contents(self, remote: Remote, part: Sequence[Listed]) -> dict[str, bytes]:
        answer = self._ask(remote, *(one.path for one in part))
        try:
            return _CONTENTS.validate_json(answer)
        except ValueError as error:
            raise StepFailed(f"its takes cannot be understood: {describe(error)}") from error

    def _ask(self, remote: Remote, *paths: str) -> str:
        command = shlex.join([_PYTHON, "-I", "-", _STATE, remote.entry.name, *paths])
        return remote.run(command, stdin=_PROGRAM, within_s=_QUERY_S)


def _parts(takes: Sequence[Listed]) -> Iterator[list[Listed]]:
    """Yield the takes in order, in parts of at most `_PART_BYTES`, or of a single take."""
    part: list[Listed] = []
    for one in takes:
        if len(part) == _PART_TAKES or sum(other.bytes for other in part) + one.bytes > _PART_BYTES:
            yield part
            part = []
        part.append(one)
    if part:
        yield part
