"""Learns takes: saves them in the device's folder, and makes a version of them that is known to work."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from edge.consent.learning_folder import LearningFolder
from edge.learned.learned_model import fit_version
from edge.learned.versions import Change, LearnedVersions, Version, What
from edge.lifecycle.plan import Plan
from landmarkers.consent import Consent
from landmarkers.errors import UserError
from landmarkers.take import Take
from models.bundle import LABELS, Bundle
from models.classifier import OnnxClassifier
from models.labels import Sign, read_labels
from models.learned import Teacher


class NothingToLearn(UserError):
    """Nothing was learned; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Learner:
    """Learns with one bundle, whose signs are its own ones; the classifier runs its network."""

    bundle: Bundle
    classifier: OnnxClassifier
    teacher: Teacher
    folder: LearningFolder
    model_signs: tuple[Sign, ...]
    """The signs as the model is labelled, and so the takes; this device may show other words."""

    @classmethod
    def of(cls, plan: Plan, folder: LearningFolder) -> Self:
        """Return the learner with a plan's bundle, which is read now. Raises TeachingUnavailable, LabelsDamaged."""
        if plan.network is None:
            raise NothingToLearn(f"{plan.bundle.manifest.title} cannot be taught signs")
        bundle = plan.model_bundle
        signs = read_labels(bundle.folder / LABELS)
        return cls(bundle, plan.network, Teacher(bundle, plan.network), folder, signs)

    @property
    def versions(self) -> LearnedVersions:
        """Return the versions in the folder."""
        return LearnedVersions(self.folder.folder)

    def learn(self, takes: Sequence[tuple[Take, Sign]], consent: Consent, what: What) -> Version:
        """Save takes of a person, and learn from them too; what was learned is in use from the next reload on.

        If they cannot be learned they are deleted again. Raises NothingToLearn, VersionsUnusable and what
        LearningFolder.save raises.
        """
        labels = {sign.sign_id: sign for sign in self.model_signs}
        labelled = [(take, labels.get(sign.sign_id, sign)) for take, sign in takes]
        paths = []
        try:
            for take, sign in labelled:
                provenance = replace(take.provenance, landmarker=self.bundle.manifest.landmarker)
                paths.append(self.folder.save(replace(take, provenance=provenance).stored(), sign, consent))
            signs = {sign.sign_id: sign for _, sign in labelled}
            names = [self.versions.name_of(path) for path in paths]
            first = next(iter(signs.values())) if len(signs) == 1 else None
            return self.apply(Change(what, first, consent.person, tuple(signs.values()), names))
        except (UserError, OSError):
            self.folder.delete(paths)
            raise

    def apply(self, change: Change) -> Version:
        """Make a version that is the current one with a change. Raises NothingToLearn, VersionsUnusable."""
        return self.versions.apply(change, self._check)

    def _check(self, version: Version) -> None:
        """Fit a version before it is written."""
        fitted = fit_version(self.versions, version, self.teacher, self.bundle, self.classifier)
        if version.takes and fitted is None:
            raise NothingToLearn(f"{self.bundle.manifest.title} reads none of the takes that were to be learned")
