"""`ishara-edge learning export` and `import`: what this device has learned, as a file."""

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from edge.config import EdgeConfig
from edge.consent.learning_folder import LearningFolder
from edge.keeping.refusal import NOTHING_KEPT, LearningRefused
from edge.learning.learner import Learner
from edge.learning.transfer import import_learned, read_learned, write_learned
from edge.model_selection.plan_loading import load_untaught_plan
from models.durable import replace_file
from models.owner import acting_as_owner, become_owner

_MODE: Final = 0o600  # the takes in it are those of people: nobody else may read them


def export_learned(config: EdgeConfig, options: argparse.Namespace, folder: Path) -> str:
    """Write what was learned to a file, as the user who called; return what was done.

    Raises LearningRefused, NothingLearned, VersionsUnusable, OSError.
    """
    with acting_as_owner(folder) as own:
        content = write_learned(LearningFolder(own), config.device)
    path: Path = options.file
    try:
        _write(path, content)
    except OSError as error:
        raise LearningRefused(f"{path} cannot be written: {error.strerror}") from error
    return f"{path} holds what {config.device} has learned, and restores it"


def _write(path: Path, content: bytes) -> None:
    if not path.is_symlink() and (path.is_file() or not path.exists()):
        replace_file(path, content, _MODE)
        return
    # A link is left to the system, which lets nobody follow that of a stranger in a folder such as /tmp.
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, _MODE)) as file:
        file.write(content)


def import_learned_file(config: EdgeConfig, options: argparse.Namespace, folder: Path) -> str:
    """Learn from a file too; return what was done.

    Raises LearningRefused, OSError, and what loads a model, reads the file and learns from it.
    """
    if config.learning is None:
        raise LearningRefused(NOTHING_KEPT)
    try:
        # File and model, which only root may read, are open before root becomes the owner of the folder.
        file = options.file.open("rb")
    except OSError as error:
        raise LearningRefused(f"{options.file} cannot be used: {error.strerror}") from error
    with file:
        learner = Learner.of(load_untaught_plan(config, None), LearningFolder(folder))
        own = replace(learner, folder=LearningFolder(become_owner(folder)))
        version = import_learned(read_learned(file, str(options.file)), own, config.device)
    return f"version {version.version} has learned from {options.file} too; a running daemon follows within seconds"
