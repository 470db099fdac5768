"""The checks of a session's takes: what is kept, what is asked for again, and what somebody decides."""

from typing import cast

import pytest

from edge.attempts.rejection import Fault, Rejection
from edge.learning.checks import TakeChecks
from edge.learning.collection import Collection, NobodySigns
from landmarkers.take import Take
from models.labels import Sign
from tests.edge.tiny_bundle import SIGNS
from tests.synthetic_signer import Sign as Movement
from tests.synthetic_signer import even_times, take

COFFEE = Sign(sign_id=1_500_000, word="قهوة", word_en="coffee")


class Place:
    """A signer whose takes differ by the place of the hand; those at one place are alike."""

    def __init__(self, *attempts: float | Rejection) -> None:
        self._attempts = iter(attempts)

    def next_take(self) -> Take | Rejection:
        attempt = next(self._attempts)
        return attempt if isinstance(attempt, Rejection) else take(even_times(20, 1.0), Movement(0.0, 1.0, attempt))


class Checks:
    """Finds takes alike at one place; at 0.8 the hand makes another sign."""

    def are_alike(self, one: Take, others: list[Take]) -> bool:
        return not others or any(abs(place_of(one) - place_of(other)) < 0.1 for other in others)

    def find_other_sign(self, one: Take, _sign: Sign) -> Sign | None:
        return SIGNS[2] if abs(place_of(one) - 0.8) < 0.05 else None


class Guide:
    """Notes what is shown; every doubt has the same answer."""

    def __init__(self, *, keep: bool = False) -> None:
        self.faults: list[Fault] = []
        self.doubts: list[Sign] = []
        self._keep = keep

    def ask(self, sign: Sign, kept: int) -> None: ...
    def accept(self) -> None: ...
    def ask_for_rest(self) -> None: ...
    def count_down(self, seconds: int) -> None: ...
    def start(self) -> None: ...

    def reject(self, rejection: Rejection) -> None:
        self.faults.append(rejection.fault)

    def is_wanted(self, other: Sign) -> bool:
        self.doubts.append(other)
        return self._keep


def place_of(one: Take) -> float:
    return round(float(one.points[10, 533, 0]), 2)  # of the right hand


def collect(guide: Guide, *attempts: float | Rejection, takes: int = 3, with_doubts: bool = True) -> list[float]:
    collection = Collection(Place(*attempts), guide, cast("TakeChecks", Checks()), with_doubts)
    collection.collect([COFFEE], takes)
    return [place_of(one) for one, _ in collection.takes]


def test_take_unlike_the_others_is_asked_for_again() -> None:
    guide = Guide()
    assert collect(guide, 0.3, 0.3, 0.6, 0.3) == [0.3, 0.3, 0.3]
    assert guide.faults == [Fault.UNLIKE_OTHERS]


def test_first_take_is_dropped_when_two_others_agree_without_it() -> None:
    assert collect(Guide(), 0.6, 0.3, 0.3, 0.3) == [0.3, 0.3, 0.3]


@pytest.mark.parametrize(("keep", "kept", "doubts"), [(True, [0.8, 0.8, 0.8], 1), (False, [0.3, 0.3, 0.3], 3)])
def test_take_like_another_sign_is_kept_only_if_somebody_wants_it(
    kept: list[float], doubts: int, *, keep: bool
) -> None:
    guide = Guide(keep=keep)
    assert collect(guide, 0.8, 0.8, 0.8, 0.3, 0.3, 0.3) == kept
    assert guide.doubts == [SIGNS[2]] * doubts


def test_calibration_asks_no_doubts() -> None:
    guide = Guide()
    assert collect(guide, 0.8, takes=1, with_doubts=False) == [0.8]
    assert not guide.doubts


def test_session_ends_after_five_bad_attempts_in_a_row() -> None:
    hidden = Rejection(Fault.HANDS_HIDDEN, "your hands were visible in only 40% of the images")
    with pytest.raises(NobodySigns, match=r"5 takes in a row of قهوة \(coffee\) were not good enough.*only 40%"):
        collect(Guide(), 0.3, *[hidden] * 5)
