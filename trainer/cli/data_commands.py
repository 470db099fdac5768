"""Runs `ishara-trainer extract`, `import-npz` and `bench-loader`."""

import argparse
import json
import sys
from collections.abc import Set
from dataclasses import replace
from pathlib import Path

from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.tracking import FINGERPRINT
from models.bundle import LABELS
from models.labels import labels_json
from trainer.bundle.bench_loader import BENCHMARK, benchmark_loader
from trainer.cli.selection import is_selected, select_clips
from trainer.data import keypoints
from trainer.data.clip import DatasetUnreadable
from trainer.data.dataset import find_labels, read_xlsx_labels
from trainer.data.executor import Executor, LocalExecutor
from trainer.data.extract import TAKES, ExtractionReport, extract, plan_jobs
from trainer.data.ray_executor import RayExecutor
from trainer.reports import extraction_report
from trainer.targets import check_folder, write_file
from trainer.training.recipe import RECIPES


def run_extract(options: argparse.Namespace) -> int:
    """Extract takes from a data set."""
    check_folder(options.to, TAKES, [options.dataset])
    dataset = select_clips(options.dataset, options)
    clips = dataset.clips
    _write_labels(find_labels(options.dataset), options.to, {clip.sign_id for clip in clips})
    parts = DEFAULT_PARTS | ({Part.FACE} if options.face else set())
    jobs = plan_jobs(clips, parts, FINGERPRINT, options.to, options.variants, options.clip_timeout)
    report = replace(extract(jobs, _engine(options)), skipped=dataset.skipped, notes=dataset.notes)
    return _report(report, f"Takes of {options.dataset}", options)


def run_import_npz(options: argparse.Namespace) -> int:
    """Turn published keypoints into takes."""
    check_folder(options.to, TAKES, [options.dataset, *([options.labels] if options.labels else [])])
    found = keypoints.find_keypoints(options.dataset)
    files = [file for file in found if is_selected(file.sign_id, file.split, options)]
    if not files:
        raise DatasetUnreadable(f"{options.dataset} holds no keypoints of the signs and split asked for")
    _write_labels(options.labels or find_labels(options.dataset), options.to, {file.sign_id for file in files})
    report = keypoints.import_keypoints(files, options.to, options.rate, options.aspect, _engine(options))
    print(f"ishara-trainer: {keypoints.DEVICE_WARNING}", file=sys.stderr)
    return _report(report, f"Keypoints of {options.dataset}", options)


def run_bench_loader(options: argparse.Namespace) -> int:
    """Measure how fast batches are loaded, beside the research project's loader."""
    check_folder(options.folder, BENCHMARK)
    executor = LocalExecutor(options.threads)
    augmentation = RECIPES["default"].augmentation
    result = benchmark_loader(
        options.folder, options.takes, options.batch, options.seconds, options.threads, augmentation, executor
    )
    print(json.dumps(result.to_dict(), indent=1) if options.json else result.to_table())
    return 0


def _engine(options: argparse.Namespace) -> Executor:
    return RayExecutor(options.workers, options.cluster) if options.engine == "ray" else LocalExecutor(options.workers)


def _write_labels(labels: Path | None, to: Path, sign_ids: Set[int]) -> None:
    """Write a `labels.json` of these signs beside the takes, if the data set has labels."""
    if labels is not None:
        known = read_xlsx_labels(labels)
        write_file(to / LABELS, labels_json(tuple(known[sign_id] for sign_id in sorted(sign_ids & set(known)))))


def _report(report: ExtractionReport, title: str, options: argparse.Namespace) -> int:
    """Print the result, write the HTML report if asked for, and return the exit code."""
    print(extraction_report.to_json(report) if options.json else extraction_report.to_table(report))
    if options.html is not None:
        write_file(options.html, extraction_report.to_html(title, report))
    return 1 if report.unreadable else 0
