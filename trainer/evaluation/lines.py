"""Evaluates the line of text that an utterance becomes: words, a spelled name and a number, with no rest between them.

Each stream is one signer's: one or two words, a name of three to five letters and a number of one to three signs, in
Arabic's order of speaking. A line is right if it is, character by character, what its signs compose to.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from landmarkers.errors import UserError
from landmarkers.take import Take
from models.composition import compose, composed_kind
from models.karsl import review
from models.labels import SIGN_KINDS, Sign, SignKind
from trainer.evaluation.stream_evaluation import StreamResult
from trainer.evaluation.streams import StreamPlan

_WORDS: Final = (1, 2)
_LETTERS: Final = (3, 5)

BySign = Mapping[int, Sequence[Take]]


class LineSignsMissing(UserError):
    """The takes hold no signer with a word, enough letters and a number."""


@dataclass(frozen=True, slots=True)
class LineResult:
    """The line that was signed, the line that was read, and the signs read correctly and signed of each kind.

    `is_readable` is true if the network reads each of its clips alone: what goes wrong then is the stream's.
    """

    signed: str
    read: str
    counts: Mapping[SignKind, tuple[int, int]]
    inserted: int
    is_readable: bool

    @property
    def is_right(self) -> bool:
        """True if the line that was read is the one that was signed."""
        return self.read == self.signed


def plan_lines(takes: Iterable[Take], signs: Sequence[Sign], count: int, seed: int) -> list[StreamPlan]:
    """Plan so many streams, by all signers in turn who have signs of every kind. Raises LineSignsMissing."""
    reviewed = {sign.sign_id: review(sign) for sign in signs}
    by_signer: dict[str, dict[SignKind, dict[int, list[Take]]]] = {}
    for take in takes:
        sign_id, signer = take.provenance.sign_id, take.provenance.signer or "unknown"
        if sign_id in reviewed:
            own = by_signer.setdefault(signer, {kind: {} for kind in SIGN_KINDS})
            own[composed_kind(reviewed[sign_id])].setdefault(sign_id, []).append(take)
    values = {sign_id: int(sign.word) for sign_id, sign in reviewed.items() if composed_kind(sign) == "number"}
    complete = {
        signer: own
        for signer, own in sorted(by_signer.items())
        if len(own["word"]) >= _WORDS[1] and len(own["letter"]) >= _LETTERS[1] and _by_rank(own["number"], values)
    }
    if not complete:
        raise LineSignsMissing("no signer of these clips has two words, five letters and a number, as lines need them")
    plans = []
    for number in range(count):
        signer = [*complete][number % len(complete)]
        random = np.random.default_rng([seed, number])
        own = complete[signer]
        chosen = [
            *_draw(own["word"], int(random.integers(*_WORDS, endpoint=True)), random),
            *_draw(own["letter"], int(random.integers(*_LETTERS, endpoint=True)), random),
            *_draw_number(_by_rank(own["number"], values), random),
        ]
        plans.append(StreamPlan(signer, with_rest=False, takes=tuple(chosen), seed=(seed, number)))
    return plans


def read_line(result: StreamResult, signs: Sequence[Sign], readable: Collection[str]) -> LineResult:
    """Return the line of a stream beside the one that was signed; `readable` are the clips that are read alone."""
    by_id = {sign.sign_id: review(sign) for sign in signs}
    counts = {}
    for kind in SIGN_KINDS:
        pairs = [pair for pair in result.pairs if pair.signed and composed_kind(by_id[pair.signed.sign_id]) == kind]
        counts[kind] = (sum(pair.is_correct for pair in pairs), len(pairs))
    return LineResult(
        signed=compose(by_id[signed.sign_id] for signed in result.signed),
        read=compose(review(segment.best.sign) for segment in result.segments if segment.emitted),
        counts=counts,
        inserted=sum(pair.signed is None for pair in result.pairs),
        is_readable=all(signed.clip in readable for signed in result.signed),
    )


def _by_rank(takes: BySign, values: Mapping[int, int]) -> list[BySign]:
    """Return the hundreds, the units and the tens of which there are takes, each by sign."""
    ranks = [(100, 900), (1, 9), (10, 90)]
    found = [{sign: takes[sign] for sign in takes if low <= values[sign] <= high} for low, high in ranks]
    return [rank for rank in found if rank]


def _draw_number(ranks: Sequence[BySign], random: np.random.Generator) -> list[Take]:
    chosen = random.choice(len(ranks), random.integers(1, len(ranks), endpoint=True), replace=False)
    return [take for rank in sorted(chosen) for take in _draw(ranks[rank], 1, random)]


def _draw(takes: BySign, count: int, random: np.random.Generator) -> list[Take]:
    """Draw takes of so many different signs."""
    signs = random.choice(sorted(takes), count, replace=False)
    return [takes[sign][int(random.integers(len(takes[sign])))] for sign in signs]
