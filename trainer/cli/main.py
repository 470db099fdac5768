"""`ishara-trainer`: data set to takes, takes to a run, run to a bundle, and how good a bundle is."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from landmarkers.errors import UserError
from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.take import TAKE_SUFFIX, Take
from landmarkers.tracking import FINGERPRINT
from models.bundle import LABELS, open_bundle
from models.keys import PrivateKey
from models.labels import LabelsDamaged, Sign, labels_json, read_labels
from trainer.bundle import benchmark
from trainer.bundle.bench_loader import benchmark_loader
from trainer.bundle.bundling import ExportOptions, insert_card_section, make_bundle
from trainer.bundle.hand_network import quantise_hand
from trainer.cli.arguments import read
from trainer.data import keypoints
from trainer.data import store as stores
from trainer.data.dataset import Clip, DatasetUnreadable, find_clips, find_labels, read_xlsx_labels
from trainer.data.executor import Executor, LocalExecutor
from trainer.data.extract import ExtractionReport, extract, plan_jobs
from trainer.data.ray_executor import RayExecutor
from trainer.data.split import Split, split_by_clip, split_by_name, split_by_signer, split_without_validation
from trainer.evaluation import comparison
from trainer.evaluation.alignment import StreamClassifier, evaluate_streams
from trainer.evaluation.evaluation import EvaluationResult, NothingToEvaluate, evaluate_bundle, evaluate_recipe
from trainer.evaluation.forgetting import as_table, measure_forgetting
from trainer.evaluation.leave_one_signer_out import leave_one_signer_out
from trainer.evaluation.negative_footage import evaluate_footage, evaluate_rest, find_footage
from trainer.evaluation.paired import pair_predictions
from trainer.evaluation.predictions import open_store, predict_unseen
from trainer.evaluation.stream_metrics import by_condition
from trainer.evaluation.stream_sources import load_sources
from trainer.evaluation.streams import plan_streams
from trainer.reports import (
    benchmark_report,
    evaluation_report,
    evaluation_text,
    extraction_report,
    run_report,
    stream_report,
)
from trainer.training.distributed import DistributedContext, DistributedUnusable, init_distributed, world_size
from trainer.training.fine_tune import FineTuneConfig, fine_tune, fine_tune_recipe
from trainer.training.fine_tune_data import prepare_fine_tune_data
from trainer.training.parent_model import open_parent_model
from trainer.training.recipe import RECIPES, Recipe
from trainer.training.run import open_run
from trainer.training.run_metadata import RunUnusable
from trainer.training.train import train
from trainer.training.training_data import TrainingData


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = read(arguments)
    commands = {
        "extract": run_extract,
        "import-npz": run_import_npz,
        "bench-loader": run_bench_loader,
        "train": run_train,
        "export": run_export,
        "evaluate": run_evaluate,
        "stream": run_stream,
        "report": run_run_report,
        "compare": run_compare,
        "benchmark": run_benchmark,
        "quantise-hand": run_quantise_hand,
    }
    try:
        return commands[options.command](options)
    except UserError as error:
        print(f"ishara-trainer: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ishara-trainer: stopped; the same command goes on from here", file=sys.stderr)
        return 1


def run_extract(options: argparse.Namespace) -> int:
    """Data set to takes."""
    clips = _chosen(options.dataset, options)
    _name_signs(find_labels(options.dataset), options.to, {clip.sign_id for clip in clips})
    parts = DEFAULT_PARTS | ({Part.FACE} if options.face else set())
    report = extract(plan_jobs(clips, parts, FINGERPRINT, options.to, options.variants), _engine(options))
    return _tell(report, f"Takes of {options.dataset}", options)


def run_import_npz(options: argparse.Namespace) -> int:
    """Published key points to takes."""
    files = [
        file
        for file in keypoints.find_keypoints(options.dataset)
        if (options.signs is None or file.sign_id in options.signs) and options.split in (file.split, "all")
    ]
    if not files:
        raise DatasetUnreadable(f"{options.dataset} holds no keypoints of the signs and split asked for")
    _name_signs(options.labels or find_labels(options.dataset), options.to, {file.sign_id for file in files})
    report = keypoints.import_keypoints(files, options.to, options.rate, options.aspect, _engine(options))
    print(f"ishara-trainer: {keypoints.DEVICE_WARNING}", file=sys.stderr)
    return _tell(report, f"Key points of {options.dataset}", options)


def run_train(options: argparse.Namespace) -> int:
    """Takes to a run."""
    if options.ancestor is not None:
        return run_fine_tune(options)
    with _crew(options) as crew:
        split = _train(options, crew)
        if crew.is_main_process:
            print(f"trained {options.run}: {len(split.train)} takes learned from, {len(split.validation)} judged by")
    return 0


def _train(options: argparse.Namespace, crew: DistributedContext) -> Split:
    with crew.main_process_first():
        store = _store(options.takes, options)
    recipe = _recipe(options)
    signs = _signs(options.takes, store)
    origins = [row.provenance for row in store.rows]
    split: Split
    if options.leave_signer is not None:
        split = split_by_signer(origins, options.leave_signer, options.of_signs or frozenset())
    elif options.hold_out:
        split = split_by_name(origins, options.hold_out)
    elif options.validation > 0.0:
        split = split_by_clip(origins, options.validation)
    else:
        split = split_without_validation(origins)
    with crew.lock_run_folder(options.run):
        data = TrainingData(store, split, signs)
        train(data, replace(recipe, patience=options.patience), options.run, options.seed, crew)
    return split


def run_fine_tune(options: argparse.Namespace) -> int:
    """A bundle or run and some takes to a run."""
    if world_size() > 1:
        raise DistributedUnusable("teaching is short and one process does it; start it without torchrun")
    ancestor = open_parent_model(options.ancestor, options.from_store)
    store = options.store or options.run / "takes.store"
    data = prepare_fine_tune_data(ancestor, options.takes, store, hold_out=options.validation > 0.0)
    recipe = fine_tune_recipe(ancestor, options.epochs)
    torch.set_num_threads(options.threads)
    crew = DistributedContext(options.device)
    with crew.lock_run_folder(options.run):
        fine_tune(data, ancestor, recipe, FineTuneConfig(), options.run, options.seed, crew)
    outcomes = measure_forgetting(data, ancestor, recipe, options.run)
    learned = len(data.split.train) - len(ancestor.exemplars)
    print(f"taught {options.run} what {ancestor.title} knows and {learned} takes more; {data.split.description}")
    print(as_table(outcomes))
    return 0


def run_export(options: argparse.Namespace) -> int:
    """Run to a bundle."""
    key = None if options.key is None else PrivateKey.read(options.key)  # before the work that would be lost
    run = open_run(options.run)
    store = stores.Store(options.store or options.run / "takes.store")
    bundle = ExportOptions(
        options.name, options.version, options.threshold, options.precision, not options.no_teaching, key
    )
    choice = make_bundle(run, store, [open_run(folder) for folder in options.judged_by], options.to, bundle)
    for candidate in choice.candidates:
        print(
            f"{candidate.name:26} {candidate.bytes / 1e6:5.2f} MB  {candidate.ms:6.2f} ms  "
            f"top-1 {candidate.top1:6.1%}  largest change {candidate.max_abs_diff:.3f}"
        )
    signed = "" if key is None else f", signed by {key.name} ({key.id})"
    print(f"wrote {options.to} with {choice.selected.name}{signed}")
    if run.landmarker == keypoints.FINGERPRINT:
        print(f"ishara-trainer: {keypoints.DEVICE_WARNING}", file=sys.stderr)
    return 0


def run_evaluate(options: argparse.Namespace) -> int:
    """How good a bundle is on clips or takes, or a recipe on signers whom it has not seen."""
    if not options.leave_one_signer_out:
        return _tell_verdict(_evaluate_bundle(options), options)
    with _crew(options) as crew:
        verdict = _evaluate_recipe(options, crew)
        return _tell_verdict(verdict, options) if crew.is_main_process else 0


def _tell_verdict(verdict: EvaluationResult, options: argparse.Namespace) -> int:
    print(evaluation_text.as_json(verdict) if options.json else evaluation_text.as_table(verdict))
    if options.html is not None:
        options.html.write_text(evaluation_report.write(verdict), encoding="utf-8")
    for clip in verdict.unreadable:
        print(f"ishara-trainer: not evaluated: {clip}", file=sys.stderr)
    return 1 if verdict.unreadable else 0


def _evaluate_bundle(options: argparse.Namespace) -> EvaluationResult:
    bundle = open_bundle(options.model)
    manifest = bundle.manifest
    folders: list[Path] = []
    unreadable: list[str] = []
    with tempfile.TemporaryDirectory(prefix="ishara-") as scratch:
        for number, folder in enumerate(options.clips):
            if any(folder.rglob(f"*{TAKE_SUFFIX}")):
                folders.append(folder)
                continue
            to = Path(scratch) / str(number)
            jobs = plan_jobs(_chosen(folder, options), manifest.parts, manifest.landmarker, to, 0)
            unreadable += extract(jobs, LocalExecutor(options.workers)).unreadable
            folders.append(to)
        paths = stores.find_takes(folders)
        takes = [take for take in map(Take.load, tqdm(paths, "load", unit="take")) if _is_asked_for(take, options)]
    which = {"test": "test clips", "train": "training clips", "all": "clips"}[options.split]
    return evaluate_bundle(bundle, takes, f"{which} of {' '.join(map(str, options.clips))}", unreadable)


def _evaluate_recipe(options: argparse.Namespace, crew: DistributedContext) -> EvaluationResult:
    with crew.main_process_first():
        store = _store(options.clips, options)
    recipe = _recipe(options)
    if len(stores.find_takes(options.clips)) != len(store):
        raise RunUnusable(f"the store of {options.run} was made of other takes; name another folder with --run")
    signs = _signs(options.clips, store)
    strangers = leave_one_signer_out(store, signs, options.signs, recipe, options.run, options.seed, crew)
    return evaluate_recipe(options.recipe, recipe.epochs, options.seed, strangers, signs)


def run_stream(options: argparse.Namespace) -> int:
    """How well a bundle reads running streams."""
    reader = StreamClassifier(open_bundle(options.model))
    bundle = reader.bundle
    signs = {sign.sign_id for sign in bundle.signs} & (options.signs or {sign.sign_id for sign in bundle.signs})
    clips = find_footage(options.footage)
    with tempfile.TemporaryDirectory(prefix="ishara-") as scratch:
        takes, rests = load_sources(
            options.clips,
            options.split,
            signs,
            bundle.manifest.landmarker,
            Path(scratch),
            LocalExecutor(options.workers),
        )
    plans = plan_streams(takes, options.words_per_stream, options.seed)
    judged = evaluate_streams(reader, plans, rests, options.rates, options.drop, options.lap)
    rest = None
    if options.minutes > 0.0:
        rest = evaluate_rest(reader, rests, options.minutes, max(options.rates), options.drop, options.seed)
    footage = evaluate_footage(reader, clips) if clips else None
    found = stream_report.StreamReport(bundle.manifest, judged, by_condition(judged), rest, footage)
    if options.html is not None:
        options.html.write_text(stream_report.as_page(found, bundle.signs), encoding="utf-8")
    if options.into_card:
        insert_card_section(options.model, stream_report.STREAMS_HEADING, stream_report.as_section(found))
    print(json.dumps(stream_report.as_content(found), indent=1) if options.json else stream_report.as_table(found))
    return 0


def run_bench_loader(options: argparse.Namespace) -> int:
    """How fast takes come out of a store, beside the reference's way."""
    engine = LocalExecutor(options.threads)
    augmentation = RECIPES["default"].augmentation
    measured = benchmark_loader(
        options.folder, options.takes, options.batch, options.seconds, options.threads, augmentation, engine
    )
    print(json.dumps(measured.to_dict(), indent=1) if options.json else measured.to_table())
    return 0


