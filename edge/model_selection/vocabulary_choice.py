"""The vocabulary in use, among those of the configuration: the command `vocabulary` chooses one.

The choice is kept in a file of the state folder, so that it survives a restart. One that is no longer configured counts
as none.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.commands import RateLimit
from edge.config import DEFAULT_VOCABULARY, EdgeConfig, Vocabulary
from edge.lifecycle.paths import HomeUnknown, state_folder
from edge.requests import ChooseVocabulary, RequestRefused
from landmarkers.parsing import read_limited
from landmarkers.plain_text import one_line
from models.durable import replace_file

_BURST: Final = 2  # in ten seconds, since each is written to the disk


def chosen_vocabulary(config: EdgeConfig) -> str:
    """Return the name of the vocabulary in use: a configured one, or that of the section `[vocabulary]`."""
    if not config.vocabulary.sets:
        return DEFAULT_VOCABULARY
    try:
        name: str = read_limited(_file(config)).decode().strip()
    except (OSError, HomeUnknown, ValueError):  # nobody has chosen, or not in a way that can be read
        return DEFAULT_VOCABULARY
    return name if name in config.vocabulary.sets else DEFAULT_VOCABULARY


def with_chosen_vocabulary(config: EdgeConfig) -> EdgeConfig:
    """Return the configuration with the signs of the vocabulary in use in its section `[vocabulary]`."""
    chosen = config.vocabulary.sets.get(chosen_vocabulary(config))
    if chosen is None:
        return config
    signs = {name: getattr(chosen, name) for name in Vocabulary.model_fields}
    return config.model_copy(update={"vocabulary": config.vocabulary.model_copy(update=signs)})


class VocabularyChoice:
    """Chooses among the configured vocabularies on request."""

    def __init__(self, config: EdgeConfig, reload: Callable[[], None]) -> None:
        """`reload` has the daemon load the plan again."""
        self._config = config
        self._reload = reload
        self._rate = RateLimit(_BURST)

    @property
    def options(self) -> tuple[str, ...]:
        """The names of the vocabularies, that of the section `[vocabulary]` first."""
        return (DEFAULT_VOCABULARY, *self._config.vocabulary.sets)

    def choose(self, request: ChooseVocabulary) -> None:
        """Use a vocabulary from now on. Raises RequestRefused."""
        name = request.vocabulary
        if name not in self.options:
            raise RequestRefused(f"there is no vocabulary {one_line(name)}; there are {self.options}")
        if not self._rate.admit():
            raise RequestRefused("vocabularies were chosen too often; wait ten seconds")
        try:
            replace_file(_file(self._config), f"{name}\n".encode())
        except OSError as error:
            raise RequestRefused(f"the choice cannot be kept: {error.strerror}") from error
        self._reload()


def _file(config: EdgeConfig) -> Path:
    """Return the file of the choice. Raises HomeUnknown."""
    return state_folder(os.environ) / f"vocabulary-{config.device}"
