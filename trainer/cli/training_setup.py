"""Prepares a training run from the command's options: processes and device, recipe, store and signs."""

import argparse
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import torch

from models.labels import Sign
from trainer.data.store import STORE, Store, find_takes
from trainer.data.take_labels import require_words
from trainer.targets import Kind, TargetRefused, check_folder
from trainer.training.distributed import DistributedContext, init_distributed, local_device, local_world_size
from trainer.training.recipe import RECIPES, Recipe
from trainer.training.run_store import RUN_STORE, open_or_build_store


def start_processes(options: argparse.Namespace) -> AbstractContextManager[DistributedContext]:
    """Join the processes of torchrun, or start with this one alone."""
    set_threads(options)
    return init_distributed(device_of(options), options.accumulate, compiled=options.compile)


def device_of(options: argparse.Namespace) -> str:
    """Return the device that was named, or the best one here."""
    return options.device or local_device("cuda" if torch.cuda.is_available() else "cpu")


def set_threads(options: argparse.Namespace) -> None:
    """Set the number of CPU threads: the one asked for, or an equal share of the cores for each process here."""
    torch.set_num_threads(options.threads or max(1, (os.cpu_count() or 1) // local_world_size()))


def recipe_of(options: argparse.Namespace) -> Recipe:
    """Return the recipe that was named, with the epochs that were asked for."""
    recipe = RECIPES[options.recipe]
    return recipe if options.epochs is None else replace(recipe, epochs=options.epochs)


def check_targets(options: argparse.Namespace, kind: Kind, sources: Sequence[Path]) -> None:
    """Check that the run's folder, of this kind, and its store may be written. Raises TargetRefused, RunUnusable."""
    run, store = options.run, options.store or options.run / RUN_STORE
    check_folder(run, kind, sources)
    check_folder(store, STORE, sources)
    if store.resolve() in (run.resolve(), *run.resolve().parents):
        raise TargetRefused(
            f"the store {store} would take the place of the run {run}; name another folder with --store"
        )


def store_of(takes: Sequence[Path], options: argparse.Namespace) -> Store:
    """Open the run's store of these folders of takes, or build it."""
    return open_or_build_store(find_takes(takes), options.store or options.run / RUN_STORE, options.run)


def signs_of(known: dict[int, Sign], store: Store) -> tuple[Sign, ...]:
    """Return the signs of the store's takes from those that are known. Raises WordsUnclear if one has no word."""
    numbers = sorted({row.provenance.sign_id for row in store.rows if row.provenance.sign_id is not None})
    return tuple(require_words(known, numbers))
