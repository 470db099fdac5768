"""The support bundle: one archive with what somebody needs to find a fault, to be attached to an issue.

It holds no picture, no word, no name of a signer and no secret; `anonymiser.py` sees to that.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from edge.config import EdgeConfig
from edge.diagnostics.anonymiser import Anonymiser
from edge.diagnostics.finding import Finding, format_row, format_summary, is_ready
from edge.diagnostics.private_texts import private_texts
from edge.diagnostics.versions import versions
from landmarkers.processor import Machine
from models.durable import create_private_file

MAX_LOG_BYTES: Final = 200_000
FOLDER: Final = "ishara-support"
_FILE_MODE: Final = 0o644 << 16
_README: Final = """What a device that runs Ishara says about itself, for whoever is to find a fault of it.

findings.txt        what `ishara-edge doctor` found, with remedies; findings.json is the same for programs
versions.json       this program, its libraries, the system and the board
configuration.json  the settings in use, each key with its value
health.json         counts of the running daemon, if it runs
log.txt             the last lines of its log

Removed are passwords, tokens, user names, the device's name, names of signers and all Arabic text; no picture and no
word that was signed is in here. Host names and paths are left, since many faults are about these: read it before you
publish it.
"""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that is known of a device; `health` is the JSON of the daemon, if it runs, and `log` has its last lines."""

    findings: Sequence[Finding]
    config: EdgeConfig
    log: Sequence[str]
    health: str | None = None


def file_name(now: datetime) -> str:
    """Return the name by which a bundle is saved if nobody names another."""
    return f"{FOLDER}-{now.astimezone(UTC):%Y%m%d-%H%M%S}.zip"


def build_bundle(diagnosis: Diagnosis, states: Sequence[Path], machine: Machine) -> bytes:
    """Return the archive; `states` are the state folders, which know whose names must not be in it."""
    anonymiser = Anonymiser(private_texts(diagnosis.config, states))
    findings = diagnosis.findings
    contents = {
        "README.txt": _README,
        "findings.txt": "\n".join([*map(format_row, findings), "", format_summary(findings), ""]),
        "findings.json": _json(
            {"ready": is_ready(findings), "findings": [asdict(one) for one in findings]}, anonymiser
        ),
        "versions.json": _json(dict(versions(machine)), anonymiser),
        "configuration.json": _json(diagnosis.config.model_dump(mode="json"), anonymiser),
        "log.txt": _tail(diagnosis.log) or "no line of the log can be read here\n",
    }
    if diagnosis.health is not None:
        contents["health.json"] = _json(json.loads(diagnosis.health), anonymiser)
    now = datetime.now(UTC).timetuple()[:6]
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as bundle:
        for name, content in contents.items():
            entry = ZipInfo(f"{FOLDER}/{name}", now)
            entry.external_attr, entry.compress_type = _FILE_MODE, ZIP_DEFLATED
            bundle.writestr(entry, content if name.endswith(".json") else _clean_lines(content, anonymiser))
    return archive.getvalue()


def write_bundle(path: Path, content: bytes, environment: Mapping[str, str]) -> None:
    """Write a bundle as a whole under a name that is not taken, for its owner alone: with sudo, who called that.

    Raises FileExistsError and other OSError.
    """
    try:
        owner = int(environment["SUDO_UID"]), int(environment["SUDO_GID"])
    except (KeyError, ValueError):
        owner = None
    create_private_file(path, content, owner if os.geteuid() == 0 else None)


def _json(content: dict[str, object], anonymiser: Anonymiser) -> str:
    plain = json.loads(json.dumps(content))
    return json.dumps(anonymiser.clean_json(plain), ensure_ascii=False, indent=2) + "\n"


def _clean_lines(text: str, anonymiser: Anonymiser) -> str:
    return "".join(anonymiser.clean(line) for line in text.splitlines(keepends=True))


def _tail(lines: Sequence[str]) -> str:
    text = "".join(f"{line}\n" for line in lines)
    return text[-MAX_LOG_BYTES:]
