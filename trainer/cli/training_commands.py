"""Runs `ishara-trainer train` and `fine-tune`."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from trainer.cli.training_setup import (
    check_targets,
    device_of,
    recipe_of,
    signs_of,
    start_processes,
    store_of,
)
from trainer.data.split import (
    Split,
    split_by_clip,
    split_by_default,
    split_by_name,
    split_by_signer,
    split_without_validation,
)
from trainer.data.take_labels import read_take_labels
from trainer.evaluation.forgetting import measure_forgetting
from trainer.reports import forgetting_text, held_out_text
from trainer.training.distributed import DistributedContext, DistributedUnusable, world_size
from trainer.training.fine_tune import fine_tune, fine_tune_recipe
from trainer.training.fine_tune_data import prepare_fine_tune_data
from trainer.training.parent_model import ParentModel, open_parent_model
from trainer.training.run import open_run
from trainer.training.run_metadata import RUN
from trainer.training.tracking import check_tracker
from trainer.training.train import train
from trainer.training.training_data import TrainingData


def run_train(options: argparse.Namespace) -> int:
    """Train a run from takes, or resume it."""
    check_targets(options, RUN, options.takes)
    check_tracker(options.track)
    with start_processes(options) as context:
        data, epochs = _train(options, context)
        if context.is_main_process:
            print(f"trained {options.run} on {len(data.split.train)} takes; {data.split.description}")
            if epochs < (whole := recipe_of(options).epochs):
                reason = f"the validation loss had not fallen for {options.patience} (--patience)"
                print(f"early stopping ended it after {epochs} of {whole} epochs: {reason}")
            print(*held_out_text.to_lines(open_run(options.run), data.store), sep="\n")
    return 0


def run_fine_tune(options: argparse.Namespace) -> int:
    """Fine-tune a bundle or run on some takes."""
    check_fine_tuning(options, [options.from_store] if options.from_store else [])
    parent = open_parent_model(options.parent, options.from_store)
    data = prepare_fine_tune_data(
        parent, options.takes, options.labels, options.run, options.store, hold_out=not options.no_validation
    )
    fine_tune_model(parent, data, options)
    return 0


def check_fine_tuning(options: argparse.Namespace, more_sources: Sequence[Path]) -> None:
    """Check what can be checked before any work. Raises DistributedUnusable, TargetRefused, TrackerUnavailable."""
    if world_size() > 1:
        raise DistributedUnusable("fine-tuning is short and runs in one process; start it without torchrun")
    check_targets(options, RUN, [options.parent, *options.takes, *more_sources])
    check_tracker(options.track)


def fine_tune_model(parent: ParentModel, data: TrainingData, options: argparse.Namespace) -> None:
    """Fine-tune a model in the run's folder, or resume it, and print what was learned and what was forgotten."""
    recipe = fine_tune_recipe(parent, options.epochs)
    # Two wait for each other in steps as small as these: under load a step took minutes, with one thread 4 s.
    torch.set_num_threads(options.threads or 1)
    context = DistributedContext(device_of(options))
    with context.lock_run_folder(options.run):
        fine_tune(data, parent, recipe, options.run, options.seed, context, options.track)
    reports = measure_forgetting(data, parent, recipe, options.run)
    learned = len(data.split.train) - len(parent.exemplars)
    print(f"fine-tuned {parent.title} on {learned} takes to {options.run}; {data.split.description}")
    print(forgetting_text.to_table(reports))


def _train(options: argparse.Namespace, context: DistributedContext) -> tuple[TrainingData, int]:
    """Train, and return the data and the number of epochs that are trained."""
    known = read_take_labels(options.takes, options.labels)
    with context.main_process_first():
        store = store_of(options.takes, options)
    recipe = replace(recipe_of(options), patience=options.patience)
    signs = signs_of(known, store)
    provenances = [row.provenance for row in store.rows]
    split: Split
    if options.leave_signer is not None:
        split = split_by_signer(provenances, options.leave_signer, options.of_signs)
    elif options.hold_out:
        split = split_by_name(provenances, options.hold_out)
    elif options.validation is None:
        split = split_by_default(provenances)
    elif options.validation > 0.0:
        split = split_by_clip(provenances, options.validation)
    else:
        split = split_without_validation(provenances)
    data = TrainingData(store, split, signs)
    with context.lock_run_folder(options.run):
        return data, train(data, recipe, options.run, options.seed, context, options.track)
