"""Measures what a device gains by being taught signs, and what it loses: further takes, old words and silence.

Signers teach some of their takes of each sign and are judged on the others, in several draws. Where the names of the
clips tell when they were recorded, as KArSL's do, all that is taught of a sign is of one day, and the clips of other
days are judged apart.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import OnnxClassifier, Prediction, rank
from models.karsl import review
from models.labels import Sign
from models.learned import LearnedClassifier, Teacher
from models.learned.cohort import Floats
from trainer.data.footage import find_footage, read_landmarks
from trainer.evaluation.evaluation import NothingToEvaluate
from trainer.evaluation.metrics import Interval, wilson_interval
from trainer.evaluation.stream_classifier import StreamClassifier

_DAY: Final = re.compile(r"\(([0-9]{2}_[0-9]{2}_[0-9]{2})_")


@dataclass(frozen=True, slots=True)
class Gain:
    """Fractions of clips before and after teaching, of `count` clips that were judged in several draws."""

    count: int
    before: float
    after: float

    @property
    def intervals(self) -> tuple[Interval, Interval]:
        """The 95 % confidence intervals of both (Wilson)."""
        return wilson_interval(self.before, self.count), wilson_interval(self.after, self.count)


@dataclass(frozen=True, slots=True)
class LearningEvaluation:
    """The gains by group of clips: classified correctly, said at the bundle's threshold, and false words."""

    title: str
    description: str
    correct: Mapping[str, Gain]
    said: Mapping[str, Gain]
    false: Gain | None


@dataclass(frozen=True, slots=True)
class _Episode:
    """The takes that one signer teaches at once, and those that are judged, by group."""

    draw: int
    learned: tuple[Take, ...]
    judged: tuple[tuple[str, Take], ...]


class _Network:
    """Runs a bundle's graph once for each take."""

    def __init__(self, bundle: Bundle) -> None:
        self._classifier = OnnxClassifier(bundle)
        self.has_embedding = self._classifier.has_embedding
        self._answers: dict[Take, tuple[Floats, Floats]] = {}

    def answer(self, take: Take) -> tuple[Floats, Floats]:
        """Return the probabilities and the embedding of a take."""
        if take not in self._answers:
            self._answers[take] = self._classifier.answer(take)
        return self._answers[take]


def evaluate_learning(
    bundle: Bundle,
    takes: Sequence[Take],
    signs: Mapping[int, Sign],
    count: int,
    draws: int,
    unknown: Sequence[Path] = (),
) -> LearningEvaluation:
    """Evaluate a bundle that is taught so many takes of each sign that a signer has more takes of.

    `unknown` are clips of signs that are neither known nor taught. Raises NothingToEvaluate, TeachingUnavailable.
    """
    network, known = _Network(bundle), {sign.sign_id for sign in bundle.signs}
    teacher, threshold = Teacher(bundle, network), bundle.manifest.calibration.threshold
    episodes = list(_episodes(takes, signs, known, count, draws))
    if not episodes:
        raise NothingToEvaluate(f"no known signer has more than {count} takes of a sign, to be judged on the others")
    correct: dict[str, list[tuple[Take, bool, bool]]] = defaultdict(list)
    said: dict[str, list[tuple[Take, bool, bool]]] = defaultdict(list)
    false: list[tuple[float, float]] = []
    silent_before = _false_words(StreamClassifier(bundle), unknown) if unknown else 0.0
    for episode in tqdm(episodes, desc="teach", unit="episode"):
        head = teacher.learn(episode.learned, signs.values())
        on_takes, touched = LearnedClassifier(network, head), {take.provenance.sign_id for take in episode.learned}
        old = [("old signs", take) for take in takes if take.provenance.sign_id in known - touched]
        for group, take in (*episode.judged, *old):
            before, after = rank(bundle.signs, network.answer(take)[0]), on_takes.classify(take)
            correct[group].append((take, _is_right(before, take, 0.0), _is_right(after, take, 0.0)))
            said[group].append((take, _is_right(before, take, threshold), _is_right(after, take, threshold)))
        if unknown and episode.draw == 0:
            on_device = LearnedClassifier(OnnxClassifier(bundle), head)
            false.append((silent_before, _false_words(StreamClassifier(bundle, on_device), unknown)))
    description = (
        f"{bundle.manifest.title} taught {count} takes of each sign by one signer, judged on this signer's other takes "
        f"in {draws} draws. Old signs are those that were not taught."
    )
    clips = len(find_footage(unknown)) if unknown else 0
    silence = Gain(clips, *map(float, np.mean(false, axis=0))) if false else None
    return LearningEvaluation(bundle.manifest.title, description, _gains(correct), _gains(said), silence)


def _episodes(
    takes: Sequence[Take], signs: Mapping[int, Sign], known: set[int], count: int, draws: int
) -> Iterator[_Episode]:
    """Yield each signer's episodes: one of the signs that the bundle does not know, one of those that it does."""
    pools: dict[tuple[str, bool], dict[int, list[Take]]] = defaultdict(lambda: defaultdict(list))
    for take in takes:
        signer, sign_id = take.provenance.signer, take.provenance.sign_id
        if signer is not None and sign_id is not None and sign_id in signs:
            pools[signer, sign_id in known][sign_id].append(take)
    for (_, is_known), pool in sorted(pools.items()):
        for draw in range(draws):
            random = np.random.default_rng(draw)
            learned: list[Take] = []
            judged: list[tuple[str, Take]] = []
            for sign_id, made in sorted(pool.items()):
                days = sorted({_day(take) for take in made})
                day = days[draw % len(days)]
                of_day = [take for take in made if _day(take) == day]
                if len(of_day) < count or len(made) == count:
                    continue
                chosen = [of_day[number] for number in random.choice(len(of_day), count, replace=False)]
                learned += chosen
                group = f"{'known' if is_known else 'new'} {review(signs[sign_id]).kind or 'word'}s"
                judged += [
                    (group if _day(take) == day else f"{group}, another day", take)
                    for take in made
                    if take not in chosen
                ]
            if learned:
                yield _Episode(draw, tuple(learned), tuple(judged))


def _day(take: Take) -> str:
    """Return the day on which a clip of KArSL was recorded; empty for any other clip."""
    found = _DAY.search(take.provenance.clip)
    return found[1] if found else ""


def _is_right(prediction: Prediction, take: Take, threshold: float) -> bool:
    best = prediction.best if threshold == 0.0 else prediction.above_threshold(threshold)
    is_sign = threshold > 0.0 or prediction.best.confidence > prediction.no_sign
    return is_sign and best is not None and best.sign.sign_id == take.provenance.sign_id


def _false_words(classifier: StreamClassifier, paths: Sequence[Path]) -> float:
    """Return the fraction of clips on which a word is said, as the daemon says it."""
    manifest = classifier.bundle.manifest
    said = [
        any(one.emitted for one in classifier.classify(read_landmarks(clip, manifest.parts, manifest.landmarker)))
        for clip in find_footage(paths)
    ]
    return sum(said) / len(said)


def _gains(judgements: Mapping[str, Sequence[tuple[Take, bool, bool]]]) -> dict[str, Gain]:
    return {
        group: Gain(
            len({take for take, *_ in those}),
            sum(before for _, before, _ in those) / len(those),
            sum(after for *_, after in those) / len(those),
        )
        for group, those in sorted(judgements.items())
    }
