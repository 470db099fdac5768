"""The features of a device, which decide what there is for Home Assistant to show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.config import WebConfig
from edge.monitoring.status import Component
from edge.requests import Command
from landmarkers.numbers import is_number
from models.labels import Sign
from models.sign_number import normalise_word


@dataclass(frozen=True, slots=True)
class TriggerWord:
    """A word with a device trigger of its own: the text that names it, and the numbers of the signs that mean it."""

    text: str
    sign_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Offers:
    """The things that other parts of the daemon offer for Home Assistant to show."""

    words: tuple[TriggerWord, ...] = ()
    """The words with device triggers of their own."""
    models: Callable[[], tuple[str, ...]] = tuple
    """Returns the installed models that may be chosen."""
    vocabularies: tuple[str, ...] = ()
    """The configured vocabularies that may be chosen."""
    page: WebConfig | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """The features that a device has now."""

    commands: frozenset[Command] = frozenset()
    """The commands that something on the device carries out."""
    components: frozenset[Component] = frozenset()
    """The configured components that can fail."""
    has_temperature: bool | None = None
    """None while it is not known whether there is a sensor."""
    has_throttling: bool | None = None
    """None while it is not known whether this machine reports that it is slowed down."""
    words: tuple[TriggerWord, ...] = ()
    """The words with device triggers of their own."""
    former_triggers: frozenset[str] = frozenset()
    """The keys of triggers that were announced, and are no more."""
    models: tuple[str, ...] = ()
    """The installed models that may be chosen."""
    vocabularies: tuple[str, ...] = ()
    """The configured vocabularies that may be chosen."""
    page_url: str | None = None
    """The address of the live page, if other machines reach it."""


def find_trigger_words(
    entries: Sequence[str], signs: Sequence[Sign], allowed: frozenset[int] | None
) -> tuple[TriggerWord, ...]:
    """Return the triggers of entries, each a sign's number or a word in Arabic or English, that may be said.

    `allowed` are the numbers of the signs that may be said, None if all may. An entry for signs that an earlier one
    names has no trigger.
    """
    said = [sign for sign in signs if allowed is None or sign.sign_id in allowed]
    found: dict[str, TriggerWord] = {}
    taken: set[int] = set()
    for entry in entries:
        matches = [sign for sign in said if sign.sign_id not in taken and _is_named(entry, sign)]
        if not matches:
            continue
        text = matches[0].word_en if is_number(entry) else entry
        numbers = tuple(sorted(sign.sign_id for sign in matches))
        taken.update(numbers)
        found.setdefault(text, TriggerWord(text, numbers))
    return tuple(found.values())


def _is_named(entry: str, sign: Sign) -> bool:
    if is_number(entry):
        return int(entry) == sign.sign_id
    return normalise_word(entry) in (normalise_word(sign.word), normalise_word(sign.word_en))
