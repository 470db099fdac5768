"""Prints as JSON which takes may leave a device, or the content of some of them.

`ishara-deploy` runs this file with the Python of the active release, as root. The daemon may have been taken over: no
link of its folder is followed, and nothing is printed but takes whose consent permits it, and their labels.
"""

import base64
import hashlib
import io
import json
import os
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from landmarkers.take import TAKE_SUFFIX, Provenance, StoredTake, TakeDamaged

LABELS = "labels.json"
PURPOSE = "training"
LARGEST_TAKE = 4 << 20
LARGEST_LABELS = 1 << 20
DEPTH = 5  # below the state folder: `learning-NAME`, `takes`, person, split and sign
# It ends before `ishara-deploy` gives up.
LONGEST_RUN_S = 580


def main() -> None:
    """Print the list, or the content of the takes that are named."""
    signal.alarm(LONGEST_RUN_S)
    state, device, *wanted = sys.argv[1:]
    json.dump(contents(state, device, set(wanted)) if wanted else listing(state, device), sys.stdout)


def listing(state: str, device: str) -> dict[str, Any]:
    """Return the takes, each with the digest of its file, and the consents and labels that they refer to."""
    takes, consents, labels = [], {}, None
    for path, content in files(state, device):
        if path == LABELS:
            labels = content.decode(errors="replace")
        elif (provenance := provenance_of(path, content)) is not None and provenance.consent is not None:
            consents[provenance.consent.consent_id] = provenance.consent.model_dump(mode="json")
            takes.append(
                {
                    "path": path,
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "bytes": len(content),
                    "sign_id": provenance.sign_id,
                    "consent_id": provenance.consent.consent_id,
                }
            )
    return {"labels": labels, "consents": consents, "takes": takes}


def contents(state: str, device: str, wanted: set[str]) -> dict[str, str]:
    """Return the content of those of the takes that may leave the device, by path."""
    return {
        path: base64.b64encode(content).decode()
        for path, content in files(state, device, wanted)
        if provenance_of(path, content) is not None
    }


def provenance_of(path: str, content: bytes) -> Provenance | None:
    """Return the provenance of a take that may leave the device; None for everything else."""
    try:
        provenance = StoredTake.read(io.BytesIO(content), path).provenance
    except TakeDamaged:
        return None
    consent = getattr(provenance, "consent", None)  # a release that knows none keeps none
    return provenance if consent is not None and consent.purpose == PURPOSE and provenance.sign_id is not None else None


def files(state: str, device: str, wanted: set[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield paths and contents of the takes and their labels, or only of those that are wanted."""
    way = (f"learning-{device}", "takes")
    for folder, folders, names, descriptor in os.fwalk(os.path.realpath(state)):
        place = Path(folder).relative_to(os.path.realpath(state)).parts
        folders[:] = sorted(name for name in folders if len(place) >= len(way) or name == way[len(place)])
        if len(place) >= DEPTH:
            folders.clear()
        for name in sorted(names) if place[: len(way)] == way else ():
            path = "/".join((*place[len(way) :], name))
            is_take = name.endswith(TAKE_SUFFIX) and not name.startswith(".")
            if (is_take or path == LABELS) and (wanted is None or path in wanted):
                content = read(name, descriptor, LARGEST_TAKE if is_take else LARGEST_LABELS)
                if content is not None:
                    yield path, content


def read(name: str, folder: int, most: int) -> bytes | None:
    """Return the content of a plain file of at most so many bytes; None for everything else."""
    try:
        # Neither a link nor a pipe, for whose writer it would wait.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:  # a link, or removed meanwhile
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    main()
