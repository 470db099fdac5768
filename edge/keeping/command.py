"""`ishara-edge learning`: what is kept of the signers of this device, by whose consent; and its deletion."""

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from itertools import groupby

from edge.config import EdgeConfig
from edge.consent.learning_folder import KeptTake, LearningFolder, learning_folder
from edge.consent.session import SESSION_FILE, ConsentSessions
from edge.keeping.refusal import NOTHING_KEPT, LearningRefused
from edge.learned.versions import LearnedVersions
from edge.learning.catalogue import Catalogue
from edge.lifecycle.paths import state_folder
from edge.monitoring.status import DeviceStatus
from landmarkers.consent import Purpose
from models.bundle import LABELS
from models.forgotten import Limits
from models.labels import Sign, read_labels
from models.owner import become_owner
from models.words import find_numbers


def run_learning_command(config: EdgeConfig, options: argparse.Namespace) -> int:
    """Carry out one action and return the exit code.

    Raises LearningRefused, ConsentUnwritable, LabelsDamaged, and what reads a file and learns from it.
    """
    folder = learning_folder(state_folder(os.environ), config.device)
    try:
        if options.action in ("export", "import"):
            from edge.keeping.transfers import export_learned, import_learned_file  # load ONNX Runtime

            print((export_learned if options.action == "export" else import_learned_file)(config, options, folder))
            return 0
        return _carry_out(config, options, LearningFolder(become_owner(folder)))
    except OSError as error:
        raise LearningRefused(f"{folder} cannot be used: {error.strerror}") from error


def _carry_out(config: EdgeConfig, options: argparse.Namespace, folder: LearningFolder) -> int:
    if options.action == "consent":
        return _ask(config, options, folder)
    if options.action == "forget":
        return _forget(config, options, folder)
    if options.action == "undo":
        print(f"version {Catalogue(folder).undo().version} is undone; a running daemon follows within seconds")
        return 0
    takes = _select(folder, options)
    signs = _signs(folder)
    print(_to_json(takes, signs) if options.json else "\n".join(_rows(takes, signs)))
    return 0


def _ask(config: EdgeConfig, options: argparse.Namespace, folder: LearningFolder) -> int:
    """Begin, end or show the consent in force."""
    if config.learning is None:
        raise LearningRefused(NOTHING_KEPT)
    status = DeviceStatus()
    sessions = ConsentSessions(folder.folder, config.learning, status)
    if options.stop:
        sessions.end()
    elif options.person is not None:
        if config.learning.keep == "none":
            raise LearningRefused('takes of words are not kept on this device: keep is "none" in [learning]')
        print(sessions.begin(options.person, Purpose(options.purpose), options.minutes).words)
    keeping = status.keeping
    if keeping is None:
        print("no takes are kept now")
    else:
        until = keeping.until.astimezone().strftime("%Y-%m-%d %H:%M")
        print(f"takes of {keeping.person} are kept until {until}, for the purpose {keeping.purpose}")
    return 0


def _forget(config: EdgeConfig, options: argparse.Namespace, folder: LearningFolder) -> int:
    if not (options.all or options.person or options.word or options.after or options.before):
        raise LearningRefused(
            "name whose takes to delete, or which, with --person, --word, --after or --before; or --all"
        )
    takes = folder.takes() if options.all else _select(folder, options)
    is_limited = options.word or options.after or options.before
    if config.learning is None:  # then no consent can be in force, but the last one may lie there
        (folder.folder / SESSION_FILE).unlink(missing_ok=True)
    else:
        sessions = ConsentSessions(folder.folder, config.learning, DeviceStatus())
        in_force = sessions.current
        if in_force is not None and (options.all or in_force.person == options.person):
            sessions.end()
            print("the consent in force has ended")
    try:
        if takes:
            folder.delete([take.path for take in takes])
        if options.all or not is_limited:
            folder.delete_rest(None if options.all else options.person)
    finally:  # also if the labels are damaged
        LearnedVersions(folder.folder).forget_missing()
    print(f"{_count(len(takes))} deleted, and what was learned from them")
    return 0


def _select(folder: LearningFolder, options: argparse.Namespace) -> list[KeptTake]:
    signs = find_numbers([folder.takes_folder], options.word)
    limits = Limits(signs=signs, after=options.after, before=options.before)
    return [
        take
        for take in folder.takes()
        if options.person in (None, take.person)
        and limits.cover(take.provenance.sign_id, None if take.consent is None else take.consent.asked_at)
    ]


def _signs(folder: LearningFolder) -> dict[int, Sign]:
    labels = folder.takes_folder / LABELS
    return {sign.sign_id: sign for sign in read_labels(labels)} if labels.is_file() else {}


def _rows(takes: Sequence[KeptTake], signs: dict[int, Sign]) -> Iterator[str]:
    """Yield a line for the takes of one sign that one person agreed to at one time."""

    def key(take: KeptTake) -> tuple[str, str, int]:
        consent_id = "" if take.consent is None else take.consent.consent_id
        return take.person or "", consent_id, take.provenance.sign_id or 0

    for (person, _, sign_id), group in groupby(sorted(takes, key=key), key):
        found = list(group)
        consent = found[0].consent
        word = signs[sign_id].full_word if sign_id in signs else f"sign {sign_id}"
        kept = "kept without a consent"
        if consent is not None:
            kept = f"asked {consent.asked_at:%Y-%m-%d} by {consent.asked_by}, for the purpose {consent.purpose}"
            kept = f"{kept}, kept until {consent.expires_at:%Y-%m-%d}"
        yield f"{person or 'nobody named'}: {word}: {_count(len(found))}, {kept}"
    yield f"{_count(len(takes))} in all"


def _to_json(takes: Sequence[KeptTake], signs: dict[int, Sign]) -> str:
    content = []
    for take in takes:
        provenance = take.provenance.as_content()
        sign = signs.get(take.provenance.sign_id or 0)
        content.append(
            {
                "path": str(take.path),
                "person": take.person,
                "sign_id": take.provenance.sign_id,
                "word": None if sign is None else sign.word,
                "consent": provenance.get("consent"),
                "said": provenance.get("said"),
            }
        )
    return json.dumps({"takes": content}, indent=2, ensure_ascii=False)


def _count(takes: int) -> str:
    return "1 take" if takes == 1 else f"{takes} takes"
