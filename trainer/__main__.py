"""`ishara-trainer`: data set to takes, takes to a run, run to a bundle, and how good a bundle is."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from landmarkers.layout import Part
from landmarkers.mediapipe_tasks import DEFAULT_PARTS
from landmarkers.networks import NetworksUnavailable
from landmarkers.take import TAKE_SUFFIX, Take, TakeDamaged
from models.bundle import BundleRefused, open_bundle
from models.classifier import OnnxClassifier
from models.labels import LabelsDamaged, Sign, labels_json, read_labels
from trainer import store as stores
from trainer.batches import StoreLacksPart
from trainer.bundling import ExportWrong, make_bundle, open_run
from trainer.dataset import Clip, DatasetUnreadable, find_clips, find_labels, read_xlsx_labels
from trainer.evaluate import Evaluation, Score, evaluate
from trainer.extract import Report, extract, plan
from trainer.quantise import QuantisationHarmful
from trainer.recipe import RECIPES
from trainer.split import Split, SplitEmpty, by_clip, by_signer, everything
from trainer.train import RunUnusable, train

LABELS_NAME = "labels.json"

USER_MUST_ACT = (
    BundleRefused,
    DatasetUnreadable,
    ExportWrong,
    LabelsDamaged,
    NetworksUnavailable,
    QuantisationHarmful,
    RunUnusable,
    SplitEmpty,
    StoreLacksPart,
    TakeDamaged,
    stores.StoreUnusable,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except USER_MUST_ACT as error:
        print(f"ishara-trainer: {error}", file=sys.stderr)
        return 2
    return code


def run_extract(options: argparse.Namespace) -> int:
    """Data set to takes."""
    clips = _chosen(find_clips(options.dataset), options.signs)
    labels = find_labels(options.dataset)
    options.to.mkdir(parents=True, exist_ok=True)
    if labels is not None:
        known = read_xlsx_labels(labels)
        here = sorted({clip.sign_id for clip in clips} & set(known))
        (options.to / LABELS_NAME).write_bytes(labels_json(tuple(known[sign_id] for sign_id in here)))
    parts = DEFAULT_PARTS | ({Part.FACE} if options.face else set())
    report = extract(plan(clips, parts, options.to, options.variants), options.workers)
    print(_told(report))
    return 1 if report.unreadable else 0


def run_train(options: argparse.Namespace) -> int:
    """Takes to a run."""
    store = _store(options)
    recipe = RECIPES[options.recipe]
    if options.epochs is not None:
        recipe = replace(recipe, epochs=options.epochs)
    signs = _signs(options.takes, store)
    origins = [row.origin for row in store.rows]
    split: Split
    if options.leave_signer is not None:
        split = by_signer(origins, options.leave_signer, options.signs or frozenset())
    elif options.validation > 0.0:
        split = by_clip(origins, options.validation)
    else:
        split = everything(origins)
    torch.set_num_threads(options.threads)
    train(store, split, signs, recipe, options.run, options.seed, options.device)
    print(f"trained {options.run}: {len(split.train)} takes learned from, {len(split.validation)} judged by")
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
            clips = [
                clip for clip in _chosen(find_clips(folder), options.signs) if options.split in (clip.split, "all")
            ]
            unreadable = extract(plan(clips, bundle.manifest.parts, Path(scratch), 0), options.workers).unreadable
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


def _is_judged(take: Take, options: argparse.Namespace, sign_ids: Sequence[int]) -> bool:
    origin = take.origin
    wanted = options.signs is None or origin.sign_id in options.signs
    return wanted and origin.sign_id in sign_ids and origin.variant == 0 and options.split in (origin.split, "all")


def _chosen(clips: list[Clip], signs: frozenset[int] | None) -> list[Clip]:
    chosen = [clip for clip in clips if signs is None or clip.sign_id in signs]
    if not chosen:
        raise DatasetUnreadable("the data set holds no clip of the signs asked for")
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
        sign.sign_id: sign
        for folder in folders
        if (folder / LABELS_NAME).is_file()
        for sign in read_labels(folder / LABELS_NAME)
    }
    wanted = sorted({row.origin.sign_id for row in store.rows if row.origin.sign_id is not None})
    unnamed = [sign_id for sign_id in wanted if sign_id not in known]
    if unnamed:
        raise LabelsDamaged(f"no {LABELS_NAME} beside the takes names sign {unnamed[0]}")
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


def _sign_numbers(text: str) -> frozenset[int]:
    """`1-70,77` as numbers."""
    numbers: set[int] = set()
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise argparse.ArgumentTypeError(f"{text} is not a list of signs like 1-70,77")
        numbers |= set(range(int(first), int(last or first) + 1))
    return frozenset(numbers)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ishara-trainer", description="Trains and judges Ishara's models.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    cores = os.cpu_count() or 1
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--signs", type=_sign_numbers, metavar="LIST", help="only these signs, for example 1-70,77")

    command = commands.add_parser("extract", parents=[shared], help="data set to takes; run it again to go on")
    command.add_argument("dataset", type=Path, help="a data set in KArSL's layout, or a folder of <sign>.mp4")
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where the takes go")
    command.add_argument(
        "--variants", type=int, default=0, metavar="N", help="other views of each training clip (default: %(default)s)"
    )
    command.add_argument("--face", action="store_true", help="find the face's 468 points as well")
    command.add_argument("--workers", type=int, default=cores, metavar="N", help="processes (default: %(default)s)")
    command.set_defaults(command=run_extract)

    command = commands.add_parser("train", parents=[shared], help="takes to a run; run it again to go on")
    command.add_argument("--takes", type=Path, nargs="+", default=[], metavar="FOLDER", help="folders of takes")
    command.add_argument("--run", type=Path, required=True, metavar="FOLDER", help="where the run goes, or goes on")
    command.add_argument(
        "--store", type=Path, metavar="FOLDER", help="the store of the takes (default: RUN/takes.store)"
    )
    command.add_argument("--recipe", choices=sorted(RECIPES), default="default", help="default: %(default)s")
    command.add_argument("--epochs", type=int, metavar="N", help="instead of the recipe's")
    command.add_argument(
        "--validation", type=float, default=0.15, metavar="SHARE", help="clips to hold out (default: %(default)s)"
    )
    command.add_argument(
        "--leave-signer", metavar="NAME", help="hold out this signer's takes instead (of --signs, or all)"
    )
    command.add_argument("--seed", type=int, default=1, metavar="N", help="default: %(default)s")
    command.add_argument(
        "--device", default="cuda" if torch.cuda.is_available() else "cpu", help="default: %(default)s"
    )
    command.add_argument("--threads", type=int, default=cores, metavar="N", help="on the CPU (default: %(default)s)")
    command.set_defaults(command=run_train)

    command = commands.add_parser("export", help="run to a quantised bundle")
    command.add_argument("run", type=Path, help="the run's folder")
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="the bundle's folder")
    command.add_argument("--name", required=True, help="the bundle's name, for example karsl-190")
    command.add_argument("--version", type=int, default=1, metavar="N", help="default: %(default)s")
    command.add_argument("--store", type=Path, metavar="FOLDER", help="default: RUN/takes.store")
    command.add_argument(
        "--judged-by",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="runs of the recipe with clips held out; the first calibrates",
    )
    command.add_argument(
        "--threshold", type=float, default=0.5, metavar="P", help="below it no word is said (default: %(default)s)"
    )
    command.set_defaults(command=run_export)

    command = commands.add_parser("evaluate", parents=[shared], help="how good a bundle is on clips that it never saw")
    command.add_argument("clips", type=Path, help="a data set, or a folder of takes")
    command.add_argument("--model", type=Path, required=True, metavar="DIR", help="the bundle")
    command.add_argument(
        "--split", choices=("train", "test", "all"), default="test", help="which clips (default: %(default)s)"
    )
    command.add_argument(
        "--workers", type=int, default=cores, metavar="N", help="processes for clips (default: %(default)s)"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(command=run_evaluate)
    return parser


if __name__ == "__main__":
    sys.exit(main())
