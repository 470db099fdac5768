from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.consent.desk import Desk

OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk(tmp_path: Path, bundle_folder: Path) -> Iterator[OpenDesk]:
    opened: list[Desk] = []

    def open_(**settings: Any) -> Desk:
        opened.append(Desk(tmp_path / "learning", bundle_folder, **settings))
        return opened[-1]

    yield open_
    for desk in opened:
        desk.kept.close()


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()
