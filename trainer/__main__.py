"""`ishara-trainer`: data set to takes, takes to a run, run to a bundle, and how good a bundle is."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from landmarkers.choice import LandmarkerUnavailable
from landmarkers.layout import DEFAULT_PARTS, Part
from landmarkers.networks import NetworksUnavailable
from landmarkers.recording import RecordingUnreadable
from landmarkers.take import TAKE_SUFFIX, Take, TakeDamaged
from landmarkers.tracking import FINGERPRINT
from models.bundle import LABELS, BundleRefused, open_bundle
from models.classifier import OnnxClassifier
from models.labels import LabelsDamaged, Sign, labels_json, read_labels
from trainer import store as stores
from trainer.adapt import Adaptation, adapt
from trainer.ancestor import AncestorUnusable, open_ancestor
from trainer.arguments import parse
from trainer.batches import StoreLacksPart
from trainer.bundling import ExportWrong, make_bundle
from trainer.dataset import Clip, DatasetUnreadable, find_clips, find_labels, read_xlsx_labels
from trainer.evaluate import Evaluation, Score, evaluate
from trainer.extract import ExtractionBroken, Report, extract, plan
from trainer.hand_network import HandsTooFew, quantise_hand
from trainer.lesson import prepare
from trainer.outcome import as_table, judge_teaching
from trainer.quantise import QuantisationHarmful
from trainer.recipe import RECIPES
from trainer.run import open_run
from trainer.split import Split, SplitEmpty, by_clip, by_name, by_signer, everything
from trainer.train import RunUnusable, train

USER_MUST_ACT = (
    AncestorUnusable,
    BundleRefused,
    DatasetUnreadable,
    ExportWrong,
    ExtractionBroken,
    HandsTooFew,
    LabelsDamaged,
    LandmarkerUnavailable,
    NetworksUnavailable,
    QuantisationHarmful,
    RecordingUnreadable,
    RunUnusable,
    SplitEmpty,
    StoreLacksPart,
    TakeDamaged,
    stores.StoreUnusable,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    commands = {
        "extract": run_extract,
        "train": run_train,
        "export": run_export,
        "evaluate": run_evaluate,
        "quantise-hand": run_quantise_hand,
    }
    try:
        return commands[options.command](options)
    except USER_MUST_ACT as error:
        print(f"ishara-trainer: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ishara-trainer: stopped; the same command goes on from here", file=sys.stderr)
        return 1


def run_extract(options: argparse.Namespace) -> int:
    """Data set to takes."""
    clips = _chosen(options.dataset, options)
    labels = find_labels(options.dataset)
    options.to.mkdir(parents=True, exist_ok=True)
    if labels is not None:
        known = read_xlsx_labels(labels)
        here = sorted({clip.sign_id for clip in clips} & set(known))
        (options.to / LABELS).write_bytes(labels_json(tuple(known[sign_id] for sign_id in here)))
    parts = DEFAULT_PARTS | ({Part.FACE} if options.face else set())
    report = extract(plan(clips, parts, FINGERPRINT, options.to, options.variants), options.workers)
    print(_told(report))
    return 1 if report.unreadable else 0


def run_train(options: argparse.Namespace) -> int:
    """Takes to a run."""
    if options.ancestor is not None:
        return run_teach(options)
    store = _store(options)
    recipe = RECIPES[options.recipe or "default"]
    if options.epochs is not None:
        recipe = replace(recipe, epochs=options.epochs)
    signs = _signs(options.takes, store)
    origins = [row.origin for row in store.rows]
    split: Split
    if options.leave_signer is not None:
        split = by_signer(origins, options.leave_signer, options.of_signs or frozenset())
    elif options.hold_out:
        split = by_name(origins, options.hold_out)
    elif options.validation > 0.0:
        split = by_clip(origins, options.validation)
    else:
        split = everything(origins)
    torch.set_num_threads(options.threads)
    train(store, split, signs, recipe, options.run, options.seed, options.device)
    print(f"trained {options.run}: {len(split.train)} takes learned from, {len(split.validation)} judged by")
    return 0


def run_teach(options: argparse.Namespace) -> int:
    """A bundle or run and some takes to a run."""
    ancestor = open_ancestor(options.ancestor, options.from_store)
    store = options.store or options.run / "takes.store"
    lesson = prepare(ancestor, options.takes, store, hold_out=options.validation > 0.0)
    adaptation = Adaptation(ancestor.title)
    if options.epochs is not None:
        adaptation = replace(adaptation, epochs=options.epochs)
    torch.set_num_threads(options.threads)
    adapt(lesson.store, lesson.split, ancestor, lesson.signs, adaptation, options.run, options.seed, options.device)
    outcomes = judge_teaching(lesson, ancestor, options.run)
    learned = len(lesson.split.train) - len(ancestor.takes)
    print(f"taught {options.run} what {ancestor.title} knows and {learned} takes more; {lesson.split.described}")
    print(as_table(outcomes))
    return 0


def run_export(options: argparse.Namespace) -> int:
    """Run to a bundle."""
    run = open_run(options.run)
    store = stores.Store(options.store or options.run / "takes.store")
    candidates = make_bundle(
        run,
        store,
        [open_run(folder) for folder in options.judged_by],
        options.to,
        options.name,
        options.version,
        options.threshold,
        teachable=not options.no_teaching,
    )
    for candidate in candidates:
        print(
            f"{candidate.name:26} {candidate.bytes / 1e6:5.2f} MB  {candidate.ms:6.2f} ms  "
            f"top-1 {candidate.top1:6.1%}  largest change {candidate.drift:.3f}"
        )
    print(f"wrote {options.to} with {candidates[1].name}")
    return 0


def run_evaluate(options: argparse.Namespace) -> int:
    """How good a bundle is on clips or takes."""
    bundle = open_bundle(options.model)
    classifier = OnnxClassifier(bundle)
    sign_ids = [sign.sign_id for sign in bundle.signs]
    with tempfile.TemporaryDirectory(prefix="ishara-") as scratch:
        folder: Path = options.clips
        unreadable: tuple[str, ...] = ()
        if not any(folder.rglob(f"*{TAKE_SUFFIX}")):
            clips = _chosen(folder, options)
            manifest = bundle.manifest
            jobs = plan(clips, manifest.parts, manifest.landmarker, Path(scratch), 0)
            unreadable = extract(jobs, options.workers).unreadable
            folder = Path(scratch)
        takes = [take for take in map(Take.load, stores.find_takes([folder])) if _is_judged(take, options, sign_ids)]
    if not takes:
        raise DatasetUnreadable(
            f"{options.clips} holds no {options.split} clip of a sign that {bundle.manifest.title} knows"
        )
    probabilities = np.stack([classifier.probabilities(take.points, take.times - take.times[0]) for take in takes])
    result = evaluate(probabilities, sign_ids, [take.origin for take in takes])
    print(_as_json(bundle.manifest.title, result) if options.json else _as_table(bundle.manifest.title, result))
    for clip in unreadable:
        print(f"ishara-trainer: not evaluated: {clip}", file=sys.stderr)
    return 1 if unreadable else 0


def run_quantise_hand(options: argparse.Namespace) -> int:
    """The hand landmark network to int8."""
    clips = [clip.path for folder in options.datasets for clip in find_clips(folder) if clip.split == "train"]
    outcome = quantise_hand(clips, options.to, options.hands)
    print(
        f"{options.to}: {outcome.kilobytes} kB; on every third of {outcome.crops} hands, kept apart, its points lie "
        f"{outcome.distance:.2f} pixels of 224 from the float network's"
    )
    return 0


def _is_judged(take: Take, options: argparse.Namespace, sign_ids: Sequence[int]) -> bool:
    origin = take.origin
    wanted = options.signs is None or origin.sign_id in options.signs
    return wanted and origin.sign_id in sign_ids and origin.variant == 0 and options.split in (origin.split, "all")


def _chosen(dataset: Path, options: argparse.Namespace) -> list[Clip]:
    chosen = [
        clip
        for clip in find_clips(dataset)
        if (options.signs is None or clip.sign_id in options.signs) and options.split in (clip.split, "all")
    ]
    if not chosen:
        raise DatasetUnreadable(f"{dataset} holds no clip of the signs and split asked for")
    return chosen


def _told(report: Report) -> str:
    lines = [f"{report.made} takes made, {report.there} were there, {len(report.unreadable)} clips could not be read"]
    return "\n".join([*lines, *(f"  {clip}" for clip in report.unreadable)])


def _store(options: argparse.Namespace) -> stores.Store:
    folder: Path = options.store or options.run / "takes.store"
    if (folder / "index.npz").is_file():
        return stores.Store(folder)
    paths = stores.find_takes(options.takes)
    parts = DEFAULT_PARTS if Take.load(paths[0]).seen(Part.FACE).sum() == 0 else DEFAULT_PARTS | {Part.FACE}
    return stores.build(paths, parts, folder)


def _signs(folders: Sequence[Path], store: stores.Store) -> tuple[Sign, ...]:
    """The signs of the store's takes, with their words from the `labels.json` beside the takes."""
    known = {
        sign.sign_id: sign for folder in folders if (folder / LABELS).is_file() for sign in read_labels(folder / LABELS)
    }
    wanted = sorted({row.origin.sign_id for row in store.rows if row.origin.sign_id is not None})
    unnamed = [sign_id for sign_id in wanted if sign_id not in known]
    if unnamed:
        raise LabelsDamaged(f"no {LABELS} beside the takes names sign {unnamed[0]}")
    return tuple(known[sign_id] for sign_id in wanted)


