"""The tour of the demo: scenes of recorded signs, each announced in a sentence, and what is expected of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landmarkers.frame import Landmarks
from landmarkers.take import TAKE_SUFFIX, Provenance, Take

TAKES: Final = Path(__file__).parent / "takes"
LETTERS: Final = Path(__file__).parent / "letters"
_REST_S: Final = 2.5
"""After each scene, longer than the rest that ends an utterance."""
_STEP_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Scene:
    """Some takes, the sentence that announces them, and the utterance that they must become, if it is to be checked."""

    announcement: str
    takes: tuple[Path, ...]
    text: str = ""

    @property
    def signs(self) -> list[int]:
        """Return the numbers of the signs, in order."""
        return [Take.load(path).provenance.sign_id or 0 for path in self.takes]


def scenes() -> tuple[Scene, ...]:
    """Return the scenes in the order in which they are signed."""
    letters = tuple(sorted(LETTERS.glob(f"*{TAKE_SUFFIX}")))
    words, number, greeting, thanks = _shipped("23456"), *_shipped("789")
    return (
        Scene("Words: three signers sign medical words, and a number.", (*words, number)),
        Scene("A name, spelled letter by letter: letters between two rests are joined to a word.", letters, "نوال"),
        Scene(
            "An utterance: a greeting, the spelled name and thanks become one line of text.",
            (greeting, *letters, thanks),
            "السلام عليكم نوال شكرا",
        ),
    )


def write_source(folder: Path, tour: Sequence[Scene]) -> None:
    """Write the takes of all scenes into a folder, in the order in which they are replayed, with a rest after each."""
    takes = list(_in_order(tour))
    for number, take in enumerate(takes):
        take.save(folder / f"{number:02}{TAKE_SUFFIX}")


def _in_order(tour: Sequence[Scene]) -> Iterator[Take]:
    for scene in tour:
        loaded = [Take.load(path) for path in scene.takes]
        yield from loaded
        yield Take.from_landmarks(_nobody(), Provenance("nobody is in view", loaded[0].provenance.landmarker))


def _nobody() -> list[Landmarks]:
    return [Landmarks.empty(step * _STEP_S) for step in range(round(_REST_S / _STEP_S))]


def _shipped(numbers: str) -> tuple[Path, ...]:
    """Return the shipped takes whose names begin with these digits."""
    return tuple(next(TAKES.glob(f"{number}-*{TAKE_SUFFIX}")) for number in numbers)
