"""Compares a fine-tuned bundle with the bundle that it came from, take by take, as a device classifies them.

The takes are those that fine-tuning held out, by device, and the test clips of data sets; neither bundle was trained on
them. The takes that were rehearsed are compared as well: what is lost even of these is lost elsewhere, too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tqdm import tqdm

from landmarkers.take import Provenance, Take
from models.bundle import Bundle
from models.classifier import OnnxClassifier
from models.labels import Sign
from trainer.evaluation.paired import PairedCounts

LEVEL: Final = 0.1
"""Of the one-sided test. A needless refusal costs another training, a worse model costs the people who use it."""
ALL_DEVICES: Final = "all devices"
REHEARSED: Final = "rehearsed takes of the old signs"
NEW_WORDS: Final = ", new words"


@dataclass(frozen=True, slots=True)
class Answer:
    """The likeliest sign of a take, None for no sign, and its probability."""

    sign_id: int | None
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class ComparedTake:
    """The answers of both bundles for a take; the take itself is kept where only one of them is right."""

    provenance: Provenance
    old: Answer
    new: Answer
    take: Take | None

    @property
    def is_old_right(self) -> bool:
        """True if the old bundle is right."""
        return self.old.sign_id == self.provenance.sign_id

    @property
    def is_new_right(self) -> bool:
        """True if the new bundle is right."""
        return self.new.sign_id == self.provenance.sign_id


@dataclass(frozen=True, slots=True, eq=False)
class TakeGroup:
    """Takes that are compared together. Of words that the old bundle does not know, nothing can be lost."""

    title: str
    takes: tuple[ComparedTake, ...]
    of_new_words: bool = False

    @property
    def counts(self) -> PairedCounts:
        """The paired counts, the old bundle first."""
        return PairedCounts.of([one.is_old_right for one in self.takes], [one.is_new_right for one in self.takes])

    @property
    def is_worse(self) -> bool:
        """True if the new bundle loses more takes than chance explains."""
        return self.counts.p_worse <= LEVEL

    @property
    def is_too_small(self) -> bool:
        """True if the new bundle would not count as worse even if it lost every take."""
        return 0.5 ** len(self.takes) > LEVEL


@dataclass(frozen=True, slots=True, eq=False)
class Improvement:
    """Both bundles' titles, the groups of takes, the devices of which no take was held out, and takes to review."""

    old: str
    new: str
    groups: tuple[TakeGroup, ...]
    signs: Mapping[int, Sign]
    unmeasured: tuple[str, ...]
    unreviewed: int
    """Takes that devices kept, and of which nobody has confirmed the sign."""

    @property
    def worse(self) -> tuple[TakeGroup, ...]:
        """The groups on which the new bundle is worse."""
        return tuple(group for group in self.groups if group.is_worse)

    @property
    def changed(self) -> tuple[ComparedTake, ...]:
        """The takes that only one of the bundles classifies correctly, each once."""
        groups = (group for group in self.groups if not group.title.startswith(ALL_DEVICES))
        return tuple(one for group in groups for one in group.takes if one.take)


def compare_bundles(
    old: Bundle,
    new: Bundle,
    devices: Mapping[str, Iterable[Take]],
    tests: Mapping[str, Iterable[Take]],
    rehearsed: Iterable[Take],
    unreviewed: int,
) -> Improvement:
    """Compare the bundles on takes of signs that the new one knows: held-out takes by device, and clips by test."""
    networks = ((OnnxClassifier(old), old.signs), (OnnxClassifier(new), new.signs))
    known = {sign.sign_id for sign in old.signs}

    def compare(takes: Iterable[Take]) -> Iterator[ComparedTake]:
        for take in tqdm(takes, desc="compare", unit="take"):
            first, second = (_answer(*network, take) for network in networks)
            compared = ComparedTake(take.provenance, first, second, take)
            is_changed = compared.is_old_right != compared.is_new_right
            yield compared if is_changed else ComparedTake(take.provenance, first, second, None)

    def group(title: str, takes: tuple[ComparedTake, ...]) -> Iterator[TakeGroup]:
        for suffix, is_new in (("", False), (NEW_WORDS, True)):
            those = tuple(one for one in takes if (one.provenance.sign_id not in known) is is_new)
            if those:
                yield TakeGroup(f"{title}{suffix}", those, is_new)

    by_device = {name: tuple(compare(takes)) for name, takes in devices.items()}
    sources = {f"device {name}": takes for name, takes in by_device.items() if takes}
    if len(sources) > 1:
        sources[ALL_DEVICES] = tuple(one for takes in sources.values() for one in takes)
    sources |= {f"test clips of {name}": tuple(compare(takes)) for name, takes in tests.items()}
    sources[REHEARSED] = tuple(compare(rehearsed))
    return Improvement(
        old.manifest.title,
        new.manifest.title,
        tuple(one for title, takes in sources.items() for one in group(title, takes)),
        {sign.sign_id: sign for sign in new.signs},
        tuple(name for name, takes in by_device.items() if not takes),
        unreviewed,
    )


def _answer(classifier: OnnxClassifier, signs: tuple[Sign, ...], take: Take) -> Answer:
    probabilities = classifier.probabilities(take.points, take.times - take.times[0])
    best = int(probabilities.argmax())
    return Answer(signs[best].sign_id if best < len(signs) else None, float(probabilities[best]))
