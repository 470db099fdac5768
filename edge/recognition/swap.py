"""Hands another model to the stages at work, so that they need not be put together anew for it."""

from collections.abc import Callable
from typing import Protocol

from edge.lifecycle.reload import Plan
from edge.recognition.recognition import ModelPipeline, ModelSlot
from edge.recognition.word import WordFactory

SwapCallback = Callable[[Plan], None]


class SwapEvents(Protocol):
    """Tells who wants to know that another model has taken over."""

    def on_swap(self, watcher: SwapCallback) -> None:
        """Call this whenever one has, on the pipeline's thread; it must not block."""


class HotSwap:
    """Puts the recognition of a new plan into the succession, if the model is all that it changes."""

    def __init__(self, plan: Plan, writer: WordFactory) -> None:
        """`plan` is what the stages are put together from, `writer` numbers the stream's words."""
        self._plan = plan
        self._writer = writer
        self._watchers: list[SwapCallback] = []
        self.succession = ModelSlot(ModelPipeline.of(plan.bundle, plan.classifier, writer))
        """What the pipeline reads with."""

    def on_swap(self, watcher: SwapCallback) -> None:
        """Call this whenever another model has taken over, on the pipeline's thread; it must not block."""
        self._watchers.append(watcher)

    def try_swap(self, plan: Plan) -> bool:
        """Let the plan's model take over between two frames; gives whether that is all that the plan wants.

        Where no frame comes it takes over with the first that does. To be called on one thread.
        """
        if not plan.differs_only_in_model(self._plan):
            return False
        writer = self._writer.with_model(model=plan.bundle.manifest.title, threshold=plan.threshold)
        self.succession.schedule(ModelPipeline.of(plan.bundle, plan.classifier, writer), lambda: self._tell(plan))
        self._plan = plan
        return True

    def _tell(self, plan: Plan) -> None:
        for watcher in self._watchers:
            watcher(plan)
