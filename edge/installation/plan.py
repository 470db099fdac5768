"""Everything that a device must have: packages, networks, program, keys, configuration, secrets and the unit."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge.installation.program import Release
from landmarkers.task_bundles import default_folder

# The unit and the lists of packages stand in deploy/ for people who install by hand; the wheel has that folder, too.
_FILES: Final = Path(__file__).parents[2] / "deploy"
UNIT: Final = "ishara-edge.service"
CONFIG: Final = "/etc/ishara/edge.toml"
KEYS: Final = "/etc/ishara/keys"
OWNER_ONLY: Final = "600"
SCREEN: Final = "screen"
SPEECH: Final = "speech"
_SERVICE_PACKAGES: Final = ("python3-systemd", "python3-venv")


@dataclass(frozen=True, slots=True)
class Content:
    """A file with the content and mode that it must have on the device."""

    path: str
    content: bytes
    mode: str = "644"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one device must have.

    Without a configuration it keeps the one that it has, or serves its set-up page until it has one; `keys` of None
    leaves those that it trusts as they are. The landmark networks are built in `networks` unless they are there.
    """

    packages: tuple[str, ...]
    release: Release
    config: Content | None
    keys: tuple[Content, ...] | None
    credentials: tuple[Content, ...]
    unit: Content
    networks: Path = field(default_factory=default_folder)


def packages_for(outputs: Collection[str]) -> tuple[str, ...]:
    """Return the Debian packages of a device that has these of SCREEN and SPEECH."""
    lists = ["debian-packages.txt", *(f"debian-packages-{name}.txt" for name in (SCREEN, SPEECH) if name in outputs)]
    return _SERVICE_PACKAGES + tuple(package for name in lists for package in (_FILES / name).read_text().split())


def unit() -> Content:
    """Return the unit of the daemon."""
    return Content(f"/etc/systemd/system/{UNIT}", (_FILES / UNIT).read_bytes())
