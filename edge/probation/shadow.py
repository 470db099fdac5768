"""Lets the old and the new model read the same stretches, as the daemon would have, without anybody hearing it."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from edge.probation.comparison import Said, Showing, find_fault
from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import Classifier
from models.spotter import SignSpotter

_REMEMBERED: Final = 40  # stretches; what both said before counts no more


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """A bundle with what runs its network, and how sure that must be of a word."""

    bundle: Bundle
    classifier: Classifier
    threshold: float

    def say(self, stretch: Take) -> Said:
        """The words that the daemon would say of a stretch."""
        manifest = self.bundle.manifest
        spotter = SignSpotter(manifest.spotter, manifest.landmarker, self.classifier)
        takes = [take for landmarks in stretch.landmarks() for take in spotter.follow(landmarks)]
        guesses = [self.classifier.read(take).says(self.threshold) for take in (*takes, *spotter.finish())]
        return [guess for guess in guesses if guess is not None]


class Shadow:
    """Two readers and what they said."""

    def __init__(self, old: Reader, new: Reader) -> None:
        self._old = old
        self._new = new
        self._known = {sign.sign_id for sign in new.bundle.signs}
        self._said: deque[tuple[Said, Said]] = deque(maxlen=_REMEMBERED)

    @property
    def compared(self) -> int:
        """How many stretches count."""
        return len(self._said)

    def compare(self, stretch: Take) -> None:
        """Let both read a stretch. One with a sign that the new one was never taught tells nothing about it."""
        old = self._old.say(stretch)
        if all(guess.sign.sign_id in self._known for guess in old):
            self._said.append((old, self._new.say(stretch)))

    def find_fault(self) -> str | None:
        """What is absurd about the new one, in words."""
        old, new = ([pair[which] for pair in self._said] for which in (0, 1))
        return find_fault(Showing.of(old), Showing.of(new))
