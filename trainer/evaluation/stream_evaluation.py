"""Evaluates a bundle on planned streams, as cameras of several frame rates record them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from landmarkers.take import Take
from trainer.evaluation.alignment import AlignedPair, align
from trainer.evaluation.resampling import simulate_camera
from trainer.evaluation.rest import RestVisibility
from trainer.evaluation.stream_classifier import Segment, StreamClassifier
from trainer.evaluation.streams import ReferenceSign, StreamPlan, make_stream
from trainer.evaluation.wrists import Wrists


@dataclass(frozen=True, slots=True, eq=False)
class StreamResult:
    """One stream at one frame rate: the wrists' heights, the signs, the classified segments and their alignment."""

    signer: str
    with_rest: bool
    rate: int
    wrists: Wrists
    signed: tuple[ReferenceSign, ...]
    segments: tuple[Segment, ...]
    pairs: tuple[AlignedPair, ...]


def evaluate_streams(
    classifier: StreamClassifier,
    plans: Sequence[StreamPlan],
    rests: Sequence[Take],
    rates: Sequence[int],
    drop: float,
    rest_visible: RestVisibility = RestVisibility.MIXED,
) -> list[StreamResult]:
    """Classify every stream at every frame rate, with this fraction of the frames dropped."""
    results = []
    for plan in tqdm(plans, desc="classify", unit="stream"):
        stream = make_stream(plan, rests, rest_visible)
        for rate in rates:
            frames = simulate_camera(stream.recorded, rate, drop, np.random.default_rng([*plan.seed, rate]))
            segments = tuple(classifier.classify(frames.landmarks()))
            pairs = tuple(align(stream.signed, segments))
            results.append(
                StreamResult(plan.signer, plan.with_rest, rate, Wrists.of(frames), stream.signed, segments, pairs)
            )
    return results
