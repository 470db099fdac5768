"""Makes a bundle of a run: calibrates, exports, quantises, checks, evaluates and documents its network."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch

from landmarkers.errors import UserError
from landmarkers.parsing import read_json, read_limited
from landmarkers.take import Provenance, Take
from models import bundle as bundles
from models.classifier import OnnxClassifier
from models.keys import PrivateKey
from models.labels import labels_json
from models.manifest import Accuracy, Calibration, Manifest, SpotterSettings
from models.signature import sign
from trainer.bundle import card
from trainer.bundle.card_limits import LIMITS_HEADING
from trainer.bundle.export import export_fp32
from trainer.bundle.quantise import (
    Precision,
    QuantisationData,
    QuantisationResult,
    embed_takes,
    predict_takes,
    select_network,
)
from trainer.bundle.training_facts import Measurement, TrainingFacts
from trainer.data.consents import write_consents
from trainer.data.store import Store
from trainer.evaluation.calibrate import fit_rejection
from trainer.evaluation.metrics import Evaluation, HeldOutResult, evaluate
from trainer.evaluation.predictions import Predictions
from trainer.model.network import SignClassifier, familiarity
from trainer.targets import Kind, names_in, replace_folder
from trainer.training.exemplars import save_exemplars
from trainer.training.run import Run
from trainer.training.run_metadata import RunUnusable
from trainer.training.run_store import check_store, consents_of
from trainer.training.trained_model import load_trained, logits_of

SMALLEST_APP_VERSION: Final = "0.2.0"
_MAX_DIFFERENCE: Final = 1e-3  # of a probability, between torch and fp32 ONNX
_QUANTISATION_TAKES: Final = 400
_CALIBRATION_TAKES: Final = 64
_PARITY_TAKES: Final = 50


def _find_foreign(folder: Path) -> str | None:
    try:
        content = read_json(read_limited(folder / bundles.MANIFEST, bundles.MAX_MANIFEST_BYTES))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict) or not isinstance(files := content.get("files"), dict) or "name" not in content:
        return f"it holds no readable {bundles.MANIFEST} of a bundle"
    others = sorted(names_in(folder) - files.keys() - {bundles.MANIFEST, bundles.SIGNATURE})
    return f"it holds {others[0]}" if others else None


BUNDLE: Final = Kind("a bundle", _find_foreign, is_replaced=True)


class ExportWrong(UserError):
    """Reports an exported network whose outputs differ from the trained one's; the message says by how much."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The name and settings of a bundle. With a key it is signed; without exemplars it cannot be fine-tuned.

    `about` and `terms` are Markdown for the card: where the clips come from, and what they may be used for.
    """

    name: str
    version: int
    threshold: float
    precision: Precision = Precision.INT8
    with_exemplars: bool = True
    key: PrivateKey | None = None
    about: str | None = None
    terms: str | None = None


def make_bundle(
    run: Run,
    store: Store,
    held_out_runs: Sequence[Run],
    to: Path,
    options: ExportOptions,
    unknown: Sequence[Take] = (),
) -> QuantisationResult:
    """Write the bundle of a run; return the figures of the networks that were compared and the one selected.

    `held_out_runs` are runs of the same recipe with held-out clips. The first one fits the temperature, and the results
    of all go into the card; a run that held clips out itself may serve instead. All must be trained on this store.
    Takes of `unknown` signs, on which none was trained, fit the rejection of such signs. The bundle is put in place
    only when it is complete. Raises RunUnusable, ExportWrong, QuantisationHarmful, TargetRefused.
    """
    for one in (run, *held_out_runs):
        check_store(one, store)
    classifier = load_trained(run.folder, run.recipe, run.signs)
    validated = list(held_out_runs) or ([run] if run.validation else [])
    predictions = [Predictions.of(one, store, one.validation) for one in validated]
    _calibrate(classifier, run, predictions, unknown)
    held_out = [HeldOutResult(one.run.description, one.evaluation()) for one in predictions]
    takes = {split: _recorded_takes(run, store, split) for split in ("train", "test")}
    with replace_folder(to, BUNDLE) as new, tempfile.TemporaryDirectory(prefix="ishara-") as scratch:
        result = _write_network(new, Path(scratch) / "fp32.onnx", run, classifier, takes["train"], options.precision)
        (new / bundles.LABELS).write_bytes(labels_json(run.signs))
        _write_probe(new, takes["test"][0] if takes["test"] else takes["train"][0])
        write_consents(new, consents_of(run, store))
        if options.with_exemplars:
            embed = partial(embed_takes, new / bundles.MODEL)
            save_exemplars(new / bundles.EXEMPLARS, classifier, run, store, embed)
        test = _evaluate_test(new, run, takes["test"])
        facts = TrainingFacts.of(run, store, _measurements(run, store, predictions, takes["test"]))
        content = card.CardContent(
            run, store, facts, held_out, test, result, options.about, options.terms, options.with_exemplars,
            is_own_held_out=not held_out_runs, rejected=len(unknown),
        )  # fmt: skip
        (new / bundles.CARD).write_text(card.write_card(options.name, options.version, content), encoding="utf-8")
        manifest = Manifest(
            name=options.name,
            version=options.version,
            parts=frozenset(store.parts),
            landmarker=run.landmarker,
            spotter=SpotterSettings(),
            calibration=Calibration(temperature=float(classifier.temperature), threshold=options.threshold),
            accuracy=tuple(_accuracies(held_out, test)),
            smallest_app_version=SMALLEST_APP_VERSION,
            files={path.name: bundles.sha256_of(path) for path in sorted(new.iterdir())},
        )
        _write_manifest(new, manifest)
        if options.key is not None:
            sign(new, options.key)
        OnnxClassifier(bundles.open_bundle(new))
    return result


def _calibrate(
    classifier: SignClassifier, run: Run, predictions: Sequence[Predictions], unknown: Sequence[Take]
) -> None:
    """Set the temperature by the first predictions, and the rejection of unknown signs by all. Raises RunUnusable."""
    # The few takes that fine-tuning holds out are not enough to fit a temperature; the parent's is kept.
    if predictions and run.parent is None:
        classifier.temperature.fill_(predictions[0].temperature())
        if unknown:
            classifier.rejection.copy_(torch.tensor(_fit_rejection(predictions, unknown)))
    elif unknown:
        raise RunUnusable(
            f"{run.folder} was fine-tuned, and keeps the rejection of its parent; leave --unknown out"
            if run.parent
            else f"{run.folder} held no clip out, to which rejection is fitted as well; name --held-out-runs"
        )


def _fit_rejection(predictions: Sequence[Predictions], unknown: Sequence[Take]) -> tuple[float, float]:
    """Fit the rejection to held-out clips that were classified correctly and to takes of unknown signs.

    Raises RunUnusable where there is none of the former, and for takes of another landmarker.
    """
    run = predictions[0].run
    for one in unknown:
        if one.provenance.landmarker != run.landmarker:
            raise RunUnusable(
                f"the take of {one.provenance.clip} holds landmarks of {one.provenance.landmarker}, and {run.folder} "
                f"was trained on those of {run.landmarker}; extract it anew"
            )
    known = [one.logits[one.logits.argmax(-1) == one.targets] for one in predictions]
    if not sum(map(len, known)):
        raise RunUnusable(f"{run.folder} classifies no held-out clip correctly, so rejection cannot be fitted")
    others = [logits_of(load_trained(one.run.folder, one.run.recipe, one.run.signs), unknown) for one in predictions]
    return fit_rejection(familiarity(torch.cat(known)), familiarity(torch.cat(others)))


def insert_card_section(folder: Path, heading: str, section: str) -> None:
    """Insert a section into the card of a bundle before its limits, or replace the section of that heading.

    The manifest is updated; the signature, which is of the old card, is removed. Raises BundleRefused, TargetRefused.
    """
    manifest = bundles.open_bundle(folder).manifest
    text = (folder / bundles.CARD).read_text(encoding="utf-8")
    start = text.find(f"{heading}\n")
    if start >= 0:
        end = text.find("\n## ", start) + 1 or len(text)
    else:
        start = end = text.rfind(f"\n{LIMITS_HEADING}\n") + 1 or len(text)
    parts = (text[:start].rstrip(), section.rstrip(), text[end:])
    updated = "\n\n".join(part for part in parts if part).rstrip() + "\n"
    with replace_folder(folder, BUNDLE) as new:
        for name in sorted(names_in(folder) - {bundles.SIGNATURE}):
            shutil.copyfile(folder / name, new / name)
        (new / bundles.CARD).write_text(updated, encoding="utf-8")
        files = manifest.files | {bundles.CARD: bundles.sha256_of(new / bundles.CARD)}
        _write_manifest(new, manifest.model_copy(update={"files": files}))


def _write_network(
    new: Path, fp32: Path, run: Run, classifier: SignClassifier, takes: Sequence[Take], precision: Precision
) -> QuantisationResult:
    """Export the network to fp32, check it, and write the selected quantised network into the new bundle."""
    export_fp32(classifier, fp32)
    _check_parity(classifier, fp32, takes[:_PARITY_TAKES])
    classes = [_class_of(run, take.provenance) for take in takes]
    data = QuantisationData(takes, classes, takes[:_CALIBRATION_TAKES])
    return select_network(fp32, new / bundles.MODEL, data, precision)


def _class_of(run: Run, provenance: Provenance) -> int:
    return [sign.sign_id for sign in run.signs].index(provenance.sign_id or 0)


def _recorded_takes(run: Run, store: Store, split: str) -> list[Take]:
    """Return the takes of unchanged clips; of training clips an even selection that is large enough to measure on."""
    numbers = [n for n, row in enumerate(store.rows) if row.provenance.split == split and row.provenance.variant == 0]
    if split == "train":
        numbers = numbers[:: max(1, len(numbers) // _QUANTISATION_TAKES)]
    known = {sign.sign_id for sign in run.signs}
    return [store.take(number) for number in numbers if store.rows[number].provenance.sign_id in known]


def _check_parity(classifier: SignClassifier, fp32: Path, takes: Sequence[Take]) -> None:
    for take, exported in zip(takes, predict_takes(fp32, takes), strict=True):
        times = torch.tensor(take.times - take.times[0], dtype=torch.float32)
        with torch.no_grad():
            expected = classifier(torch.from_numpy(take.points)[None], times[None])[0].numpy()
        difference = float(np.abs(expected - exported).max())
        if difference > _MAX_DIFFERENCE:
            raise ExportWrong(
                f"the exported network differs from the trained one by {difference:.4f} on {take.provenance.clip}; "
                "install the versions of torch and onnxruntime that requirements/ names"
            )


def _write_probe(folder: Path, take: Take) -> None:
    times = (take.times - take.times[0]).astype(np.float32)
    probabilities = predict_takes(folder / bundles.MODEL, [take])[0]
    bundles.write_probe(folder / bundles.PROBE, bundles.Probe(take.points, times, probabilities))


def _evaluate_test(folder: Path, run: Run, takes: Sequence[Take]) -> Evaluation | None:
    if not takes:
        return None
    probabilities = predict_takes(folder / bundles.MODEL, takes)
    return evaluate(probabilities, run.signs, [take.provenance for take in takes])


def _measurements(run: Run, store: Store, held_out: Sequence[Predictions], test: Sequence[Take]) -> list[Measurement]:
    """Return what each network that the card tells of was trained on, and what it was measured on."""
    measured = [(one.run, one.provenances) for one in held_out]
    measured.append((run, tuple(take.provenance for take in test)))
    return [
        Measurement(tuple(store.rows[number].provenance for number in one.train), provenances)
        for one, provenances in measured
    ]


def _accuracies(held_out: Sequence[HeldOutResult], test: Evaluation | None) -> list[Accuracy]:
    scores = [(result.description, result.evaluation.overall) for result in held_out]
    if test is not None:
        scores.append(("the data set's test clips", test.overall))
    return [Accuracy(clips=clips, count=score.count, top1=score.top1, top5=score.top5) for clips, score in scores]


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest as JSON with sorted parts, so that equal bundles have equal bytes."""
    content = manifest.model_dump(mode="json")
    content["parts"] = sorted(content["parts"])
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (folder / bundles.MANIFEST).write_text(f"{text}\n", encoding="utf-8")
