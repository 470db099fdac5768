"""The parsers of `deploy` and `trainer`: inventories, reports of devices, bundles to push, runs, stores."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from deploy.artifact import ArtifactUnusable, open_artifact
from deploy.collected_folder import CollectedFolder, CollectionDamaged
from deploy.collection import Listing
from deploy.image import card_settings
from deploy.inventory import InventoryInvalid, load_inventory
from deploy.status import read
from edge.installation.machine import StepFailed
from edge.sinks.web.movement import movement_of
from landmarkers.layout import DEFAULT_PARTS
from landmarkers.recording import RecordingUnreadable
from models.bundle import MANIFEST
from models.forgotten import FORGOTTEN, ForgottenDamaged, ForgottenPeople, Limits
from models.label_file import LabelFileUnusable
from models.labels import LabelsDamaged, Sign
from models.words import WordsUnclear, find_signs
from tests.consented_takes import consent
from tests.edge.tiny_bundle import write_bundle
from tests.fuzz.archives import hostile_npz
from tests.fuzz.mutations import hostile_bytes, hostile_json
from tests.fuzz.parser import Parse, Parser, in_file, in_memory
from tests.synthetic_takes import make_take
from tests.trainer.data.test_label_file import write_xlsx
from tests.trainer.pose_files import moving, pose_bytes
from tests.trainer.training.test_run import content
from trainer.data.clip import DatasetUnreadable
from trainer.data.consents import CONSENTS, ConsentsDamaged, read_consents
from trainer.data.holistic_pose import read_landmarks
from trainer.data.label_file import read_label_file
from trainer.data.layouts import clip_list, wlasl
from trainer.data.layouts.content import Entry, Kind
from trainer.data.store import Store, StoreUnusable
from trainer.data.store_builder import build_store
from trainer.review.review_view import Decision
from trainer.training.exemplars import load_exemplars
from trainer.training.recipe import RECIPES
from trainer.training.run import open_run
from trainer.training.run_metadata import RunUnusable

_REPORT = {
    "release": "0.1.0-aaaaaaaa",
    "service": {"LoadState": "loaded", "ActiveState": "active", "StatusText": "the camera is lost; last word x"},
    "metrics": {"model": "tiny@3", "ishara_frames_per_second": 14.9, "ishara_last_word_timestamp_seconds": 1.7e9},
    "celsius": 50.1,
    "models": {
        "installed": [{"name": "tiny-3-00000000", "current": True}],
        "probation": None,
        "events": [{"what": "rolled back", "reason": "it is slow"}],
    },
}
_CARD = b"name = ishara-2\r\nwifi = Home\nwifi-password = password\nwifi-country = JO\n# ssh-key = none\n"
_INVENTORY = b"""
trusted_keys = ["a.pub"]
[app]
wheel = "dist/ishara-0.2.0-py3-none-any.whl"
lock = "web.txt"
[defaults]
user = "pi"
values = { camera = "/dev/video0" }
[hosts.entrance]
address = "10.0.0.1"
canary = true
"""
_AGREED = consent("maryam")
_LISTING = {
    "labels": '[{"sign_id": 76, "word": "قهوة", "word_en": "Coffee"}]',
    "consents": {_AGREED.consent_id: _AGREED.model_dump(mode="json")},
    "takes": [
        {"path": "a.take.npz", "sha256": "0" * 64, "bytes": 1, "sign_id": 76, "consent_id": _AGREED.consent_id},
    ],
}
_COLLECTED = {"format": 1, "takes": {"0" * 64: {"sha256": "1" * 64, "sign_id": 76}}}
_CLIPS = "path,word,signer,split,english\nclips.csv.d,قهوة,p2,train,Coffee\n".encode()
_WLASL = b'[{"gloss": "book", "instances": [{"video_id": "69241", "signer_id": 118, "split": "train"}]}]'

_LABELS = "number,arabic,english,kind\n7,قهوة,Coffee,word\n,شكرا,Thanks,\n".encode()
_DECISION = '{"verdict": "accepted", "word": "شاي=Tea"}'.encode()
_NO_LABELS = (LabelFileUnusable, LabelsDamaged, DatasetUnreadable)


def parsers(scratch: Path) -> list[Parser]:
    """Return the parsers; valid examples are made in a scratch folder."""
    manifest = [(write_bundle(scratch / "pushed") / MANIFEST).read_bytes()]
    rows = ["number", "arabic", "english"], [7.0, "قهوة", "Coffee"]
    workbook = write_xlsx(scratch / "labels.xlsx", *rows).read_bytes()
    refused, unreadable = (StoreUnusable,), (RecordingUnreadable,)
    reports = [json.dumps(_REPORT).encode()]
    collected, consents = [json.dumps(_COLLECTED).encode()], [json.dumps([_AGREED.consent_id]).encode()]
    unlisted, unreadable_list, forgetful = (StepFailed, LabelsDamaged), (CollectionDamaged,), (ForgottenDamaged,)
    return [
        Parser("inventory", [_INVENTORY], hostile_bytes, in_file("fleet.toml", load_inventory), (InventoryInvalid,)),
        Parser("settings of a card", [_CARD], hostile_bytes, in_memory(card_settings.parse)),
        Parser("report of a device", reports, hostile_json, in_memory(_read_report), (StepFailed,)),
        Parser("list of takes", [json.dumps(_LISTING).encode()], hostile_json, in_memory(_read_listing), unlisted),
        Parser("collected takes", collected, hostile_json, in_file("collected.json", _read_collected), unreadable_list),
        Parser("forgotten people", [_forgotten()], hostile_json, in_file(FORGOTTEN, _read_forgotten), forgetful),
        Parser("consents of a bundle", consents, hostile_json, in_file(CONSENTS, _read_consents), (ConsentsDamaged,)),
        Parser("manifest to push", manifest, hostile_json, in_file(MANIFEST, _pack), (ArtifactUnusable,)),
        Parser("metadata of a run", [_run()], hostile_json, in_file("run.json", _open_run), (RunUnusable,)),
        Parser("exemplars", [_exemplars()], hostile_npz, in_file("exemplars.npz", _read_exemplars), (ValueError,)),
        Parser("list of clips", [_CLIPS], hostile_bytes, in_file("clips.csv", clip_list.read), (DatasetUnreadable,)),
        Parser("labels", [_LABELS, workbook], hostile_bytes, in_file("labels.csv", read_label_file), _NO_LABELS),
        Parser("workbook of labels", [workbook], hostile_npz, in_file("labels.xlsx", read_label_file), _NO_LABELS),
        Parser("decision about a take", [_DECISION], hostile_json, in_memory(_decide), (ValueError, WordsUnclear)),
        Parser("WLASL's list", [_WLASL], hostile_json, in_file("WLASL.json", _read_wlasl), (DatasetUnreadable,)),
        Parser("pose file", [pose_bytes(*moving())], hostile_bytes, in_file("a.pose", read_landmarks), unreadable),
        Parser("index of a store", [_store(scratch, "index.npz")], hostile_npz, _in_store("index.npz"), refused),
        Parser("points of a store", [_store(scratch, "points.npy")], hostile_bytes, _in_store("points.npy"), refused),
    ]


def _read_listing(content: bytes) -> object:
    return Listing.read(content.decode(errors="replace")).signs()


def _read_collected(path: Path) -> object:
    return CollectedFolder(path.parent, "entrance").has("1" * 64)


def _forgotten() -> bytes:
    people = ForgottenPeople().joined_by("maryam", Limits(), frozenset({_AGREED.consent_id}), _AGREED.asked_at)
    return people.model_dump_json().encode()


def _read_forgotten(path: Path) -> object:
    return ForgottenPeople.read(path.parent).contain(_AGREED, 76)


def _read_consents(path: Path) -> object:
    return read_consents(path.parent)


def _read_wlasl(path: Path) -> object:
    return wlasl.read([Entry(path, (path.name,), Kind.OTHER)])


def _decide(content: bytes) -> object:
    word = Decision.model_validate_json(content).word
    return None if word is None else find_signs([word], [Sign(sign_id=7, word="قهوة", word_en="Coffee")])


def _run() -> bytes:
    return json.dumps(content() | {"starts": [{"epoch": 0}]}).encode()


def _open_run(path: Path) -> object:
    run = open_run(path.parent)
    return run.parent


def _read_exemplars(path: Path) -> object:
    """Read a memory as fine-tuning does, and its movements as the dictionary of the live page does."""
    return [movement_of(take) for take in load_exemplars(path).takes]


def _exemplars() -> bytes:
    metadata = {
        "format": 1,
        "recipe": RECIPES["trial"].as_content(),
        "parts": ["right_hand"],
        "provenance": [{"clip": "a", "landmarker": "synthetic", "sign_id": 76}],
    }
    arrays: dict[str, Any] = {
        "metadata": np.array(json.dumps(metadata)),
        "points": np.zeros((3, 21, 3), np.int16),
        "times": np.arange(3, dtype=np.float32),
        "ends": np.array([3]),
        "weight/a": np.zeros((2, 2), np.float16),
    }
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **arrays)
    return packed.getvalue()


def _store(scratch: Path, name: str) -> bytes:
    return (_build_store(scratch) / name).read_bytes()


def _build_store(folder: Path) -> Path:
    make_take().save(folder / "a.take.npz")
    build_store([folder / "a.take.npz"], DEFAULT_PARTS, folder / "takes.store")
    return folder / "takes.store"


def _in_store(name: str) -> Callable[[Path], Parse]:
    """Return the preparation of a parser of one file of a store."""

    def prepare(folder: Path) -> Parse:
        store = _build_store(folder)

        def write_and_parse(content: bytes) -> object:
            (store / name).unlink()  # the old one may be mapped into memory
            (store / name).write_bytes(content)
            return Store(store).take(0)

        return write_and_parse

    return prepare


def _read_report(content: bytes) -> object:
    return read("entrance", content.decode(errors="replace"))


def _pack(manifest: Path) -> object:
    return open_artifact(manifest.parent)
