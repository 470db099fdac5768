"""The takes that were collected of one device: a folder of takes, laid out as the device has them.

`collected.json` beside them lists what was collected, by the SHA-256 of its landmarks: a take that was renamed, given
another word, rejected or removed here is not collected a second time.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from edge.installation.machine import StepFailed
from landmarkers.errors import UserError
from landmarkers.parsing import describe, read_limited
from landmarkers.take import TAKE_SUFFIX, Provenance, StoredTake
from models.bundle import LABELS
from models.durable import create_folder, replace_file
from models.joined_labels import join_signs
from models.labels import Sign, labels_json, read_labels
from models.stored_model import StoredModel

COLLECTED: Final = "collected.json"
_MAX_BYTES: Final = 1 << 28

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class CollectionDamaged(UserError):
    """A list of collected takes that cannot be read; the message names it."""


class Collected(StoredModel):
    """A take as it was collected: the digest of the device's file, and the sign that it was of."""

    sha256: Digest
    sign_id: int


class _Content(StoredModel):
    """The content of `collected.json`: the takes by the digest of their landmarks."""

    format: Literal[1] = 1
    takes: dict[Digest, Collected] = Field(default_factory=dict)


class CollectedFolder:
    """The folder of one device's takes."""

    def __init__(self, folder: Path, device: str) -> None:
        """Read what was collected. Raises CollectionDamaged, TakeDamaged."""
        self._folder = folder
        self._device = device
        path = folder / COLLECTED
        try:
            self._collected = dict(_Content.model_validate_json(read_limited(path, _MAX_BYTES)).takes)
        except FileNotFoundError:
            self._collected = {}
        except (OSError, ValueError) as error:
            raise CollectionDamaged(
                f"{path} cannot be read ({describe(error)}); restore it from a copy, or collect into another folder"
            ) from error
        self._known = {one.sha256 for one in self._collected.values()}
        self._copies: defaultdict[str, dict[Path, Provenance]] = defaultdict(dict)
        for one in sorted(folder.rglob(f"[!.]*{TAKE_SUFFIX}*")):
            take = StoredTake.load(one)
            self._copies[take.landmarks_sha256][one] = take.provenance

    def has(self, sha256: str) -> bool:
        """Return True if a file of this digest was collected."""
        return sha256 in self._known

    def add_labels(self, signs: list[Sign]) -> None:
        """Add signs to the folder's `labels.json`. Raises LabelsDiffer, LabelsDamaged, OSError."""
        path = self._folder / LABELS
        before = read_labels(path) if path.is_file() else ()
        joined = tuple(join_signs([(str(path), before), (f"the labels of {self._device}", signs)]).values())
        if joined != before:
            create_folder(self._folder)
            replace_file(path, labels_json(joined))

    def add(self, take: StoredTake, person: str, sign_id: int, sha256: str) -> bool:
        """Save a take; return whether it is new here, or was given another sign on the device since it was collected.

        One that was reviewed here, or given another sign, stays as it is. Raises StepFailed, OSError.
        """
        self._check_landmarker(take)
        identity = take.landmarks_sha256
        copies, before = self._copies[identity], self._collected.get(identity)
        former = [
            path
            for path, one in copies.items()
            if before is not None and one.sign_id == before.sign_id and one.review is None
        ]
        is_changed = bool(former) and before is not None and before.sign_id != sign_id
        is_new = before is None and not copies
        if is_new or (is_changed and all(one.sign_id != sign_id for one in copies.values())):
            path = self._save(take, person, sign_id)
            copies[path] = replace(take.provenance, sign_id=sign_id)
        for path in former if is_changed else ():
            path.unlink(missing_ok=True)
            del copies[path]
        self._collected[identity] = Collected(sha256=sha256, sign_id=sign_id)
        self._known.add(sha256)
        return is_new or is_changed

    def delete_expired(self, now: datetime) -> int:
        """Delete the takes that somebody agreed to have kept until now; return their number. Raises OSError."""
        expired = [
            (copies, path)
            for copies in self._copies.values()
            for path, provenance in copies.items()
            if provenance.consent is not None and provenance.consent.expires_at <= now
        ]
        for copies, path in expired:
            path.unlink(missing_ok=True)
            del copies[path]
        return len(expired)

    def save(self) -> None:
        """Write the list of what was collected. Raises OSError."""
        create_folder(self._folder)
        replace_file(self._folder / COLLECTED, _Content(takes=self._collected).model_dump_json().encode() + b"\n")

    def _save(self, take: StoredTake, person: str, sign_id: int) -> Path:
        """Save a take under the next free number; its name begins with the device, since another may have the same."""
        number, path = 0, self._folder
        while number == 0 or any(path.parent.glob(f"{path.name}*")):  # a rejected take may return to its name
            number += 1
            name = f"{person}/train/{sign_id:04}/{number:02}"
            path = self._folder / f"{name}{TAKE_SUFFIX}"
        clip = f"{self._device}/{name}"
        replace(take, provenance=replace(take.provenance, clip=clip, sign_id=sign_id)).save(path)
        return path

    def _check_landmarker(self, take: StoredTake) -> None:
        """Raise StepFailed unless the takes here hold landmarks of the same networks: no model is trained on both."""
        landmarker = take.provenance.landmarker
        here = {one.landmarker for copies in self._copies.values() for one in copies.values()} - {landmarker}
        if here:
            raise StepFailed(
                f"its takes hold landmarks of {landmarker}, and those in {self._folder} of {here.pop()}; collect into "
                "another folder",
                user_action_required=True,
            )
