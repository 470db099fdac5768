"""Aligns the words emitted on a stream with the signs in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from trainer.evaluation.stream_classifier import Segment
from trainer.evaluation.streams import ReferenceSign


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """A sign and the segment whose word was emitted for it.

    A deletion is a sign without a segment; an insertion is a segment without a sign.
    """

    signed: ReferenceSign | None
    segment: Segment | None

    @property
    def is_correct(self) -> bool:
        """True if the word is the sign's."""
        return self.signed is not None and self.segment is not None and _same(self.signed, self.segment)


def align(signed: Sequence[ReferenceSign], segments: Sequence[Segment]) -> list[AlignedPair]:
    """Align signs and emitted words with the fewest substitutions, deletions and insertions (edit distance).

    A word can only be aligned with a sign that its segment overlaps in time. Of equally good alignments, one with the
    most correct pairs is returned.
    """
    emitted = [segment for segment in segments if segment.emitted]
    # For the first i signs and j words: (edits, minus the correct pairs), and the step that led there.
    best: dict[tuple[int, int], tuple[int, int]] = {(0, 0): (0, 0)}
    steps: dict[tuple[int, int], tuple[int, int]] = {}
    for i, j in product(range(len(signed) + 1), range(len(emitted) + 1)):
        candidates = [((1, 0), 1, 0)] if i else []
        candidates += [((0, 1), 1, 0)] if j else []
        if i and j and _overlap(signed[i - 1], emitted[j - 1]):
            candidates.append(((1, 1), 0, -1) if _same(signed[i - 1], emitted[j - 1]) else ((1, 1), 1, 0))
        for step, edits, correct in candidates:
            before = best[i - step[0], j - step[1]]
            cost = (before[0] + edits, before[1] + correct)
            if (i, j) not in best or cost < best[i, j]:
                best[i, j], steps[i, j] = cost, step
    pairs = []
    i, j = len(signed), len(emitted)
    while i or j:
        with_sign, with_word = steps[i, j]
        pairs.append(AlignedPair(signed[i - 1] if with_sign else None, emitted[j - 1] if with_word else None))
        i, j = i - with_sign, j - with_word
    return pairs[::-1]


def _same(signed: ReferenceSign, segment: Segment) -> bool:
    return signed.sign_id == segment.best.sign.sign_id


def _overlap(signed: ReferenceSign, segment: Segment) -> bool:
    return segment.start <= signed.end and segment.end >= signed.start
