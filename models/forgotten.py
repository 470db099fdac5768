"""The people who were forgotten in a folder of takes: their takes are not collected again.

`forgotten.json` holds no name: somebody stands in it as the SHA-256 of the name behind the file's own salt, so that
only who knows a name can ask whether it is there. The numbers of the consents stay, by which the
bundles that were trained with them are found. Whoever agrees again after that is not forgotten.
"""

import hashlib
import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints

from landmarkers.consent import Consent, Instant
from landmarkers.errors import UserError
from landmarkers.parsing import describe, read_limited
from models.durable import replace_file
from models.stored_model import StoredModel

FORGOTTEN: Final = "forgotten.json"
_MAX_BYTES: Final = 1 << 26

ConsentId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class ForgottenDamaged(UserError):
    """A list of forgotten people that cannot be read; the message names it."""


class Limits(StoredModel):
    """The limits of a forgetting: without any, everything of a person is forgotten.

    `signs` are the numbers of the signs; `after` and `before` limit when the person was asked, to [after, before).
    """

    signs: frozenset[int] = frozenset()
    after: Instant | None = None
    before: Instant | None = None

    def cover(self, sign_id: int | None, asked_at: datetime | None) -> bool:
        """Return True if a take of this sign, for which somebody was asked then, is within the limits."""
        if self.signs and sign_id not in self.signs:
            return False
        if asked_at is None:  # of a take without a consent nobody knows when it was made
            return self.after is None and self.before is None
        return (self.after is None or self.after <= asked_at) and (self.before is None or asked_at < self.before)


class Forgetting(StoredModel):
    """One forgetting: of whom, when, within which limits, and the consents of what was forgotten."""

    person: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    at: Instant
    limits: Limits = Limits()
    consents: frozenset[ConsentId] = frozenset()


class ForgottenPeople(StoredModel):
    """The content of `forgotten.json`."""

    format: Literal[1] = 1
    salt: ConsentId = Field(default_factory=lambda: secrets.token_hex(16))
    forgettings: tuple[Forgetting, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the list in a folder, empty if there is none. Raises ForgottenDamaged."""
        path = folder / FORGOTTEN
        try:
            return cls.model_validate_json(read_limited(path, _MAX_BYTES))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError) as error:
            raise ForgottenDamaged(
                f"{path} cannot be read ({describe(error)}); without it people who were forgotten would be collected "
                "again: restore it from a copy"
            ) from error

    def save(self, folder: Path) -> None:
        """Write the list into a folder. Raises OSError."""
        replace_file(folder / FORGOTTEN, self.model_dump_json(indent=1).encode() + b"\n")

    def contain(self, consent: Consent, sign_id: int) -> bool:
        """Return True if a take of this sign by this consent is one of a person who was forgotten since."""
        person = self._digest(consent.person)
        return any(
            one.person == person
            and (consent.asked_at <= one.at or consent.consent_id in one.consents)  # a device's clock may be wrong
            and one.limits.cover(sign_id, consent.asked_at)
            for one in self.forgettings
        )

    def consents_of(self, person: str, limits: Limits | None) -> frozenset[str]:
        """Return the consents to what was forgotten of a person, within these limits or, without any, to all of it."""
        digest = self._digest(person)
        found = (one for one in self.forgettings if one.person == digest and limits in (None, one.limits))
        return frozenset().union(*(one.consents for one in found))

    def joined_by(self, person: str, limits: Limits, consents: frozenset[str], at: datetime) -> Self:
        """Return the list with this forgetting; the same forgetting again takes the earlier one's place."""
        digest = self._digest(person)
        same = [one for one in self.forgettings if one.person == digest and one.limits == limits]
        others = tuple(one for one in self.forgettings if one not in same)
        every = consents.union(*(one.consents for one in same))
        added = Forgetting(person=digest, at=at, limits=limits, consents=every)
        return self.model_copy(update={"forgettings": (*others, added)})

    def _digest(self, person: str) -> str:
        return hashlib.sha256(f"{self.salt}{person}".encode()).hexdigest()