def run_run_report(options: argparse.Namespace) -> int:
    """A run's report."""
    runs = [open_run(folder) for folder in (options.run, *options.others)]
    readings, *others = [predict_unseen(run, open_store(run, options.store)) for run in runs]
    options.to.write_text(run_report.write(readings, others), encoding="utf-8")
    print(f"wrote {options.to}: {run_report.lead(readings)}")
    return 0


def run_compare(options: argparse.Namespace) -> int:
    """Two runs on the takes that neither learned from."""
    runs = [open_run(folder) for folder in (options.first, options.second)]
    found = comparison.compare(pair_predictions(*(predict_unseen(run, open_store(run, options.store)) for run in runs)))
    print(comparison.as_json(found) if options.json else comparison.as_table(found))
    if options.html is not None:
        options.html.write_text(comparison.as_page(found), encoding="utf-8")
    return 0


def run_benchmark(options: argparse.Namespace) -> int:
    """Bundles side by side."""
    bundles = [open_bundle(folder) for folder in options.bundles]
    paths = stores.find_takes(options.takes) if options.takes else []
    takes = [take for take in map(Take.load, tqdm(paths, "load", unit="take")) if _is_asked_for(take, options)]
    if paths and not takes:
        raise NothingToEvaluate(f"there is no take of {options.split} clips in {' '.join(map(str, options.takes))}")
    found = benchmark.benchmark_bundles(bundles, takes, options.threads, options.batches, options.rounds)
    print(benchmark_report.as_json(found) if options.json else benchmark_report.as_table(found))
    if options.html is not None:
        options.html.write_text(benchmark_report.as_page(found), encoding="utf-8")
    return 0


