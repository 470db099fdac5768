"""A run to a bundle: calibrated, exported, quantised, checked, judged and described."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from landmarkers.errors import UserError
from landmarkers.take import Provenance, Take
from models import bundle as bundles
from models.classifier import OnnxClassifier
from models.keys import PrivateKey
from models.labels import labels_json
from models.manifest import Accuracy, Calibration, Manifest, SpotterSettings
from models.signature import sign
from trainer.bundle import card
from trainer.bundle.export import export_fp32
from trainer.bundle.quantise import Precision, QuantisationResult, predict_takes, select_network
from trainer.data.store import Store
from trainer.evaluation.metrics import Evaluation, HeldOutResult, evaluate
from trainer.evaluation.predictions import Predictions, check_store
from trainer.model.network import SignClassifier
from trainer.training import parent_model as ancestor
from trainer.training.run import Run
from trainer.training.train import load_trained

SMALLEST_APP_VERSION = "0.1.0"
_LARGEST_DIFFERENCE = 1e-3  # of a probability, between torch and fp32 ONNX
_JUDGED_TAKES = 400


class ExportWrong(UserError):
    """An exported network that answers otherwise than the trained one; the message says by how much."""


def make_bundle(
    run: Run,
    store: Store,
    held_out_runs: Sequence[Run],
    to: Path,
    name: str,
    version: int,
    threshold: float,
    *,
    precision: Precision = Precision.INT8,
    teachable: bool = True,
    key: PrivateKey | None = None,
) -> QuantisationResult:
    """Write the bundle of a run; returns the networks that were measured and the one that was chosen.

    `held_out_runs` are runs of the same recipe that held clips out. The first gives the temperature, and all of their
    figures go into the card; a run that held clips out itself may stand for them. All were trained on this store. A
    `teachable` bundle carries what teaching needs. With a `key` it is signed. The bundle appears whole or not at all.
    Raises RunUnusable, ExportWrong, QuantisationHarmful.
    """
    for one in (run, *held_out_runs):
        check_store(one, store)
    recogniser = load_trained(run.folder, run.recipe, run.signs)
    judges = list(held_out_runs) or ([run] if run.validation else [])
    readings = [Predictions.of(judge, store, judge.validation) for judge in judges]
    if judges and run.parent is None:  # the few takes that teaching holds out tell too little; its ancestor's stays
        recogniser.temperature.fill_(readings[0].temperature())
    held_out = [HeldOutResult(read.run.description, read.evaluation()) for read in readings]
    takes = {split: _original_takes(run, store, split) for split in ("train", "test")}
    classes = {split: [_class_of(run, take.provenance) for take in takes[split]] for split in takes}
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=f".{to.name}-") as scratch:
        new = Path(scratch) / "bundle"
        new.mkdir()
        fp32 = Path(scratch) / "fp32.onnx"
        export_fp32(recogniser, fp32)
        _check_parity(recogniser, fp32, takes["train"])
        choice = select_network(
            fp32, new / bundles.MODEL, takes["train"], classes["train"], takes["train"][:64], precision
        )
        (new / bundles.LABELS).write_bytes(labels_json(run.signs))
        probe = takes["test"][0] if takes["test"] else takes["train"][0]
        _write_probe(new, probe)
        if teachable:
            ancestor.save_exemplars(new / bundles.EXEMPLARS, recogniser, run, store)
        judged = _judge_test(new, run, takes["test"])
        (new / bundles.CARD).write_text(
            card.write(name, version, run, store, held_out, judged, choice), encoding="utf-8"
        )
        manifest = Manifest(
            name=name,
            version=version,
            parts=frozenset(store.parts),
            landmarker=run.landmarker,
            spotter=SpotterSettings(),
            calibration=Calibration(temperature=float(recogniser.temperature), threshold=threshold),
            accuracy=tuple(_accuracies(held_out, judged)),
            smallest_app_version=SMALLEST_APP_VERSION,
            files={path.name: bundles.sha256_of(path) for path in sorted(new.iterdir())},
        )
        _write_manifest(new, manifest)
        if key is not None:
            sign(new, key)
        _put_in_place(new, to, Path(scratch) / "old")
    return choice


def insert_card_section(folder: Path, heading: str, section: str) -> None:
    """Put a section into the card of a bundle, before what it cannot do, or in the place of one of that heading.

    The manifest then names the new card; a signature, which is of the old one, is removed. Raises BundleRefused.
    """
    manifest = bundles.open_bundle(folder).manifest
    text = (folder / bundles.CARD).read_text(encoding="utf-8")
    start = text.find(f"{heading}\n")
    if start >= 0:
        end = text.find("\n## ", start) + 1 or len(text)
    else:
        start = end = text.find(card.LIMITS) if card.LIMITS in text else len(text)
    parts = (text[:start].rstrip(), section.rstrip(), text[end:])
    told = "\n\n".join(part for part in parts if part).rstrip() + "\n"
    (folder / bundles.CARD).write_text(told, encoding="utf-8")
    files = manifest.files | {bundles.CARD: bundles.sha256_of(folder / bundles.CARD)}
    _write_manifest(folder, manifest.model_copy(update={"files": files}))
    (folder / bundles.SIGNATURE).unlink(missing_ok=True)


def _put_in_place(new: Path, to: Path, aside: Path) -> None:
    """Move a bundle, when it proves to be one, to where it belongs; what was there goes aside."""
    OnnxClassifier(bundles.open_bundle(new))
    if to.exists():
        to.replace(aside)
    shutil.move(new, to)


def _class_of(run: Run, origin: Provenance) -> int:
    return [sign.sign_id for sign in run.signs].index(origin.sign_id or 0)


def _original_takes(run: Run, store: Store, split: str) -> list[Take]:
    """Takes of clips as they were recorded; of training clips an even choice, enough to judge by."""
    numbers = [n for n, row in enumerate(store.rows) if row.provenance.split == split and row.provenance.variant == 0]
    if split == "train":
        numbers = numbers[:: max(1, len(numbers) // _JUDGED_TAKES)]
    known = {sign.sign_id for sign in run.signs}
    return [store.take(number) for number in numbers if store.rows[number].provenance.sign_id in known]


def _check_parity(recogniser: SignClassifier, fp32: Path, takes: Sequence[Take]) -> None:
    answers = predict_takes(fp32, takes[:50])
    for take, answer in zip(takes[:50], answers, strict=False):
        times = torch.tensor(take.times - take.times[0], dtype=torch.float32)
        with torch.no_grad():
            expected = recogniser(torch.from_numpy(take.points)[None], times[None])[0].numpy()
        difference = float(np.abs(expected - answer).max())
        if difference > _LARGEST_DIFFERENCE:
            raise ExportWrong(
                f"the exported network differs from the trained one by {difference:.4f} on {take.provenance.clip}"
            )


def _write_probe(folder: Path, take: Take) -> None:
    times = (take.times - take.times[0]).astype(np.float32)
    answer = predict_takes(folder / bundles.MODEL, [take])[0]
    bundles.write_probe(folder / bundles.PROBE, bundles.Probe(take.points, times, answer))


def _judge_test(folder: Path, run: Run, takes: Sequence[Take]) -> Evaluation | None:
    if not takes:
        return None
    probabilities = predict_takes(folder / bundles.MODEL, takes)
    return evaluate(probabilities, [sign.sign_id for sign in run.signs], [take.provenance for take in takes])


def _accuracies(held_out: Sequence[HeldOutResult], judged: Evaluation | None) -> list[Accuracy]:
    scores = [(held.description, held.evaluation.overall) for held in held_out]
    if judged is not None:
        scores.append(("the data set's test clips", judged.overall))
    return [Accuracy(clips=clips, count=score.count, top1=score.top1, top5=score.top5) for clips, score in scores]


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it as JSON with sorted parts, so that the same bundle is the same bytes."""
    content = manifest.model_dump(mode="json")
    content["parts"] = sorted(content["parts"])
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (folder / bundles.MANIFEST).write_text(f"{text}\n", encoding="utf-8")
