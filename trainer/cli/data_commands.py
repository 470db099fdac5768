"""Runs `ishara-trainer extract`, `import-npz`, `renumber`, `import-pose`, `export-pose` and `bench-loader`."""

import argparse
import json
import sys
from collections.abc import Sequence, Set
from dataclasses import replace

from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.recording import VIDEO_SUFFIXES
from landmarkers.tracking import FINGERPRINT
from models.labels import Sign
from trainer.bundle.bench_loader import BENCHMARK, benchmark_loader
from trainer.cli.selection import is_selected, select_clips
from trainer.data import holistic_pose, keypoints
from trainer.data.clip import DatasetUnreadable
from trainer.data.clip_signs import SignsUnnamed, describe_unnamed, find_labels, read_labels_for, signs_of_clips
from trainer.data.dataset import Dataset
from trainer.data.executor import Executor, LocalExecutor
from trainer.data.existing_takes import find_leftovers
from trainer.data.extract import TAKES, ExtractionReport, extract
from trainer.data.extraction_job import ExtractionJob, dataset_id, plan_jobs
from trainer.data.footage import find_footage
from trainer.data.pose_export import export_takes
from trainer.data.pose_file import POSE_SUFFIX
from trainer.data.ray_executor import RayExecutor
from trainer.data.renumbering import renumber
from trainer.data.take_labels import drop_former_numbers, join_labels, save_labels
from trainer.data.unknown_signs import extract_unknown_signs
from trainer.reports import extraction_report
from trainer.targets import check_folder, write_file
from trainer.training.recipe import RECIPES


def run_extract(options: argparse.Namespace) -> int:
    """Extract takes from a data set."""
    dataset, signs = _read_clips(options, VIDEO_SUFFIXES)
    parts = DEFAULT_PARTS | ({Part.FACE} if options.face else set())
    identity = dataset_id(options.dataset, "clips")
    jobs = plan_jobs(dataset.clips, parts, FINGERPRINT, options.to, options.variants, options.clip_timeout, identity)
    return _report(_extract(jobs, dataset, signs, options), f"Takes of {options.dataset}", options)


def run_extract_unknown(options: argparse.Namespace) -> int:
    """Extract takes of signs that no word of the vocabulary means."""
    check_folder(options.to, TAKES, options.clips)
    found = extract_unknown_signs(find_footage(options.clips), options.to)
    print(f"{found.takes} takes of {found.clips} clips in {options.to}; in {found.empty} clips no hand is raised")
    print(*(f"  {reason}\n" for reason in found.unreadable), sep="", end="")
    return 1 if found.unreadable else 0


def run_import_npz(options: argparse.Namespace) -> int:
    """Turn published keypoints into takes."""
    check_folder(options.to, TAKES, [options.dataset])
    found = keypoints.find_keypoints(options.dataset)
    files = [file for file in found if is_selected(file.sign_id, file.split, options)]
    if not files:
        raise DatasetUnreadable(f"{options.dataset} holds no keypoints of the signs and split asked for")
    numbers = {file.sign_id for file in files}
    signs = [sign for sign in read_labels_for(options.dataset, options.labels) if sign.sign_id in numbers]
    unnamed = _save_labels(options, numbers, signs)
    passed_over = [file for file in found if file not in files]
    identity = dataset_id(options.dataset, "keypoints")
    report = keypoints.import_keypoints(
        files, options.to, options.rate, options.aspect, _engine(options), identity, passed_over
    )
    print(f"ishara-trainer: {keypoints.DEVICE_WARNING}", file=sys.stderr)
    return _report(replace(report, notes=(*unnamed, *report.notes)), f"Keypoints of {options.dataset}", options)


def run_renumber(options: argparse.Namespace) -> int:
    """Give the signs in a folder of takes other numbers."""
    print(f"renumbered {renumber(options.takes, dict(options.numbers))} takes in {options.takes}")
    return 0


def run_import_pose(options: argparse.Namespace) -> int:
    """Turn key points of pose-format into takes."""
    dataset, signs = _read_clips(options, frozenset({POSE_SUFFIX}))
    identity = dataset_id(options.dataset, "poses")
    jobs = plan_jobs(dataset.clips, frozenset(Part), holistic_pose.FINGERPRINT, options.to, 0, dataset=identity)
    report = _extract(jobs, dataset, signs, options)
    print(f"ishara-trainer: {keypoints.DEVICE_WARNING}", file=sys.stderr)
    return _report(report, f"Key points of {options.dataset}", options)


def run_export_pose(options: argparse.Namespace) -> int:
    """Turn takes into key points of pose-format."""
    report = export_takes(options.takes, options.to)
    print(f"{report.written} pose files written into {options.to}, {len(report.unreadable)} takes could not be read")
    print(*(f"  {reason}\n" for reason in report.unreadable), sep="", end="")
    return 1 if report.unreadable else 0


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


def _read_clips(options: argparse.Namespace, suffixes: frozenset[str]) -> tuple[Dataset, Sequence[Sign]]:
    """Read the clips that were asked for with their signs, and add these to the words beside the takes."""
    check_folder(options.to, TAKES, [options.dataset])
    labels = read_labels_for(options.dataset, options.labels)
    dataset = select_clips(options.dataset, options, labels, suffixes)
    signs = signs_of_clips(dataset.clips, labels)
    unnamed = _save_labels(options, {clip.sign_id for clip in dataset.clips}, signs)
    return replace(dataset, notes=(*dataset.notes, *unnamed)), signs


def _extract(
    jobs: Sequence[ExtractionJob], dataset: Dataset, signs: Sequence[Sign], options: argparse.Namespace
) -> ExtractionReport:
    """Create the takes, and drop what labels say of their words under former numbers."""
    made = [job.to for job in jobs]
    leftovers = find_leftovers(options.to, jobs[0].dataset, made, dataset.clips, dataset.passed_over)
    report = extract(jobs, _engine(options), leftovers)
    drop_former_numbers(options.to, signs)
    return replace(report, skipped=dataset.skipped, notes=(*dataset.notes, *report.notes))


def _engine(options: argparse.Namespace) -> Executor:
    return RayExecutor(options.workers, options.cluster) if options.engine == "ray" else LocalExecutor(options.workers)


def _save_labels(options: argparse.Namespace, numbers: Set[int], signs: Sequence[Sign]) -> tuple[str, ...]:
    """Add the words of these signs to those beside the takes; return a note on the numbers that have none."""
    unnamed = sorted(numbers - {sign.sign_id for sign in signs})
    if unnamed and options.labels is not None:
        raise SignsUnnamed(options.labels, unnamed)
    source = str(options.labels or find_labels(options.dataset) or options.dataset)
    save_labels(options.to, join_labels(options.to, signs, source))
    return (describe_unnamed(options.dataset, unnamed),) if unnamed else ()


def _report(report: ExtractionReport, title: str, options: argparse.Namespace) -> int:
    """Print the result, write the HTML report if asked for, and return the exit code."""
    print(extraction_report.to_json(report) if options.json else extraction_report.to_table(report))
    if options.html is not None:
        write_file(options.html, extraction_report.to_html(title, report))
    return 1 if report.unreadable else 0
