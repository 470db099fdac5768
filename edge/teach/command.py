"""`ishara-edge teach`: teaches the device a word or calibrates it, at a camera that the daemon does not use."""

import argparse
import os
from contextlib import ExitStack, suppress
from dataclasses import replace

from pydantic import ValidationError

from edge.attempts.prompt import Prompt
from edge.attempts.rejection import Rejection
from edge.attempts.signer import LandmarkStream, LiveSigner, RecordedSigner, StreamEnded
from edge.cameras.source import SourceOptions, open_source
from edge.config import EdgeConfig
from edge.consent.learning_folder import LearningFolder, learning_folder
from edge.consent.session import ConsentSessions
from edge.learning.checks import TakeChecks
from edge.learning.collection import Collection
from edge.learning.learner import Learner, NothingToLearn
from edge.learning.task import SessionTask, choose_task
from edge.lifecycle.paths import state_folder
from edge.lifecycle.plan import Plan
from edge.lifecycle.signals import StopSignals
from edge.model_selection.plan_loading import add_learned, load_untaught_plan
from edge.monitoring.status import DeviceStatus
from edge.requests import RequestRefused, Teach
from landmarkers.parsing import describe
from models.bundle import check_landmarker
from models.labels import Sign
from models.owner import become_owner

_MINUTES = 30


class TerminalGuide:
    """Guides the signer of a session in the terminal."""

    def __init__(self, prompt: Prompt, total: int, *, keep: bool) -> None:
        """`keep` is the answer to every doubt."""
        self._prompt = prompt
        self._total = total
        self._keep = keep
        self.ask_for_rest, self.count_down, self.start = prompt.ask_for_rest, prompt.count_down, prompt.start

    def ask(self, sign: Sign, kept: int) -> None:
        """Print the word to sign."""
        self._prompt.announce(sign, kept + 1, self._total)

    def reject(self, rejection: Rejection) -> None:
        """Print why a take is not kept."""
        self._prompt.reject(rejection.reason)

    def accept(self) -> None:
        """Print that a take is kept."""
        self._prompt.print_line("kept")

    def is_wanted(self, other: Sign) -> bool:
        """Print that a take looks like another sign; return whether it is kept."""
        self._prompt.print_line(f"it looks like {other.full_word}")
        return self._keep


def teach(config: EdgeConfig, options: argparse.Namespace, signals: StopSignals) -> int:
    """Collect takes, and learn from them once all are there; return 1 if some are missing at the end, else 0."""
    if config.learning is None or not config.learning.teach:
        raise NothingToLearn(
            "teaching is off on this device: it needs a section [learning] in which teach is not false"
        )
    untaught, request, prompt = load_untaught_plan(config, options.model), _read_request(options), Prompt()
    with ExitStack() as stack:
        stream, is_live = _open_stream(config, options, untaught, stack)
        state = state_folder(os.environ)
        learner = Learner.of(untaught, LearningFolder(learning_folder(state, config.device)))
        # Model and camera, which only root may open, are open before root becomes the owner of the folder.
        folder = LearningFolder(learning_folder(become_owner(state), config.device))
        plan, learner = add_learned(untaught, folder.folder, learner.teacher), replace(learner, folder=folder)
        task = _choose_task(request, plan)
        consents = ConsentSessions(folder.folder, config.learning, DeviceStatus())
        consent = consents.begin(request.person, request.purpose, _MINUTES, only_teaches=True)
        stack.callback(consents.end, consent)
        stack.callback(prompt.end_line)
        signals.on_stop(stream.stop)
        prompt.print_line(f"{consent.person} is asked: {consent.words}")
        prompt.print_line("rest your hands before and after each sign, and keep hands and shoulders in view")
        guide = TerminalGuide(prompt, task.total, keep=options.keep)
        settings = plan.bundle.manifest.spotter
        signer = LiveSigner(stream, settings, guide) if is_live else RecordedSigner(stream, settings)
        checks = TakeChecks(learner.teacher, plan.classifier, plan.threshold)
        collection = Collection(signer, guide, checks, with_doubts=task.calibration is None)
        with suppress(StreamEnded):
            collection.collect(task.signs, task.takes)
        if len(collection.takes) < task.total:
            prompt.end_line()
            prompt.print_line(f"{len(collection.takes)} of {task.total} takes are there, so that nothing is learned")
            return 1
        consents.require(consent)
        version = learner.learn(collection.takes, consent, "taught" if task.calibration is None else "calibrated")
    prompt.print_line(f"version {version.version} is learned; a running daemon uses it within seconds")
    return 0


def _open_stream(
    config: EdgeConfig, options: argparse.Namespace, plan: Plan, stack: ExitStack
) -> tuple[LandmarkStream, bool]:
    """Return the landmarks of the camera, and whether it is a live one."""
    manifest, name = plan.bundle.manifest, options.source or config.camera.source.get_secret_value()
    source = open_source(name, manifest.parts, manifest.landmarker, SourceOptions(fast=True, camera=config.camera))
    stack.callback(source.landmarker.close)
    check_landmarker(manifest, source.landmarker.fingerprint)
    stream = LandmarkStream(source.camera, source.landmarker)
    stack.callback(stream.close)
    return stream, source.is_live


def _choose_task(request: Teach, plan: Plan) -> SessionTask:
    """Return what is to be signed. Raises NothingToLearn."""
    try:
        return choose_task(request, plan.bundle.signs, plan.allowed)
    except RequestRefused as error:
        raise NothingToLearn(str(error)) from error


def _read_request(options: argparse.Namespace) -> Teach:
    """Return what the arguments ask for, as a command would. Raises NothingToLearn."""
    content = {
        "command": Teach.name,
        "person": options.person,
        "word": options.word,
        "word_en": options.word_en,
        "sign_id": options.sign,
        "calibrate": options.calibrate,
        "takes": options.takes,
        "purpose": options.purpose,
    }
    try:
        return Teach.model_validate(content)
    except ValidationError as error:
        reason = describe(error).replace("Value error, ", "")
        raise NothingToLearn(f"this cannot be taught: {reason}") from error
