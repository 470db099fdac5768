"""The choices that somebody at a distance may make on this device, and what carries it out."""

from collections.abc import Callable
from dataclasses import dataclass

from edge.commands import Commands
from edge.requests import Activate, ChooseVocabulary


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of each choice; None stands for a choice that this device does not offer."""

    models: Callable[[], tuple[str, ...]] = tuple
    activate: Callable[[Activate], None] | None = None
    vocabularies: tuple[str, ...] = ()
    choose_vocabulary: Callable[[ChooseVocabulary], None] | None = None

    def register(self, commands: Commands) -> None:
        """Let commands make the choices."""
        if self.activate is not None:
            commands.register_payload(Activate, self.activate)
        if self.choose_vocabulary is not None:
            commands.register_payload(ChooseVocabulary, self.choose_vocabulary)
