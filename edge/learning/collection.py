"""Collects the takes of a teaching session, one after another, and checks each of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from edge.attempts.rejection import Fault, Rejection
from edge.attempts.signer import MAX_ATTEMPTS, Guide, Signer
from edge.learning.checks import TakeChecks
from landmarkers.errors import UserError
from landmarkers.take import Take
from models.labels import Sign

_ODD_AFTER: Final = 2  # takes in a row that are like each other and unlike the first one: that was the odd one


class NobodySigns(UserError):
    """Too many attempts in a row were not good enough; the message says why the last one was not."""


class SignSkipped(Exception):
    """Somebody leaves out the sign that is asked for."""


class CollectionFinished(Exception):
    """Somebody wants the takes that there are to be learned."""


class SessionGuide(Guide, Protocol):
    """Shows the signer which sign is asked for, and the outcome of each attempt."""

    def ask(self, sign: Sign, kept: int) -> None:
        """Ask for a take of a sign; so many takes of the session are kept by now."""

    def reject(self, rejection: Rejection) -> None:
        """Show why the attempt was not kept."""

    def accept(self) -> None:
        """Show that the take is kept."""

    def is_wanted(self, other: Sign) -> bool:
        """Ask whether a take that looks like another sign is to be kept."""


@dataclass(slots=True)
class Collection:
    """The takes that were collected, each with its sign."""

    signer: Signer
    guide: SessionGuide
    checks: TakeChecks
    with_doubts: bool = True
    """False if a take may look like another sign: whoever calibrates teaches the device how they sign."""
    takes: list[tuple[Take, Sign]] = field(default_factory=list)

    def collect(self, signs: Sequence[Sign], takes: int) -> None:
        """Collect so many takes of each sign.

        Raises NobodySigns, and what the signer raises, such as StreamEnded and CollectionFinished.
        """
        for sign in signs:
            try:
                self._collect_sign(sign, takes)
            except SignSkipped:
                continue

    def _collect_sign(self, sign: Sign, wanted: int) -> None:
        mine: list[Take] = []
        odd: list[Take] = []
        accepted_others: set[int] = set()
        rejected = 0
        while len(mine) < wanted:
            self.guide.ask(sign, len(self.takes))
            attempt = self._check(self.signer.next_take(), sign, mine, accepted_others)
            if isinstance(attempt, Take):
                odd.clear()
                rejected = 0
                mine.append(attempt)
                self.takes.append((attempt, sign))
                self.guide.accept()
                continue
            rejection, take = attempt
            self.guide.reject(rejection)
            rejected += 1
            if rejection.fault is Fault.UNLIKE_OTHERS and take is not None and len(mine) == 1:
                odd.append(take)
                if len(odd) == _ODD_AFTER and self.checks.are_alike(odd[0], odd[1:]):
                    del self.takes[-1]
                    mine[:] = odd[:wanted]
                    self.takes += [(one, sign) for one in mine]
                    odd.clear()
            if rejected == MAX_ATTEMPTS:
                raise NobodySigns(
                    f"{MAX_ATTEMPTS} takes in a row of {sign.full_word} were not good enough, the last one because "
                    f"{rejection.reason}"
                )

    def _check(
        self, attempt: Take | Rejection, sign: Sign, mine: Sequence[Take], accepted_others: set[int]
    ) -> Take | tuple[Rejection, Take | None]:
        """Return the take if it is to be kept, else why not."""
        if isinstance(attempt, Rejection):
            return attempt, None
        if not self.checks.are_alike(attempt, mine):
            return Rejection(Fault.UNLIKE_OTHERS, "it is unlike the takes before it"), attempt
        other = self.checks.find_other_sign(attempt, sign) if self.with_doubts else None
        if other is None or other.sign_id in accepted_others:
            return attempt
        if not self.guide.is_wanted(other):
            return Rejection(Fault.LIKE_ANOTHER, f"it looks like {other.full_word} already"), None
        accepted_others.add(other.sign_id)
        return attempt