def run_quantise_hand(options: argparse.Namespace) -> int:
    """The hand landmark network to int8."""
    clips = [clip.path for folder in options.datasets for clip in find_clips(folder) if clip.split == "train"]
    outcome = quantise_hand(clips, options.to, options.hands)
    print(
        f"{options.to}: {outcome.kilobytes} kB; on every third of {outcome.crops} hands, kept apart, its points lie "
        f"{outcome.mean_distance_px:.2f} pixels of 224 from the float network's"
    )
    return 0


def _is_asked_for(take: Take, options: argparse.Namespace) -> bool:
    origin = take.provenance
    wanted = options.signs is None or origin.sign_id in options.signs
    return wanted and origin.variant == 0 and options.split in (origin.split, "all")


def _chosen(dataset: Path, options: argparse.Namespace) -> list[Clip]:
    chosen = [
        clip
        for clip in find_clips(dataset)
        if (options.signs is None or clip.sign_id in options.signs) and options.split in (clip.split, "all")
    ]
    if not chosen:
        raise DatasetUnreadable(f"{dataset} holds no clip of the signs and split asked for")
    return chosen


def _engine(options: argparse.Namespace) -> Executor:
    """Where the work is done."""
    return RayExecutor(options.workers, options.cluster) if options.engine == "ray" else LocalExecutor(options.workers)


