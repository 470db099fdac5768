"""Runs `ishara-trainer evaluate` and `stream`."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from landmarkers.take import Take
from models.bundle import LABELS, Bundle, open_bundle
from models.joined_labels import LabelsDiffer, join_signs
from models.labels import Sign, read_labels
from trainer.bundle.bundling import BUNDLE, insert_card_section
from trainer.cli.selection import load_selected_takes, read_options, select_clips
from trainer.cli.training_setup import check_targets, recipe_of, signs_of, start_processes, store_of
from trainer.data.clip import DatasetUnreadable
from trainer.data.clip_signs import read_labels_for
from trainer.data.executor import LocalExecutor
from trainer.data.extract import extract
from trainer.data.extraction_job import plan_jobs
from trainer.data.footage import find_footage
from trainer.data.store import find_takes, takes_in
from trainer.data.take_labels import WordsUnclear, read_take_labels
from trainer.evaluation.condition_evaluation import evaluate_conditions
from trainer.evaluation.evaluation import EvaluationResult, evaluate_bundle, evaluate_recipe
from trainer.evaluation.learned_signs import evaluate_learning
from trainer.evaluation.leave_one_signer_out import RUNS, Folds, leave_one_signer_out
from trainer.evaluation.lines import plan_lines, read_line
from trainer.evaluation.negative_footage import evaluate_footage, evaluate_rest
from trainer.evaluation.open_set import evaluate_open_set
from trainer.evaluation.rest import RestVisibility
from trainer.evaluation.stream_classifier import StreamClassifier
from trainer.evaluation.stream_evaluation import evaluate_streams
from trainer.evaluation.stream_metrics import by_condition
from trainer.evaluation.stream_sources import load_sources
from trainer.evaluation.streams import plan_streams
from trainer.reports import (
    condition_text,
    evaluation_report,
    evaluation_text,
    learned_text,
    line_text,
    open_set_report,
    open_set_text,
    stream_report,
    stream_text,
)
from trainer.targets import check_folder, write_file
from trainer.training.distributed import DistributedContext


def run_evaluate(options: argparse.Namespace) -> int:
    """Evaluate a bundle on clips or takes, or a recipe on signers that were not trained on."""
    if options.conditions:
        return _report_conditions(options)
    if options.teach:
        return _report_learning(options)
    if options.open_set:
        return _report_open_set(options)
    if not options.leave_one_signer_out:
        return _report(_evaluate_bundle(options), options)
    check_targets(options, RUNS, options.clips)
    with start_processes(options) as context:
        result = _evaluate_recipe(options, context)
        return _report(result, options) if context.is_main_process else 0


def run_stream(options: argparse.Namespace) -> int:
    """Evaluate a bundle on continuous signing."""
    if options.into_card:
        check_folder(options.model, BUNDLE, [*options.clips, *options.footage])
    classifier = StreamClassifier(open_bundle(options.model))
    bundle = classifier.bundle
    footage_clips = find_footage(options.footage)
    with tempfile.TemporaryDirectory(prefix="ishara-") as scratch:
        takes, rests = load_sources(
            options.clips,
            read_options(options),
            options.split,
            [sign for sign in bundle.signs if options.signs is None or sign.sign_id in options.signs],
            bundle.manifest.landmarker,
            Path(scratch),
            LocalExecutor(options.workers),
        )
    if options.lines is not None:
        return _report_lines(classifier, takes, rests, options)
    plans = plan_streams(takes, options.words_per_stream, options.seed, mix_signers=options.mix_signers)
    visibility = RestVisibility(options.rest_visible)
    results = evaluate_streams(classifier, plans, rests, options.rates, options.drop, visibility)
    rest = None
    if options.minutes > 0.0:
        rest = evaluate_rest(classifier, rests, options.minutes, max(options.rates), options.drop, options.seed)
    footage = evaluate_footage(classifier, footage_clips) if footage_clips else None
    report = stream_text.StreamReport(bundle.manifest, results, by_condition(results), rest, footage)
    if options.html is not None:
        write_file(options.html, stream_report.to_html(report, bundle.signs))
    if options.into_card:
        insert_card_section(options.model, stream_text.CARD_HEADING, stream_text.to_card_section(report))
    print(json.dumps(stream_text.to_dict(report), indent=1) if options.json else stream_text.to_table(report))
    return 0


def _report_lines(
    classifier: StreamClassifier, takes: Sequence[Take], rests: Sequence[Take], options: argparse.Namespace
) -> int:
    signs, manifest = classifier.bundle.signs, classifier.bundle.manifest
    plans = plan_lines(takes, signs, options.lines, options.seed)
    results = evaluate_streams(
        classifier, plans, rests, options.rates, options.drop, RestVisibility(options.rest_visible)
    )
    used = {take.provenance.clip: take for plan in plans for take in plan.takes}
    readable = {clip for clip, take in used.items() if classifier.reads(take)}
    rates = [(rate, [read_line(one, signs, readable) for one in results if one.rate == rate]) for rate in options.rates]
    content = line_text.to_dict(manifest, rates)
    print(json.dumps(content, indent=1) if options.json else line_text.to_table(manifest, rates))
    return 0


def _report(result: EvaluationResult, options: argparse.Namespace) -> int:
    print(evaluation_text.to_json(result) if options.json else evaluation_text.to_table(result))
    if options.html is not None:
        write_file(options.html, evaluation_report.to_html(result))
    return _tell_unreadable(result.unreadable)


def _tell_unreadable(unreadable: Sequence[str]) -> int:
    """Print the clips that were not evaluated, and return the exit code."""
    for clip in unreadable:
        print(f"ishara-trainer: not evaluated: {clip}", file=sys.stderr)
    return 1 if unreadable else 0


def _evaluate_bundle(options: argparse.Namespace) -> EvaluationResult:
    bundle = open_bundle(options.model)
    signs = _join_words(bundle, options)
    takes, unreadable = _load_takes(bundle, options)
    return evaluate_bundle(bundle, takes, _describe_clips(options), signs, unreadable)


def _load_takes(bundle: Bundle, options: argparse.Namespace) -> tuple[list[Take], list[str]]:
    """Load the takes that were asked for, extracted from data sets where they are none, and name unreadable clips."""
    manifest = bundle.manifest
    folders: list[Path] = []
    unreadable: list[str] = []
    with tempfile.TemporaryDirectory(prefix="ishara-") as scratch:
        for number, folder in enumerate(options.clips):
            if any(takes_in(folder)):
                folders.append(folder)
                continue
            to = Path(scratch) / str(number)
            clips = select_clips(folder, options, bundle.signs).clips
            jobs = plan_jobs(clips, manifest.parts, manifest.landmarker, to, 0)
            unreadable += extract(jobs, LocalExecutor(options.workers)).unreadable
            folders.append(to)
        return load_selected_takes(find_takes(folders), options), unreadable


def _report_open_set(options: argparse.Namespace) -> int:
    bundle = open_bundle(options.model)
    takes, unreadable = _load_takes(bundle, options)
    result = evaluate_open_set(bundle, takes, _describe_clips(options), options.open_set, unreadable)
    print(open_set_text.to_json(result) if options.json else open_set_text.to_table(result))
    if options.html is not None:
        write_file(options.html, open_set_report.to_html(result))
    return _tell_unreadable(result.unreadable)


def _report_learning(options: argparse.Namespace) -> int:
    bundle = open_bundle(options.model)
    signs = _join_words(bundle, options)
    takes, unreadable = _load_takes(bundle, options)
    result = evaluate_learning(bundle, takes, signs, options.teach, options.draws, options.open_set or ())
    print(learned_text.to_json(result) if options.json else learned_text.to_table(result))
    return _tell_unreadable(unreadable)


def _report_conditions(options: argparse.Namespace) -> int:
    bundle = open_bundle(options.model)
    for folder in (one for one in options.clips if any(takes_in(one))):
        raise DatasetUnreadable(f"{folder} holds takes, which have no pictures to change; name a data set of clips")
    clips = [clip for folder in options.clips for clip in select_clips(folder, options, bundle.signs).clips]
    signs = _join_words(bundle, options)
    executor = LocalExecutor(options.workers)
    result = evaluate_conditions(bundle, clips, _describe_clips(options), signs, executor)
    print(condition_text.to_json(result) if options.json else condition_text.to_table(result))
    return _tell_unreadable(result.unreadable)


def _join_words(bundle: Bundle, options: argparse.Namespace) -> dict[int, Sign]:
    """Return the bundle's signs with those of the clips. Raises WordsUnclear."""
    words = [(str(one), _words_of(one, options.signs)) for one in options.clips]
    try:
        return join_signs([(bundle.manifest.title, bundle.signs), *words])
    except LabelsDiffer as error:
        raise WordsUnclear(f"{error}; correct the word if it is one sign, else leave it out with --signs") from error


