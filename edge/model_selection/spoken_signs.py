"""The signs that the daemon says: a model's, with the texts of this device, and those of them that it may say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge.config import ConfigInvalid, EdgeConfig, VocabularyConfig
from edge.config.text_file import read_entries
from landmarkers.parsing import describe
from landmarkers.plain_text import one_line
from models.bundle import Bundle
from models.karsl import review
from models.label_file import read_device_labels
from models.labels import Sign
from models.sign_number import normalise_word, read_sign_range

_MAX_NAMED: Final = 5  # of what a model does not know


@dataclass(frozen=True, slots=True)
class SpokenSigns:
    """A model's signs in its order, as this device shows them, and the numbers of those that it may say."""

    signs: tuple[Sign, ...]
    allowed: frozenset[int] | None
    """None if all may be said."""
    relabelled: int
    """Signs whose text or kind is not the model's."""
    unknown: tuple[str, ...]
    """Sentences about what the configuration names and the model does not know."""

    @classmethod
    def of(cls, config: EdgeConfig, bundle: Bundle) -> "SpokenSigns":
        """Read the files that the configuration names, and apply them to a bundle's signs.

        Raises LabelFileUnusable, LabelsDamaged, and ConfigInvalid for a vocabulary without any of the model's signs.
        """
        title, file = bundle.manifest.title, config.labels.file
        labels = () if file is None else read_device_labels(file)
        own = tuple(sign if sign.kind else sign.model_copy(update={"kind": review(sign).kind}) for sign in bundle.signs)
        signs = _relabel(own, labels)
        known = {sign.sign_id for sign in signs}
        others = [str(sign.sign_id) for sign in labels if sign.sign_id not in known]
        unknown = [f"{title} does not know signs that {file} labels: {_name_some(others)}"] if others else []
        allowed = None
        if config.vocabulary.is_restricted:
            entries = _entries(config.vocabulary)
            chosen = [_chosen_by(entry, bundle.signs + signs) for entry in entries]
            allowed = frozenset().union(*chosen, _of_kinds(config.vocabulary, signs))
            others = [entry for entry, found in zip(entries, chosen, strict=True) if not found]
            unknown += [f"{title} does not know signs of [vocabulary]: {_name_some(others)}"] if others else []
            if not allowed:
                raise ConfigInvalid(f"[vocabulary] names none of the {len(signs)} signs of {title}; name one of them")
        relabelled = sum(new != old for new, old in zip(signs, own, strict=True))
        return cls(signs, allowed, relabelled, tuple(unknown))

    def __str__(self) -> str:
        count = len(self.signs)
        said = (
            f"all {count} signs may be said"
            if self.allowed is None
            else f"{len(self.allowed)} of {count} signs may be said"
        )
        return f"{said}, {self.relabelled} with labels of this device" if self.relabelled else said


def _relabel(signs: Sequence[Sign], labels: Sequence[Sign]) -> tuple[Sign, ...]:
    """Return the signs with the words of the labels, and with their kinds where they state one."""
    by_number = {label.sign_id: label for label in labels}
    return tuple(
        sign
        if (label := by_number.get(sign.sign_id)) is None
        else label.model_copy(update={"kind": label.kind or sign.kind})
        for sign in signs
    )


def _entries(config: VocabularyConfig) -> list[str]:
    if config.file is None:
        return [*config.signs]
    try:
        return [*config.signs, *read_entries(config.file)]
    except OSError as error:
        raise ConfigInvalid(f"vocabulary.file {config.file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigInvalid(f"vocabulary.file {config.file} cannot be read: {describe(error)}") from error


def _chosen_by(entry: str, signs: Sequence[Sign]) -> set[int]:
    """Return the numbers of the signs that a number, a range of numbers or a word names."""
    try:
        numbers = read_sign_range(entry)
    except ValueError:
        word = normalise_word(entry)
        return {sign.sign_id for sign in signs if word in (normalise_word(sign.word), normalise_word(sign.word_en))}
    return {sign.sign_id for sign in signs if sign.sign_id in numbers}


def _of_kinds(config: VocabularyConfig, signs: Sequence[Sign]) -> set[int]:
    return {sign.sign_id for sign in signs if (sign.kind or "word") in config.kinds}


def _name_some(names: Sequence[str]) -> str:
    shown = ", ".join(one_line(name) for name in names[:_MAX_NAMED])
    return f"{shown} and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else shown
