"""Facts for a model card on the clips behind a model, counted from the provenance of its takes."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from landmarkers.take import Provenance
from trainer.data.karsl import is_karsl_clip
from trainer.data.store import Store
from trainer.training.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """The takes that a network was trained on, and those that it was measured on."""

    trained: tuple[Provenance, ...]
    measured: tuple[Provenance, ...]

    @property
    def strangers(self) -> set[str]:
        """The signers of measured takes of whom no take was trained on; a signer who is not known is none."""
        return {one.signer for one in self.measured if one.signer} - {one.signer for one in self.trained if one.signer}

    @property
    def unfamiliar_clips(self) -> int:
        """The measured clips by a signer of whom no take of that sign was trained on."""
        familiar = {(one.sign_id, one.signer) for one in self.trained}
        clips = {
            (one.signer, one.clip) for one in self.measured if one.signer and (one.sign_id, one.signer) not in familiar
        }
        return len(clips)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingFacts:
    """Counts of clips, which may each have several views, and the signs of which little is known.

    Of a fine-tuned run these are the clips that it learned from; its parent's card describes the rehearsed takes.
    """

    clips: int
    views: int
    """Takes with changed images, beside one of each clip as it was recorded."""
    by_signer: dict[str, int]
    unknown_signer: int
    agreed: int
    """Clips of people who agreed to it, and whom no card names."""
    agreed_signers: int
    unnamed: frozenset[str]
    """All who agreed, also those who were only measured."""
    unknown_signs: int
    """Takes without a sign, which are trained as "no sign"."""
    sign_ids: frozenset[int]
    karsl_clips: int
    one_clip: frozenset[int]
    """Signs with a single training clip."""
    unmeasured: frozenset[int]
    """Signs of which no clip was measured."""
    strangers: frozenset[str]
    unfamiliar_clips: int
    measured: bool

    @classmethod
    def of(cls, run: Run, store: Store, measurements: Sequence[Measurement]) -> Self:
        """Count the training takes of a run, and what was measured of it or of networks of the same recipe."""
        takes = [store.rows[number].provenance for number in run.train if number >= run.rehearsed_takes]
        clips: defaultdict[int, dict[tuple[str | None, str], Provenance]] = defaultdict(dict)
        for one in takes:
            if one.sign_id is not None:
                clips[one.sign_id][one.signer, one.clip] = one
        each = [(sign_id, one) for sign_id, those in clips.items() for one in those.values()]
        signers = Counter(one.signer for _, one in each)
        unnamed = frozenset(row.provenance.signer for row in store.rows if row.consent_id and row.provenance.signer)
        measured = {one.sign_id for measurement in measurements for one in measurement.measured}
        return cls(
            clips=len(each),
            views=sum(one.variant > 0 for one in takes),
            by_signer={signer: signers[signer] for signer in sorted({*filter(None, signers)} - unnamed)},
            unknown_signer=signers[None],
            agreed=sum(signers[signer] for signer in unnamed),
            agreed_signers=len(unnamed & signers.keys()),
            unnamed=unnamed,
            unknown_signs=sum(one.sign_id is None for one in takes),
            sign_ids=frozenset(clips),
            karsl_clips=sum(is_karsl_clip(run.signs_by_id[sign_id], one) for sign_id, one in each),
            one_clip=frozenset(sign_id for sign_id, those in clips.items() if len(those) == 1),
            unmeasured=frozenset(clips) - measured,
            strangers=frozenset().union(*(one.strangers for one in measurements)),
            unfamiliar_clips=sum(one.unfamiliar_clips for one in measurements),
            measured=bool(measured),
        )
