"""The list of what a device has learned."""

from pathlib import Path

import pytest

from edge.consent.learning_folder import LearningFolder
from edge.learned.versions import Change
from edge.learning.catalogue import Catalogue
from landmarkers.take import StoredTake
from tests.consented_takes import OWN, consent, keep


def test_list_of_many_takes_reads_no_landmarks_since_commands_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = LearningFolder(tmp_path)
    catalogue = Catalogue(folder)
    paths = [keep(folder.takes_folder, consent("amal"), OWN, number, shape=0) for number in range(3)]
    names = [catalogue.versions.name_of(path) for path in paths]
    catalogue.versions.apply(Change("taught", OWN, "amal", (OWN,), names), lambda _: None)
    monkeypatch.setattr(StoredTake, "load", lambda *_: pytest.fail("a whole take is read"))
    for _ in range(2):
        (sign,) = catalogue.list(set()).signs
        assert [take.seconds for take in sign.takes] == [1.0, 1.0, 1.0]
