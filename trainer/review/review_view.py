"""The review as the page shows it, in JSON."""

from collections import Counter
from enum import StrEnum
from typing import Self

from landmarkers.consent import Purpose
from landmarkers.plain_text import one_line
from landmarkers.review import Verdict
from landmarkers.take import Provenance, Take
from landmarkers.text_types import Label
from models.labels import Sign
from models.strict_model import StrictModel
from trainer.reports.skeleton_animation import skeleton_animation
from trainer.review.review_queue import Entry, ReviewQueue


class State(StrEnum):
    """The state of a take: its decision, or that it has none; a relabelled one is accepted with another word."""

    NEW = "new"
    ACCEPTED = "accepted"
    RELABELLED = "relabelled"
    REJECTED = "rejected"


class Word(StrictModel):
    """The word of a sign in Arabic and English; both are the same where it is known in one language alone."""

    arabic: str
    english: str

    @classmethod
    def of(cls, sign: Sign) -> Self:
        """Return the word of a sign."""
        return cls(arabic=sign.word, english=sign.word_en)


class SaidView(StrictModel):
    """The word that the model read, its confidence, and whether it is the word of the take."""

    sign_id: int
    word: Word
    confidence: float
    agrees: bool


class TakeView(StrictModel):
    """A take with its skeleton as SVG; `before` is the word that it had before it was relabelled."""

    number: int
    name: str
    word: Word
    before: Word | None
    person: str | None
    purpose: Purpose | None
    seconds: float
    said: SaidView | None
    state: State
    animation: str


class ReviewView(StrictModel):
    """The numbers of takes in each state, and one take, None when each has a decision."""

    counts: dict[State, int]
    take: TakeView | None


class Decision(StrictModel):
    """A decision about a take; a word makes it a take of that word's sign."""

    verdict: Verdict
    word: Label | None = None


def view_of(queue: ReviewQueue, number: int | None) -> ReviewView:
    """Return the view of the review with the take of this number. Raises TakeDamaged."""
    counts = Counter(map(state_of, queue.entries))
    take = None if number is None else _view_take(queue, number)
    return ReviewView(counts={state: counts[state] for state in State}, take=take)


def state_of(entry: Entry) -> State:
    """Return the state of a take."""
    review = entry.provenance.review
    if review is None:
        return State.NEW
    if review.verdict is Verdict.REJECTED:
        return State.REJECTED
    return State.ACCEPTED if review.original_sign_id == entry.provenance.sign_id else State.RELABELLED


def _view_take(queue: ReviewQueue, number: int) -> TakeView:
    entry = queue.entry(number)
    take, provenance, state = Take.load(entry.path), entry.provenance, state_of(entry)
    review, consent, signer = provenance.review, provenance.consent, provenance.signer
    word = _word(queue, provenance.sign_id)
    return TakeView(
        number=number,
        name=one_line(provenance.clip),
        word=word,
        before=_word(queue, review.original_sign_id) if review is not None and state is State.RELABELLED else None,
        person=None if signer is None else one_line(signer),
        purpose=None if consent is None else consent.purpose,
        seconds=take.duration,
        said=_view_said(queue, provenance),
        state=state,
        animation=skeleton_animation(take, word.english),
    )


def _view_said(queue: ReviewQueue, provenance: Provenance) -> SaidView | None:
    said = provenance.said
    if said is None:
        return None
    sign = queue.sign(said.sign_id)
    word = Word(arabic=said.word, english=said.word) if sign is None else Word.of(sign)
    return SaidView(
        sign_id=said.sign_id,
        word=word,
        confidence=said.confidence,
        agrees=said.sign_id == provenance.sign_id,
    )


def _word(queue: ReviewQueue, sign_id: int | None) -> Word:
    sign = queue.sign(sign_id)
    if sign is not None:
        return Word.of(sign)
    unnamed = "—" if sign_id is None else str(sign_id)
    return Word(arabic=unnamed, english=unnamed)