def _name_signs(labels: Path | None, to: Path, sign_ids: Set[int]) -> None:
    """Put a `labels.json` of these signs beside the takes, where the data set has labels."""
    to.mkdir(parents=True, exist_ok=True)
    if labels is not None:
        known = read_xlsx_labels(labels)
        (to / LABELS).write_bytes(labels_json(tuple(known[sign_id] for sign_id in sorted(sign_ids & set(known)))))


def _tell(report: ExtractionReport, title: str, options: argparse.Namespace) -> int:
    """Print what was done and write the report asked for; returns the exit code."""
    print(extraction_report.as_json(report) if options.json else extraction_report.as_table(report))
    if options.html is not None:
        options.html.write_text(extraction_report.as_page(title, report), encoding="utf-8")
    return 1 if report.unreadable else 0


def _crew(options: argparse.Namespace) -> AbstractContextManager[DistributedContext]:
    torch.set_num_threads(options.threads)
    return init_distributed(options.device, options.accumulate, compiled=options.compile)


def _recipe(options: argparse.Namespace) -> Recipe:
    recipe = RECIPES[options.recipe]
    return recipe if options.epochs is None else replace(recipe, epochs=options.epochs)


def _store(takes: Sequence[Path], options: argparse.Namespace) -> stores.Store:
    folder: Path = options.store or options.run / "takes.store"
    if (folder / "index.npz").is_file():
        return stores.Store(folder)
    paths = stores.find_takes(takes)
    parts = DEFAULT_PARTS if Take.load(paths[0]).visible(Part.FACE).sum() == 0 else DEFAULT_PARTS | {Part.FACE}
    return stores.build_store(paths, parts, folder)


def _signs(folders: Sequence[Path], store: stores.Store) -> tuple[Sign, ...]:
    """The signs of the store's takes, with their words from the `labels.json` beside the takes."""
    known = {
        sign.sign_id: sign for folder in folders if (folder / LABELS).is_file() for sign in read_labels(folder / LABELS)
    }
    wanted = sorted({row.provenance.sign_id for row in store.rows if row.provenance.sign_id is not None})
    unnamed = [sign_id for sign_id in wanted if sign_id not in known]
    if unnamed:
        raise LabelsDamaged(f"no {LABELS} beside the takes names sign {unnamed[0]}")
    return tuple(known[sign_id] for sign_id in wanted)
