"""Takes that people agreed to have kept, in a folder as a device keeps them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from landmarkers.consent import Consent, Purpose
from landmarkers.take import TAKE_SUFFIX, Provenance
from models.labels import Sign, labels_json
from models.sign_number import number_of_word
from tests.synthetic_takes import LANDMARKER, make_take

THIRD = Sign(sign_id=1077, word="شاي", word_en="tea", kind="word")
KNOWN = Sign(sign_id=76, word="قصبة هوائية", word_en="trachea", kind="word")
OWN = Sign(sign_id=number_of_word("قهوة"), word="قهوة", word_en="Coffee", kind="word")


def consent(
    person: str, purpose: Purpose = Purpose.TRAINING, *, days_ago: float = 1.0, days: int = 30, number: int = 0
) -> Consent:
    """Return a consent; those of one person with one number are one."""
    return Consent(
        consent_id=f"{int.from_bytes(person.encode()) + number:032x}"[-32:],
        person=person,
        asked_by="reception",
        asked_at=datetime.now(UTC) - timedelta(days=days_ago),
        purpose=purpose,
        words="May we keep your signing?",
        days=days,
    )


def keep(folder: Path, agreed: Consent | None, sign: Sign, number: int, *, shape: int, signer: str = "") -> Path:
    """Save a take of this shape, beside the labels."""
    person = agreed.person if agreed else signer
    name = f"{person}/train/{sign.sign_id:04}/{number:02}"
    provenance = Provenance(name, LANDMARKER, person, "train", sign.sign_id, consent=agreed)
    path = folder / f"{name}{TAKE_SUFFIX}"
    make_take(shape, seed=shape, provenance=provenance).save(path)
    (folder / "labels.json").write_bytes(labels_json((KNOWN, THIRD, OWN)))
    return path
