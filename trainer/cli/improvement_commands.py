"""Runs `ishara-trainer improve`."""

import argparse
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from landmarkers.errors import UserError
from landmarkers.take import Take, read_provenance
from models.bundle import LABELS, Bundle, open_bundle
from models.keys import PrivateKey
from models.signature import sign
from trainer.bundle.bundling import BUNDLE, ExportOptions, insert_card_section, make_bundle
from trainer.cli.training_commands import check_fine_tuning, fine_tune_model
from trainer.data.store import find_takes
from trainer.data.take_labels import read_take_labels
from trainer.evaluation.evaluation import NothingToEvaluate
from trainer.evaluation.improvement import Improvement, compare_bundles
from trainer.reports import improvement_report, improvement_text
from trainer.targets import check_folder, names_in, replace_folder, write_file
from trainer.training.fine_tune_data import prepare_fine_tune_data
from trainer.training.parent_model import open_parent_model
from trainer.training.run import Run, open_run
from trainer.training.training_data import TrainingData


class NotImproved(UserError):
    """A fine-tuned bundle that is worse than its parent, or of which that cannot be known; the message says where."""


def run_improve(options: argparse.Namespace) -> int:
    """Fine-tune a bundle on takes of devices, compare both, and write the new one unless it is worse."""
    key = None if options.key is None else PrivateKey.read(options.key)  # before the work that would be lost
    devices = devices_in(options.takes)
    options.takes = list(devices.values())
    check_fine_tuning(options, options.tests)
    check_folder(options.to, BUNDLE, [options.parent, options.run, *options.takes, *options.tests])
    old, parent = open_bundle(options.parent), open_parent_model(options.parent)
    tests = {name: _test_takes(folder, old) for name, folder in _by_name(options.tests).items()}
    data = prepare_fine_tune_data(parent, options.takes, options.labels, options.run, options.store, hold_out=True)
    if not data.split.validation and not tests:
        raise NotImproved(
            "no take would be held out to compare the models on; give four takes or more of a sign by one person, or "
            "folders of test clips with --tests"
        )
    fine_tune_model(parent, data, options)
    run = open_run(options.run)
    with tempfile.TemporaryDirectory(prefix="ishara-") as scratch:
        candidate = Path(scratch) / "bundle"
        make_bundle(run, data.store, [], candidate, _export_options(old, options))
        improvement = _compare(run, data, old, open_bundle(candidate), devices, tests)
        print(improvement_text.to_table(improvement))
        if options.html is not None:
            write_file(options.html, improvement_report.to_html(improvement, run))
        if improvement.worse:
            raise NotImproved(improvement_text.refusal(improvement))
        section = improvement_text.to_card_section(improvement)
        insert_card_section(candidate, improvement_text.CARD_HEADING, section)
        _publish(candidate, options.to, key)
    signed = "not signed (--key signs it)" if key is None else f"signed by {key.name} ({key.id})"
    allowed = " --allow-labels" if len(run.signs) > len(old.signs) else ""  # the devices ask for it
    print(f"wrote {options.to}, {signed}; `ishara-deploy push {options.to}{allowed}` brings it to the devices")
    return 0


def devices_in(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the folders of takes by the name of their device: each is a device's own, or holds those of several.

    A folder is a device's own if its labels lie in it.
    """
    found: list[Path] = []
    for folder in folders:
        inner = [] if (folder / LABELS).is_file() else sorted(path.parent for path in folder.glob(f"*/{LABELS}"))
        found += inner or [folder]
    return _by_name(found)


def _by_name(folders: Sequence[Path]) -> dict[str, Path]:
    """Return folders by their own names, or by their paths where two have one name."""
    names = [folder.resolve().name for folder in folders]
    return {
        name if names.count(name) == 1 else str(folder): folder for name, folder in zip(names, folders, strict=True)
    }


def _test_takes(folder: Path, old: Bundle) -> list[Path]:
    """Return the takes of a folder's test clips whose signs the old bundle knows. Raises NothingToEvaluate."""
    read_take_labels([folder], None, (old.manifest.title, old.signs))
    known = {one.sign_id for one in old.signs}
    found = []
    for path in find_takes([folder]):
        provenance = read_provenance(path)
        if provenance.split == "test" and provenance.variant == 0 and provenance.sign_id in known:
            found.append(path)
    if not found:
        raise NothingToEvaluate(f"{folder} holds no take of a test clip of a sign that {old.manifest.title} knows")
    return found


def _export_options(old: Bundle, options: argparse.Namespace) -> ExportOptions:
    """Return the settings of the new bundle: unless others are named, the old one's and the version after it."""
    return ExportOptions(
        options.name or old.manifest.name,
        options.version or old.manifest.version + 1,
        old.manifest.calibration.threshold,
        about=options.about,
        terms=options.terms,
    )


def _compare(
    run: Run,
    data: TrainingData,
    old: Bundle,
    new: Bundle,
    devices: Mapping[str, Path],
    tests: Mapping[str, Sequence[Path]],
) -> Improvement:
    owners: dict[Path, str] = {}
    for name, folder in devices.items():
        for path in find_takes([folder]):
            owners.setdefault(path, name)
    # The store has the rehearsed takes first, and then those of the devices in the order in which they are found.
    device_of_row = dict(enumerate(owners.values(), run.rehearsed_takes))
    store, held_out = data.store, data.split.validation
    origins = [store.rows[number].provenance for number in range(run.rehearsed_takes)]
    rehearsed = [number for number, one in enumerate(origins) if one.variant == 0 and one.sign_id is not None]
    return compare_bundles(
        old,
        new,
        {name: [store.take(number) for number in held_out if device_of_row[number] == name] for name in devices},
        {name: map(Take.load, paths) for name, paths in tests.items()},
        map(store.take, rehearsed),
        sum(one.consent is not None and one.review is None for one in map(read_provenance, owners)),
    )


def _publish(candidate: Path, to: Path, key: PrivateKey | None) -> None:
    """Put the finished bundle in its place, signed if there is a key. Raises TargetRefused."""
    with replace_folder(to, BUNDLE) as new:
        for name in sorted(names_in(candidate)):
            shutil.copyfile(candidate / name, new / name)
        if key is not None:
            sign(new, key)
        open_bundle(new)
