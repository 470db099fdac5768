"""What is said on a running stream, held against what was signed in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Self

import numpy as np
from tqdm import tqdm

from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import Classifier, Guess, OnnxClassifier
from models.spotter import RaisedHandSpotter, Spotter
from trainer.streams import Signed, Stream, film


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch that the spotter cut, from when to when, at what time it was read, and what it was read as.

    `said` is whether the word was said: it may have been too unlikely.
    """

    start: float
    end: float
    at: float
    guess: Guess
    no_sign: float
    said: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A sign and the word said for it. A missed sign has no word, and an inserted word no sign."""

    signed: Signed | None
    heard: Heard | None

    @property
    def right(self) -> bool:
        """Whether the word is the sign's."""
        return self.signed is not None and self.heard is not None and _same(self.signed, self.heard)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many signs there were and what became of them, and how long after each sign's end its word came."""

    words: int
    right: int
    substitutions: int
    misses: int
    insertions: int
    delays_s: tuple[float, ...]

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> Self:
        """The count of the pairs of any number of streams."""
        pairs = list(pairs)
        right = [pair for pair in pairs if pair.right]
        misses = sum(pair.heard is None for pair in pairs)
        insertions = sum(pair.signed is None for pair in pairs)
        delays = tuple(pair.heard.at - pair.signed.end for pair in right if pair.heard and pair.signed)
        substitutions = len(pairs) - len(right) - misses - insertions
        return cls(len(pairs) - insertions, len(right), substitutions, misses, insertions, delays)

    def delay(self, percent: float) -> float | None:
        """So many in a hundred words come this soon after the sign's end, or sooner; None when none came."""
        return float(np.percentile(self.delays_s, percent)) if self.delays_s else None


@dataclass(frozen=True, slots=True)
class Condition:
    """What became of the signs at one rate of frames, with rest between them or without; None stands for all."""

    rate: int | None
    with_rest: bool | None
    tally: Tally


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One stream as a camera saw it, what was read in it, and how that fits what was signed."""

    stream: Stream
    rate: int
    seen: Take
    heard: tuple[Heard, ...]
    pairs: tuple[Pair, ...]


def read_streams(
    bundle: Bundle, streams: Sequence[Stream], rates: Sequence[int], drop: float, seed: int
) -> list[Judged]:
    """Every stream read at every rate, with this share of the frames dropped."""
    classifier = OnnxClassifier(bundle)
    threshold = bundle.manifest.calibration.threshold
    judged = []
    jobs = [(rate, number) for rate in rates for number in range(len(streams))]
    for rate, number in tqdm(jobs, desc="read", unit="stream"):
        stream = streams[number]
        seen = film(stream.recorded, rate, drop, np.random.default_rng([seed, rate, number]))
        heard = listen(seen, _spotter(bundle, classifier), classifier, threshold)
        judged.append(Judged(stream, rate, seen, tuple(heard), tuple(align(stream.signed, heard))))
    return judged


def conditions(judged: Sequence[Judged]) -> list[Condition]:
    """The tallies of each rate with rest and without, and last of all together."""
    rates = sorted({one.rate for one in judged})
    wanted = [(rate, with_rest) for with_rest in (True, False) for rate in rates]
    each = [
        Condition(rate, rest, _tally(one for one in judged if (one.rate, one.stream.with_rest) == (rate, rest)))
        for rate, rest in wanted
    ]
    return [*each, Condition(None, None, _tally(judged))]


def _tally(judged: Iterable[Judged]) -> Tally:
    return Tally.of(pair for one in judged for pair in one.pairs)


def _spotter(bundle: Bundle, classifier: Classifier) -> Spotter:
    """The spotter as the device builds it; `classifier` is for spotters that ask it where a sign ends."""
    del classifier
    return RaisedHandSpotter(bundle.manifest.spotter, bundle.manifest.landmarker)


def listen(stream: Take, spotter: Spotter, classifier: Classifier, threshold: float) -> list[Heard]:
    """Read a stream frame by frame, as the device does."""
    heard = []

    def read(take: Take, at: float) -> None:
        reading = classifier.read(take)
        said = reading.says(threshold) is not None
        heard.append(Heard(float(take.times[0]), float(take.times[-1]), at, reading.best, reading.no_sign, said))

    for landmarks in stream.landmarks():
        for take in spotter.follow(landmarks):
            read(take, landmarks.time)
    for take in spotter.finish():
        read(take, float(stream.times[-1]))
    return heard


def align(signed: Sequence[Signed], heard: Sequence[Heard]) -> list[Pair]:
    """Signs and words said in pairs, with the fewest wrong, missed and inserted ones (edit distance).

    A word can only stand for a sign that the stretch read touches. Of alignments equally good, the one with most
    right pairs is taken.
    """
    said = [word for word in heard if word.said]
    # For the first i signs and j words: (edits, right pairs as a negative number), and the step that led there.
    best: dict[tuple[int, int], tuple[int, int]] = {(0, 0): (0, 0)}
    steps: dict[tuple[int, int], tuple[int, int]] = {}
    for i, j in product(range(len(signed) + 1), range(len(said) + 1)):
        ways = [((1, 0), 1, 0)] if i else []
        ways += [((0, 1), 1, 0)] if j else []
        if i and j and _touch(signed[i - 1], said[j - 1]):
            ways.append(((1, 1), 0, -1) if _same(signed[i - 1], said[j - 1]) else ((1, 1), 1, 0))
        for step, edits, rights in ways:
            before = best[i - step[0], j - step[1]]
            reached = (before[0] + edits, before[1] + rights)
            if (i, j) not in best or reached < best[i, j]:
                best[i, j], steps[i, j] = reached, step
    pairs = []
    i, j = len(signed), len(said)
    while i or j:
        with_sign, with_word = steps[i, j]
        pairs.append(Pair(signed[i - 1] if with_sign else None, said[j - 1] if with_word else None))
        i, j = i - with_sign, j - with_word
    return pairs[::-1]


def _same(signed: Signed, heard: Heard) -> bool:
    return signed.sign_id == heard.guess.sign.sign_id


def _touch(signed: Signed, heard: Heard) -> bool:
    return heard.start <= signed.end and heard.end >= signed.start
