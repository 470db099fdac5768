"""Answers the command `learned`: lists what was learned, shows a take, removes it, or undoes the latest version."""

from collections.abc import Callable

from edge.consent.learning_folder import LearningFolder
from edge.learning.catalogue import Catalogue
from edge.lifecycle.plan import Plan
from edge.requests import LearnedRequest, RequestRefused
from edge.sinks.web.movement import movement_of
from landmarkers.errors import UserError
from models.strict_model import StrictModel


class LearnedAnswers:
    """Carries out the requests; any thread may call."""

    def __init__(self, plan: Plan, folder: LearningFolder, reload: Callable[[], None]) -> None:
        """`reload` has the daemon use what is learned now."""
        self._plan = plan
        self._catalogue = Catalogue(folder)
        self._reload = reload

    def use_plan(self, plan: Plan) -> None:
        """Distinguish the device's own signs from those of another model from now on."""
        self._plan = plan

    def answer(self, request: LearnedRequest) -> StrictModel | None:
        """Return the content of the response, if there is any. Raises RequestRefused."""
        try:
            if request.action == "list":
                return self._catalogue.list({sign.sign_id for sign in self._plan.model_bundle.signs})
            if request.action == "show":
                return movement_of(self._catalogue.load(request.take or ""))
            if request.action == "remove":
                self._catalogue.remove(request.take or "")
            else:
                self._catalogue.undo()
        except UserError as error:
            raise RequestRefused(str(error)) from error
        except OSError as error:
            raise RequestRefused(f"what was learned cannot be changed: {error.strerror}") from error
        self._reload()
        return None
