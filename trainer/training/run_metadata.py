"""What a run folder tells of how its run came about: `run.json`."""

import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import torch
from pydantic_core import to_json

from landmarkers.errors import UserError
from models.durable import replace_file
from models.labels import Sign
from trainer.data.split import Split
from trainer.data.store import Store
from trainer.training.distributed import DistributedContext
from trainer.training.recipe import Recipe

RUN_METADATA: Final = "run.json"
_SAME_THROUGHOUT: Final = ("recipe", "seed", "signs", "split", "store", "accumulation_steps", "fine_tuning")


class RunUnusable(UserError):
    """A run folder that cannot be gone on from, judged or exported; the message says why."""


def write_run_metadata(
    store: Store,
    split: Split,
    signs: Sequence[Sign],
    recipe: Recipe,
    folder: Path,
    seed: int,
    crew: DistributedContext,
    fine_tuning: dict[str, Any] | None = None,
) -> None:
    """Write down how the run came about, or see that it came about in the same way. Raises RunUnusable.

    `fine_tuning` tells how a trained network was taught further, where that is what the run does.
    """
    content = {
        "recipe": recipe.as_content(),
        "seed": seed,
        "signs": [sign.model_dump() for sign in signs],
        "split": asdict(split),
        "takes": len(store),
        "store": fingerprint(store),
        "accumulation_steps": crew.accumulation_steps,
        "fine_tuning": fine_tuning,
        "landmarkers": sorted({row.provenance.landmarker for row in store.rows}),
        "starts": [],
    }
    # Through JSON and back, so that tuples compare as the lists that they become.
    content = json.loads(json.dumps(content))
    path = folder / RUN_METADATA
    if path.is_file():
        there = json.loads(path.read_text())
        # Runs of earlier versions of this program do not tell all of it.
        changed = [key for key in _SAME_THROUGHOUT if key in there and there[key] != content[key]]
        if changed:
            raise RunUnusable(f"{folder} holds a run of another {' and '.join(changed)}; train into another folder")
        content["starts"] = there.get("starts", [])
    if crew.is_main_process:
        save_metadata(content, folder)


def record_start(folder: Path, epoch: int, crew: DistributedContext) -> None:
    """Add to the note by what the run goes on from this epoch."""
    note = json.loads((folder / RUN_METADATA).read_text())
    note["starts"].append(
        {
            "epoch": epoch,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": sys.argv,
            "git": git_state(),
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in ("ishara", "torch", "numpy", "numba")},
            "device": _described(crew.device),
            "processes": crew.world_size,
            "threads": torch.get_num_threads(),
            "precision": str(crew.precision).removeprefix("torch."),
            "compiled": crew.compiled,
        }
    )
    save_metadata(note, folder)


def save_metadata(content: dict[str, Any], folder: Path) -> None:
    """Write what a run folder tells of itself."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / RUN_METADATA, json.dumps(content, indent=1, ensure_ascii=False).encode())


def fingerprint(store: Store) -> str:
    """SHA-256 over all that a store holds: its takes with their origins, points and times, in their order."""
    digest = sha256()
    for number, row in enumerate(store.rows):
        points, times = store.read(number)
        for content in (to_json(row.provenance), points.tobytes(), times.tobytes()):
            digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def git_state() -> dict[str, Any] | None:
    """The revision of this program's sources, and whether they differ from it; None outside a git checkout."""
    here = Path(__file__)
    try:
        # An installed program may lie in the checkout of something else, which does not know its files.
        _git("ls-files", "--error-unmatch", here.name)
        changes = _git("status", "--porcelain", "--untracked-files=no")
        return {"revision": _git("rev-parse", "HEAD").strip(), "dirty": bool(changes.strip())}
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _described(device: str) -> str:
    """A device as its maker calls it."""
    if torch.device(device).type == "cuda":
        return f"{device}: {torch.cuda.get_device_name(device)}"
    return f"{device}: {platform.machine()}" if device == "cpu" else device