def _describe_clips(options: argparse.Namespace) -> str:
    which = {"test": "test clips", "val": "validation clips", "train": "training clips", "all": "clips"}[options.split]
    return f"{which} of {' '.join(map(str, options.clips))}"


def _words_of(folder: Path, wanted: frozenset[int] | None) -> list[Sign]:
    """Return the words that a folder of takes or a data set gives the numbers of the signs that are wanted."""
    signs: tuple[Sign, ...] = ()
    if not any(takes_in(folder)):
        signs = read_labels_for(folder, None)
    elif (folder / LABELS).is_file():
        signs = read_labels(folder / LABELS)
    return [sign for sign in signs if wanted is None or sign.sign_id in wanted]


def _evaluate_recipe(options: argparse.Namespace, context: DistributedContext) -> EvaluationResult:
    known = read_take_labels(options.clips, options.labels)
    with context.main_process_first():
        store = store_of(options.clips, options)
    recipe = recipe_of(options)
    signs = signs_of(known, store)
    folds = Folds.of(store, options.signs, rotating=bool(options.rotate_signers))
    seeds = list(dict.fromkeys(options.seeds or [options.seed]))
    unseen = leave_one_signer_out(store, signs, folds, recipe, options.run, seeds, context)
    return evaluate_recipe(options.recipe, recipe.epochs, unseen, signs)
