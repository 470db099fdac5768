"""Runs `ishara-trainer export`, `benchmark` and `quantise-hand`."""

import argparse
import sys

from landmarkers.take import Take
from models.bundle import open_bundle
from models.keys import PrivateKey
from trainer.bundle.benchmark import benchmark_bundles
from trainer.bundle.bundling import BUNDLE, ExportOptions, make_bundle
from trainer.bundle.card import IMPORTED_LANDMARKS
from trainer.bundle.hand_network import is_tflite, quantise_hand
from trainer.bundle.quantise import Precision
from trainer.cli.selection import load_selected_takes
from trainer.data import keypoints
from trainer.data.dataset import read_dataset
from trainer.data.store import Store, find_takes
from trainer.evaluation.evaluation import NothingToEvaluate
from trainer.reports import benchmark_report, benchmark_text
from trainer.targets import check_file, check_folder, write_file
from trainer.training.run import open_run
from trainer.training.run_store import RUN_STORE


def run_export(options: argparse.Namespace) -> int:
    """Export a run as a bundle."""
    store_folder = options.store or options.run / RUN_STORE
    key_files = [] if options.key is None else [options.key]
    sources = [options.run, store_folder, *options.held_out_runs, *options.unknown, *key_files]
    check_folder(options.to, BUNDLE, sources)
    key = None if options.key is None else PrivateKey.read(options.key)  # before the work that would be lost
    run = open_run(options.run)
    store = Store(store_folder)
    held_out_runs = [open_run(folder) for folder in options.held_out_runs]
    unknown = [Take.load(path) for path in find_takes(options.unknown)] if options.unknown else []
    settings = ExportOptions(
        options.name,
        options.version,
        options.threshold,
        Precision(options.precision),
        not options.no_fine_tuning,
        key,
        options.about,
        options.terms,
    )
    result = make_bundle(run, store, held_out_runs, options.to, settings, unknown)
    for candidate in result.candidates:
        print(
            f"{candidate.name:26} {candidate.bytes / 1e6:5.2f} MB  {candidate.ms:6.2f} ms  "
            f"top-1 {candidate.top1:6.1%}  largest change {candidate.max_abs_diff:.3f}"
        )
    signed = "" if key is None else f", signed by {key.name} ({key.id})"
    print(f"wrote {options.to} with {result.selected.name}{signed}")
    if run.landmarker in IMPORTED_LANDMARKS:
        print(f"ishara-trainer: {keypoints.DEVICE_WARNING}", file=sys.stderr)
    return 0


def run_benchmark(options: argparse.Namespace) -> int:
    """Measure bundles side by side."""
    bundles = [open_bundle(folder) for folder in options.bundles]
    paths = find_takes(options.takes) if options.takes else []
    takes = load_selected_takes(paths, options)
    if paths and not takes:
        raise NothingToEvaluate(f"there is no take of {options.split} clips in {' '.join(map(str, options.takes))}")
    result = benchmark_bundles(bundles, takes, options.threads, options.batches, options.rounds)
    print(benchmark_text.to_json(result) if options.json else benchmark_text.to_table(result))
    if options.html is not None:
        write_file(options.html, benchmark_report.to_html(result))
    return 0


def run_quantise_hand(options: argparse.Namespace) -> int:
    """Quantise the hand landmark network to int8."""
    check_file(options.to, "a network in TensorFlow Lite's format", is_tflite)
    clips = [clip.path for folder in options.datasets for clip in read_dataset(folder).clips if clip.split == "train"]
    result = quantise_hand(clips, options.to, options.hands)
    print(
        f"{options.to}: {result.kilobytes} kB; on every third of {result.crops} hands, which did not calibrate it, its "
        f"points lie {result.mean_distance_px:.2f} pixels of 224 from those of the float network"
    )
    return 0
