"""The plan from which one run of the stages is built."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.config import DEFAULT_VOCABULARY, SHIPPED_MODEL, EdgeConfig
from edge.monitoring.meter import MeteredClassifier
from models.bundle import Bundle
from models.store_reader import SHIPPED

if TYPE_CHECKING:
    from edge.learned.learned_model import LearnedModel
    from models.classifier import OnnxClassifier


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A configuration with its loaded model; it can be prepared while the stages of another plan still run.

    The bundle's signs have the labels of this device, and those that it has learned alone follow them.
    """

    config: EdgeConfig
    bundle: Bundle
    classifier: MeteredClassifier
    allowed: frozenset[int] | None = None
    """The numbers of the signs that may be said; None if all may."""
    network: "OnnxClassifier | None" = None
    """Runs the bundle's network, without what was learned; None where nothing can be learned."""
    learned: "LearnedModel | None" = None
    """The part that this device has learned, if it is used."""
    vocabulary_name: str = DEFAULT_VOCABULARY
    """The name of the vocabulary in use, which is the configuration's section `[vocabulary]`."""
    previous: "Plan | None" = None
    """The plan to return to when the stages of this one are refused."""

    @property
    def installed_as(self) -> str:
        """Return the name by which the store activates the bundle."""
        return SHIPPED if self.bundle.folder == SHIPPED_MODEL else self.bundle.folder.name

    @property
    def model_bundle(self) -> Bundle:
        """Return the bundle with its own signs alone."""
        own = 0 if self.learned is None else len(self.learned.own_signs)
        return replace(self.bundle, signs=self.bundle.signs[: len(self.bundle.signs) - own])

    @property
    def threshold(self) -> float:
        """Return the least confidence of a word: the configured one or else the bundle's own."""
        configured = self.config.model.threshold
        return self.bundle.manifest.calibration.threshold if configured is None else configured

    @property
    def allowed_count(self) -> int:
        """Return the number of signs that may be said."""
        return len(self.bundle.signs if self.allowed is None else self.allowed)

    def equals(self, old: "Plan") -> bool:
        """Return True if neither configuration nor model nor what is said differs from the old plan."""
        return (self.config, self.bundle.manifest, self.said) == (old.config, old.bundle.manifest, old.said)

    def differs_only_in_model(self, old: "Plan") -> bool:
        """Return True if only the model, with the same kind of landmarks, or what is said differs from the old plan.

        What is said follows from threshold, labels, vocabulary and what was learned.

        Where nothing differs at all, files that the configuration names may have changed, such as a password or a
        certificate. These are read when the stages are built.
        """
        manifest, old_manifest = self.bundle.manifest, old.bundle.manifest
        if (manifest, self.said) == (old_manifest, old.said):
            return False
        same_landmarks = (manifest.parts, manifest.landmarker) == (old_manifest.parts, old_manifest.landmarker)
        model = self.config.model.model_copy(
            update={"folder": old.config.model.folder, "threshold": old.config.model.threshold}
        )
        others = {"model": model, "labels": old.config.labels, "vocabulary": old.config.vocabulary}
        return same_landmarks and self.config.model_copy(update=others) == old.config

    @property
    def said(self) -> tuple[object, ...]:
        """Return what decides which words the model's predictions become, and the version of what was learned."""
        learned = self.learned
        version = None if learned is None else (learned.key, learned.version, learned.at)
        return self.threshold, self.bundle.signs, self.allowed, version
