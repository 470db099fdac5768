from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.consent.learning_folder import LearningFolder
from edge.consent.retention import Retention
from edge.monitoring.status import Component, DeviceStatus
from landmarkers.consent import Consent, Purpose
from landmarkers.take import Provenance
from tests.edge.consent.desk import TAKES
from tests.edge.tiny_bundle import SIGNS
from tests.edge.waiting import wait_until
from tests.synthetic_takes import make_take


def test_takes_are_deleted_when_their_days_are_over_and_others_stay(tmp_path: Path) -> None:
    folder, deleted = LearningFolder(tmp_path / "learning-entrance"), list[Path]()
    for number, days_ago in enumerate((31, 29)):
        consent = Consent(
            person="مريم",
            asked_by="Reception",
            asked_at=datetime.now(UTC) - timedelta(days=days_ago),
            purpose=Purpose.DEVICE,
            words="May we?",
            days=30,
        )
        folder.save(TAKES[number].stored(), SIGNS[number], consent)
    make_take(provenance=Provenance("own", "other")).save(folder.takes_folder / "own.take.npz")
    unfinished = folder.takes_folder / "مريم" / "train" / "0076" / ".02.take.npz.new"  # of a daemon that was killed
    unfinished.write_bytes(b"PK")
    assert Retention.is_needed(tmp_path)
    retention = Retention(tmp_path, deleted.append, DeviceStatus().escalation(Component.DAEMON))
    wait_until(lambda: deleted == [folder.folder], "the deletion")
    retention.close()
    assert not unfinished.exists()
    assert [take.provenance.sign_id for take in folder.takes()] == [SIGNS[1].sign_id, None]


def test_device_that_has_kept_nothing_needs_none(tmp_path: Path) -> None:
    assert not Retention.is_needed(tmp_path / "missing")
