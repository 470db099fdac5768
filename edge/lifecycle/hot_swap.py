"""Hands another model to the running pipeline, so that its stages need not be built anew."""

from collections.abc import Callable
from typing import Protocol

from edge.lifecycle.plan import Plan
from edge.recognition.model_slot import ModelStages
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import WordFactory

SwapCallback = Callable[[Plan], None]


class SwapEvents(Protocol):
    """Reports each swap to those who subscribe."""

    def on_swap(self, callback: SwapCallback) -> None:
        """Call this after every swap, on the pipeline's thread; it must not block."""


class HotSwap:
    """Schedules a new plan's model in the recogniser if the model is all that the plan changes."""

    def __init__(self, plan: Plan, recogniser: Recogniser, words: WordFactory) -> None:
        """`plan` is what the recogniser was built from; `words` numbers the stream's words."""
        self._plan = plan
        self._recogniser = recogniser
        self._words = words
        self._callbacks: list[SwapCallback] = []

    def on_swap(self, callback: SwapCallback) -> None:
        """Call this after every swap, on the pipeline's thread; it must not block."""
        self._callbacks.append(callback)

    def try_swap(self, plan: Plan) -> bool:
        """Schedule the plan's model and return True, or return False if the plan changes more than the model.

        Without frames the swap waits for the first one. Must always be called on the same thread.
        """
        if not plan.differs_only_in_model(self._plan):
            return False
        words = self._words.with_model(model=plan.bundle.manifest.title, threshold=plan.threshold)
        stages = ModelStages.of(plan.bundle, plan.classifier, words, plan.allowed)
        self._recogniser.schedule(stages, lambda: self._report(plan))
        self._plan = plan
        return True

    def _report(self, plan: Plan) -> None:
        for callback in self._callbacks:
            callback(plan)