def _as_json(model: str, result: Evaluation) -> str:
    def scores(table: dict[str, Score] | dict[int, Score]) -> dict[str, dict[str, float]]:
        return {str(key): asdict(score) for key, score in table.items()}

    content = {"model": model} | asdict(result.overall)
    content |= {
        "per_signer": scores(result.by_signer),
        "per_sign": scores(result.by_sign),
        "per_group": scores(result.by_group),
    }
    content |= {"calibration_error": result.calibration_error, "said_none": result.said_none}
    return json.dumps(content, indent=1)


def _as_table(model: str, result: Evaluation) -> str:
    rows = [f"{model:24} {'clips':>6} {'top-1':>7} {'top-5':>7}"]
    named = (
        {"all": result.overall} | {f"signer {key}": score for key, score in result.by_signer.items()} | result.by_group
    )
    rows += [f"{name:24} {score.count:6} {score.top1:7.1%} {score.top5:7.1%}" for name, score in named.items()]
    wrong = [
        f"{sign} ({score.top1:.0%} of {score.count})" for sign, score in result.by_sign.items() if score.top1 < 1.0
    ]
    rows.append(f"calibration error {result.calibration_error:.3f}, read as no sign: {result.said_none}")
    rows.append(f"signs with a wrong reading: {', '.join(wrong) if wrong else 'none'}")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
