"""The versions of what a device has learned: which takes each of them was learned from.

A version is one small file, `0007.json`, written at once or not at all; the newest one is in force. What is fitted from
its takes is derived data, which can be made again: for another model, or after some of the takes were forgotten.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError

from landmarkers.errors import UserError
from landmarkers.parsing import describe, read_limited
from landmarkers.take import TAKE_SUFFIX
from landmarkers.text_types import Label
from models.durable import DAMAGED_SUFFIX, put_aside, replace_file, sync_folder
from models.labels import Sign
from models.manifest import Sha256
from models.stored_model import StoredModel

MAX_VERSIONS: Final = 10
"""Earlier ones are removed, so that these can be undone but one."""
HEADS: Final = "head-*.npz"
"""The fitted heads, which can be fitted again from the takes that are left."""
_UNFINISHED: Final = ".*.new"  # left by a program that was killed while it wrote
_NAME: Final = "[0-9]*.json"
_LOCK: Final = ".lock"

What = Literal["taught", "calibrated", "corrected", "imported"]
TakeName = Annotated[
    str, StringConstraints(pattern=r"^[^./][^/\x00-\x1f]*/train/[0-9]{1,10}/[0-9]{1,10}$", max_length=120)
]


class VersionsUnusable(UserError):
    """The versions cannot be read or written; the message says why."""


class LearnedFrom(StoredModel):
    """A take by its name, which is its path without suffix, and by its content: a name may be given again."""

    take: TakeName
    sha256: Sha256

    @property
    def sign_number(self) -> int:
        """Return the number of its sign, after which its folder is named."""
        return int(self.take.split("/")[-2])


class Version(StoredModel):
    """One version: what made it of the one before, the signs that it names, and all takes that it is learned from."""

    format: Literal[1] = 1
    version: Annotated[int, Field(ge=1, lt=1_000_000)]
    at: AwareDatetime
    what: What
    sign: Sign | None = None
    person: Label | None = None
    signs: tuple[Sign, ...]
    takes: tuple[LearnedFrom, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """The difference of a version from the one before; `signs` are those of the added takes."""

    what: What
    sign: Sign | None = None
    person: str | None = None
    signs: Sequence[Sign] = ()
    add: Sequence[str] = ()
    replaced: Sequence[str] = ()
    """Takes of the version before that it has no more."""


class LearnedVersions:
    """The versions in `learned/` of a device's folder, beside the `takes/` that they are learned from.

    Several programs may use it: each change is made under a lock. Reading needs none.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` is created, for its owner alone, with the first version."""
        self.folder = folder / "learned"
        """The versions, and what was fitted from them."""
        self.takes = folder / "takes"

    def current(self) -> Version | None:
        """Return the version in force; None if nothing was learned. Raises VersionsUnusable.

        A version that cannot be read is put aside, and the one before it is in force.
        """
        return next(self._read_all(), None)

    def history(self) -> list[Version]:
        """Return the versions, the newest first. Raises VersionsUnusable."""
        return list(self._read_all())

    def path_of(self, take: str) -> Path:
        """Return the file of a take."""
        return self.takes / f"{take}{TAKE_SUFFIX}"

    def name_of(self, path: Path) -> str:
        """Return the name of a take in the folder of takes."""
        return str(path.relative_to(self.takes)).removesuffix(TAKE_SUFFIX)

    def whole(self, version: Version) -> tuple[LearnedFrom, ...]:
        """Return those of a version's takes that are still there, unchanged."""
        return tuple(one for one in version.takes if self._is_whole(one))

    def apply(self, change: Change, accept: Callable[[Version], None]) -> Version:
        """Add a version that is the current one with a change.

        `accept` is called with it before it is written, and may raise. Raises VersionsUnusable.
        """
        while True:
            before = self.current()
            new = self._changed(before, change)
            accept(new)  # without the lock, for it may take seconds
            with self._locked():
                if self.current() == before:
                    self._write(new)
                    for path in self._files()[:-MAX_VERSIONS]:
                        path.unlink(missing_ok=True)
                    return new

    def undo(self) -> tuple[Version, list[Path]] | None:
        """Return to the version before the current one; None if there is none.

        Return the one that was undone, and the files of its takes that the version before has not.
        """
        with self._locked():
            versions = self.history()
            if not versions:
                return None
            kept = {one.take for one in versions[1].takes} if len(versions) > 1 else set()
            self._path(versions[0].version).unlink()
            self._remove(HEADS)
            sync_folder(self.folder)
        return versions[0], [self.path_of(one.take) for one in versions[0].takes if one.take not in kept]

    def forget_missing(self) -> bool:
        """Remove from every version the takes that are gone, and their persons; return True if the current one changes.

        To be called after takes were deleted. The current version gets another number, unless no take is left. A
        version that differs no more from the one before, or has no take, is removed.
        """
        if not self.folder.is_dir():
            return False
        with self._locked():
            self._remove(_UNFINISHED)
            versions = self.history()
            if not versions:  # a program that was killed may have fitted one that it has not written
                self._remove(HEADS)
            there = {one for one in {one for version in versions for one in version.takes} if self._is_whole(one)}
            if all(there.issuperset(version.takes) for version in versions):
                return False
            before: tuple[LearnedFrom, ...] = ()
            for version in reversed(versions):
                whole = tuple(one for one in version.takes if one in there)
                is_current = version is versions[0]
                if whole == before and not (is_current and whole):
                    self._path(version.version).unlink()
                elif len(whole) < len(version.takes):
                    people = {one.take.partition("/")[0] for one in whole}
                    numbers = {one.sign_number for one in whole}
                    changes = {
                        "version": version.version + is_current,
                        "person": version.person if version.person in people else None,
                        "sign": version.sign if version.sign is not None and version.sign.sign_id in numbers else None,
                        "signs": tuple(sign for sign in version.signs if sign.sign_id in numbers),
                        "takes": whole,
                    }
                    self._write(version.model_copy(update=changes))
                    if is_current:
                        self._path(version.version).unlink()
                before = whole
            self._remove(f"{_NAME}{DAMAGED_SUFFIX}*")  # whoever is gone may stand in it
            self._remove(HEADS)
            return not there.issuperset(versions[0].takes)

    def _read_all(self) -> Iterator[Version]:
        return (version for path in reversed(self._files()) if (version := self._read(path)) is not None)

    def _files(self) -> list[Path]:
        try:
            return sorted(self.folder.glob(_NAME))
        except OSError as error:
            raise VersionsUnusable(f"{self.folder} cannot be read: {error.strerror}") from error

    def _read(self, path: Path) -> Version | None:
        try:
            return Version.model_validate_json(read_limited(path))
        except FileNotFoundError:  # it was undone meanwhile
            return None
        except ValidationError:
            put_aside(path)
            return None
        except (OSError, ValueError) as error:
            raise VersionsUnusable(f"{path} cannot be read: {describe(error)}") from error

    def _write(self, version: Version) -> None:
        replace_file(self._path(version.version), version.model_dump_json(exclude_none=True).encode())

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06}.json"

    def _changed(self, before: Version | None, change: Change) -> Version:
        added = [LearnedFrom(take=take, sha256=digest) for take in change.add if (digest := self._digest(take))]
        gone = {*change.replaced, *(one.take for one in added)}
        kept = [] if before is None else [one for one in self.whole(before) if one.take not in gone]
        signs = {one.sign_id: one for one in (*(() if before is None else before.signs), *change.signs)}
        return Version(
            version=1 if before is None else before.version + 1,
            at=datetime.now(UTC),
            what=change.what,
            sign=change.sign,
            person=change.person,
            signs=tuple(signs.values()),
            takes=(*kept, *added),
        )

    def _remove(self, pattern: str) -> None:
        for path in self.folder.glob(pattern):
            path.unlink(missing_ok=True)

    def _is_whole(self, one: LearnedFrom) -> bool:
        return self._digest(one.take) == one.sha256

    def _digest(self, take: str) -> str | None:
        try:
            with self.path_of(take).open("rb") as file:
                return file_digest(file, "sha256").hexdigest()
        except OSError:
            return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.parent.chmod(0o700)
            descriptor = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise VersionsUnusable(f"{self.folder} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        except OSError as error:
            raise VersionsUnusable(f"{self.folder} cannot be written: {error.strerror}") from error
        finally:
            os.close(descriptor)
