"""What is said on a running stream, held against what was signed in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from tqdm import tqdm

from landmarkers.frame import Landmarks
from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import Candidate, Classifier, OnnxClassifier
from models.spotter import SignSpotter, Spotter
from trainer.evaluation.streams import ReferenceSign, RestVisibility, StreamPlan, make_stream, simulate_camera
from trainer.evaluation.wrists import Wrists


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch that the spotter cut out, from when to when, when it did so, and what the stretch was read as.

    `said` is whether the likeliest sign was said.
    """

    start: float
    end: float
    emitted_at: float
    best: Candidate
    no_sign: float
    emitted: bool


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """A sign and the stretch whose word was said for it. A missed sign has no stretch, an inserted word no sign."""

    signed: ReferenceSign | None
    segment: Segment | None

    @property
    def is_correct(self) -> bool:
        """Whether the word is the sign's."""
        return self.signed is not None and self.segment is not None and _same(self.signed, self.segment)


@dataclass(frozen=True, slots=True, eq=False)
class StreamResult:
    """One stream at one rate: what the wrists did, what was signed, what was read, and how that fits."""

    signer: str
    with_rest: bool
    rate: int
    wrists: Wrists
    signed: tuple[ReferenceSign, ...]
    segments: tuple[Segment, ...]
    pairs: tuple[AlignedPair, ...]


class StreamClassifier:
    """Reads running landmarks with a bundle as the device does."""

    def __init__(self, bundle: Bundle) -> None:
        """Load the bundle's network. Raises BundleRefused."""
        self.bundle = bundle
        self._classifier = OnnxClassifier(bundle)

    def classify(self, stream: Iterable[Landmarks]) -> list[Segment]:
        """What is cut out of the stream and read, in order."""
        spotter = _spotter(self.bundle, self._classifier)
        cuts: list[Segment] = []
        now = 0.0
        for landmarks in stream:
            now = landmarks.time
            cuts += [self._cut(take, now) for take in spotter.push(landmarks)]
        return cuts + [self._cut(take, now) for take in spotter.flush()]

    def _cut(self, take: Take, now: float) -> Segment:
        reading = self._classifier.classify(take)
        said = reading.above_threshold(self.bundle.manifest.calibration.threshold) is not None
        return Segment(float(take.times[0]), float(take.times[-1]), now, reading.best, reading.no_sign, said)


def evaluate_streams(
    reader: StreamClassifier,
    plans: Sequence[StreamPlan],
    rests: Sequence[Take],
    rates: Sequence[int],
    drop: float,
    lap: RestVisibility = RestVisibility.MIXED,
) -> list[StreamResult]:
    """Every stream read at every rate, with this share of the frames dropped."""
    judged = []
    for plan in tqdm(plans, desc="read", unit="stream"):
        stream = make_stream(plan, rests, lap)
        for rate in rates:
            seen = simulate_camera(stream.recorded, rate, drop, np.random.default_rng([*plan.seed, rate]))
            cuts = tuple(reader.classify(seen.landmarks()))
            pairs = tuple(align(stream.signed, cuts))
            judged.append(StreamResult(plan.signer, plan.with_rest, rate, Wrists.of(seen), stream.signed, cuts, pairs))
    return judged


def align(signed: Sequence[ReferenceSign], cuts: Sequence[Segment]) -> list[AlignedPair]:
    """Signs and words said in pairs, with the fewest wrong, missed and inserted ones (edit distance).

    A word can only stand for a sign that the stretch read touches. Of alignments equally good, the one with most
    right pairs is taken.
    """
    said = [cut for cut in cuts if cut.emitted]
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
        pairs.append(AlignedPair(signed[i - 1] if with_sign else None, said[j - 1] if with_word else None))
        i, j = i - with_sign, j - with_word
    return pairs[::-1]


def _spotter(bundle: Bundle, classifier: Classifier) -> Spotter:
    """The spotter as the device builds it."""
    return SignSpotter(bundle.manifest.spotter, bundle.manifest.landmarker, classifier)


def _same(signed: ReferenceSign, cut: Segment) -> bool:
    return signed.sign_id == cut.best.sign.sign_id


def _touch(signed: ReferenceSign, cut: Segment) -> bool:
    return cut.start <= signed.end and cut.end >= signed.start
