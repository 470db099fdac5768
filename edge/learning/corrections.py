"""Corrections teach: the take of a corrected word, once it is kept by consent, is learned as the right sign."""

import logging
from collections.abc import Callable
from pathlib import Path

from edge.consent.learning_folder import LearningFolder
from edge.learned.versions import Change
from edge.learning.learner import Learner
from edge.lifecycle.plan import Plan
from landmarkers.errors import UserError
from landmarkers.take import read_provenance
from models.labels import Sign

log = logging.getLogger(__name__)


class LearnedCorrections:
    """Learns kept corrections on the thread that keeps them; a correction that cannot be learned is logged."""

    def __init__(self, plan: Plan, folder: LearningFolder, reload: Callable[[], None]) -> None:
        """`reload` has the daemon use what was learned."""
        self._plan = plan
        self._folder = folder
        self._reload = reload

    def use_plan(self, plan: Plan) -> None:
        """Learn with the model of another plan from now on."""
        self._plan = plan

    def learn(self, sign: Sign | None, kept: Path | None, replaced: Path | None) -> None:
        """Learn a take that was kept as one of this sign, in place of one that was kept before and is deleted by now.

        Without a sign, or a kept take, only the other one is forgotten.
        """
        try:
            learner = Learner.of(self._plan, self._folder)
            versions = learner.versions
            gone = [] if replaced is None else [versions.name_of(replaced)]
            if sign is not None and kept is not None:
                person = read_provenance(kept).signer
                learner.apply(Change("corrected", sign, person, (sign,), [versions.name_of(kept)], gone))
            elif not versions.forget_missing():
                return
        except (UserError, OSError) as error:
            log.warning("a correction is not learned: %s", error)
            return
        self._reload()
