"""The parsers of `landmarkers` and `models`: takes, bundles, keys, the store."""

import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.config import SHIPPED_MODEL
from landmarkers.consent import Consent
from landmarkers.parsing import read_json
from landmarkers.review import Review
from landmarkers.take import StoredTake, Take, TakeDamaged, read_duration
from models.bundle import BundleRefused, open_bundle, sha256_of
from models.bundle_source import BUNDLE_FILES
from models.journal import Journal
from models.keys import KeyUnusable, PrivateKey, PublicKey, generate_keys
from models.labels import LabelsDamaged, Sign, read_labels
from models.learned import LearnedDamaged, LearnedHead, parse_head, read_head, write_head
from models.learned.cohort import Cohort
from models.signature import TrustedKeys, sign
from models.store import BundleStore
from models.tar_listing import TarRefused, list_files
from tests.edge.tiny_bundle import write_bundle
from tests.fuzz.archives import hostile_npz, hostile_tar
from tests.fuzz.mutations import hostile_bytes, hostile_json
from tests.fuzz.parser import Parse, Parser, in_file, in_memory
from tests.models.stock import pack
from tests.synthetic_takes import make_take

_REVIEW = b'{"verdict": "rejected", "decided_at": "2026-11-29T17:00:00Z", "original_sign_id": 76}'


def take_files(folder: Path) -> list[bytes]:
    """Return the files of some takes."""
    for shape in range(2):
        make_take(shape).save(folder / f"{shape}.take.npz")
    return [path.read_bytes() for path in sorted(folder.glob("*.take.npz"))]


def parsers(scratch: Path) -> list[Parser]:
    """Return the parsers; valid examples are made in a scratch folder."""
    bundle = write_bundle(scratch / "bundle")
    private, public = (path.read_bytes() for path in generate_keys(scratch, "workshop"))
    other = generate_private_key(SECP256R1()).public_key()
    other_public = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    sign(bundle, PrivateKey.read(scratch / "workshop.key"))
    takes = take_files(scratch / "takes")
    manifests = [(folder / "manifest.json").read_bytes() for folder in (bundle, SHIPPED_MODEL)]
    contents = {path.name: [path.read_bytes()] for path in bundle.iterdir()}
    tar = [pack(bundle).read_bytes()]
    refused = (BundleRefused,)
    return [
        Parser("take", takes, hostile_npz, in_file("a.take.npz", Take.load), (TakeDamaged,)),
        Parser("stored take", takes, hostile_npz, in_file("a.take.npz", _read_frames), (TakeDamaged,)),
        Parser("length of a take", takes, hostile_npz, in_file("a.take.npz", read_duration), (TakeDamaged,)),
        Parser("consent", [_consent()], hostile_json, in_memory(_expiry), (ValueError,)),
        Parser("review", [_REVIEW], hostile_json, in_memory(_review), (ValueError,)),
        Parser("manifest", manifests, hostile_json, partial(_in_bundle, "manifest.json", open_bundle), refused),
        Parser("labels", contents["labels.json"], hostile_json, in_file("labels.json", read_labels), (LabelsDamaged,)),
        Parser("probe", contents["probe.npz"], hostile_npz, partial(_in_bundle, "probe.npz", open_bundle), refused),
        Parser("signature", contents["manifest.sig"], hostile_json, partial(_verifying, public, private), refused),
        Parser("public key", [public, other_public], hostile_bytes, in_file("a.pub", PublicKey.read), (KeyUnusable,)),
        Parser("private key", [private, public], hostile_bytes, in_file("a.key", PrivateKey.read), (KeyUnusable,)),
        Parser("revoked keys", [b"workshop\n# lost\n"], hostile_bytes, _trusting, refused),
        Parser("journal", [_journal()], hostile_json, _mending),
        Parser("learned", [_learned()], hostile_npz, in_file("learned.npz", _recognise), (LearnedDamaged,)),
        Parser("learned, for visitors", [_learned()], hostile_npz, in_memory(parse_head), (LearnedDamaged,)),
        Parser("tar of a bundle", tar, hostile_tar, in_memory(_list_tar), (TarRefused,)),
    ]


def _learned() -> bytes:
    embeddings = np.random.default_rng(1).normal(size=(4, 5)).astype(np.float32)
    signs = tuple(Sign(sign_id=number, word=str(number), word_en=str(number)) for number in range(3))
    return write_head(LearnedHead("0" * 64, signs, Cohort.of(embeddings[:2], [0, 1]), embeddings[2:], np.array([1, 2])))


def _recognise(path: Path) -> None:
    head = read_head(path)
    head.adjust(np.array([0.5, 0.3, 0.2], np.float32), head.embeddings[0])


def _read_frames(path: Path) -> None:
    for _ in StoredTake.load(path).landmarks():
        pass


def _consent() -> bytes:
    consent = {"person": "مريم", "asked_by": "Reception", "asked_at": "2026-11-29T17:00:00Z", "words": "May we?"}
    return json.dumps(consent | {"consent_id": "0" * 32, "purpose": "training", "days": 30}).encode()


def _review(content: bytes) -> object:
    return Review.model_validate(read_json(content)).decided_at


def _expiry(content: bytes) -> object:
    """Return when takes with the consent in a take's header are to be deleted."""
    return Consent.model_validate(read_json(content)).expires_at


def _in_bundle(name: str, parse: Callable[[Path], object], folder: Path) -> Parse:
    """Return a parser of one file of a bundle, whose manifest has the right digest of it."""
    bundle = write_bundle(folder / "bundle")
    manifest = json.loads((bundle / "manifest.json").read_text())

    def write_and_parse(content: bytes) -> object:
        (bundle / name).write_bytes(content)
        if name in manifest["files"]:
            manifest["files"][name] = sha256_of(bundle / name)
            (bundle / "manifest.json").write_text(json.dumps(manifest))
        return parse(bundle)

    return write_and_parse


def _verifying(public: bytes, private: bytes, folder: Path) -> Parse:
    """Return the verification of a signature of the bundle that the key has signed."""
    bundle = write_bundle(folder / "bundle")
    (folder / "workshop.pub").write_bytes(public)
    (folder / "workshop.key").write_bytes(private)
    sign(bundle, PrivateKey.read(folder / "workshop.key"))

    def write_and_verify(content: bytes) -> object:
        (bundle / "manifest.sig").write_bytes(content)
        return TrustedKeys.read(folder).verify(bundle)

    return write_and_verify


def _trusting(folder: Path) -> Parse:
    generate_keys(folder, "workshop")
    return in_file("revoked", lambda path: TrustedKeys.read(path.parent).trusted)(folder)


def _journal() -> bytes:
    journal = Journal().activate("tiny-3-00000000", None).activate("tiny-4-00000000", "tiny-3-00000000")
    return journal.count_start("tiny-4-00000000").mark_proven("tiny-3-00000000").model_dump_json().encode()


def _mending(folder: Path) -> Parse:
    """Return the steps with the journal that the daemon takes; each journal is read, and written anew."""

    def mend(path: Path) -> None:
        store = BundleStore(path.parent)
        store.mend_journal()
        store.installed(), store.events(), store.probation()
        for damaged in folder.glob("*.damaged*"):
            damaged.unlink()

    return in_file("journal.json", mend)(folder)


def _list_tar(content: bytes) -> object:
    return list_files(io.BytesIO(content), BUNDLE_FILES)
