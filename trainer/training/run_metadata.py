"""Writes the metadata of a run, `run.json`: data, split, recipe, seed, and how and where each start happened."""

import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import torch
from pydantic import TypeAdapter

from landmarkers.errors import UserError
from landmarkers.parsing import describe, read_json, read_limited
from models.labels import Sign
from trainer.targets import Kind, names_in, write_file
from trainer.training.distributed import DistributedContext
from trainer.training.recipe import Recipe
from trainer.training.training_data import TrainingData

RUN_METADATA: Final = "run.json"
_MARKS: Final = {"recipe": dict, "signs": list, "split": dict}  # of every release, and of no other program
_FIRST_NAMES: Final = frozenset(
    {"takes.store", ".takes.store.new", f".{RUN_METADATA}.new"}
)  # of a start that ended early
_MAX_BYTES: Final = 1 << 26  # it lists every take
_SIGNS: Final = TypeAdapter(tuple[Sign, ...])
_FIXED_KEYS: Final = ("recipe", "seed", "signs", "split", "store", "accumulation_steps", "fine_tuning")


class RunUnusable(UserError):
    """Reports a run folder that cannot be resumed, evaluated or exported; the message gives the reason."""


def _find_foreign(folder: Path) -> str | None:
    """Raises RunUnusable where the run's metadata are damaged."""
    if (folder / RUN_METADATA).exists():
        content = read_run_metadata(folder)
        is_ours = all(isinstance(content.get(key), kind) for key, kind in _MARKS.items())
        return None if is_ours else f"its {RUN_METADATA} is of another program"
    others = sorted(names_in(folder) - _FIRST_NAMES)
    return f"it holds {others[0]} and no {RUN_METADATA}" if others else None


RUN: Final = Kind("the folder of a run", _find_foreign)


def write_run_metadata(
    data: TrainingData,
    recipe: Recipe,
    folder: Path,
    seed: int,
    context: DistributedContext,
    fine_tuning: dict[str, Any] | None = None,
) -> None:
    """Write the metadata of a run, or check that a run in the folder has the same. Raises RunUnusable otherwise.

    `fine_tuning` describes the parent model and the settings of a run that fine-tunes one.
    """
    content = {
        "recipe": recipe.as_content(),
        "seed": seed,
        "signs": [sign.model_dump(exclude_none=True) for sign in data.signs],
        "split": asdict(data.split),
        "takes": len(data.store),
        "store": data.store.fingerprint,
        "accumulation_steps": context.accumulation_steps,
        "fine_tuning": fine_tuning,
        "landmarkers": sorted({row.provenance.landmarker for row in data.store.rows}),
        "starts": [],
    }
    # Encode and decode, so that tuples compare equal to the lists that JSON turns them into.
    content = json.loads(json.dumps(content))
    path = folder / RUN_METADATA
    if path.is_file():
        saved = read_run_metadata(folder)
        # Runs of other releases lack some keys.
        changed = [key for key in _FIXED_KEYS if key in saved and not _is_same(key, saved[key], content[key])]
        if changed:
            raise RunUnusable(f"{folder} holds a run of another {' and '.join(changed)}; train into another folder")
        content["starts"] = saved.get("starts", [])
    if context.is_main_process:
        save_metadata(content, folder)


def record_start(folder: Path, epoch: int, context: DistributedContext) -> None:
    """Append the command, versions and device with which the run starts or resumes at this epoch."""
    metadata = read_run_metadata(folder)
    metadata.setdefault("starts", []).append(
        {
            "epoch": epoch,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": sys.argv,
            "git": git_state(),
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in ("ishara", "torch", "numpy", "numba")},
            "device": _device_name(context.device),
            "processes": context.world_size,
            "threads": torch.get_num_threads(),
            "precision": str(context.precision).removeprefix("torch."),
            "compiled": context.compiled,
        }
    )
    save_metadata(metadata, folder)


def read_run_metadata(folder: Path) -> dict[str, Any]:
    """Return the content of `run.json`. Raises RunUnusable."""
    path = folder / RUN_METADATA
    try:
        content = read_json(read_limited(path, _MAX_BYTES))
    except OSError as error:
        raise RunUnusable(f"{folder} is not the folder of a run: {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise RunUnusable(f"{path} is damaged ({describe(error)}); train into another folder") from error
    if not isinstance(content, dict) or not isinstance(content.get("starts", []), list):
        raise RunUnusable(f"{path} is damaged: it is not the metadata of a run; train into another folder")
    return content


def _is_same(key: str, saved: Any, now: Any) -> bool:
    """Compare a value with that of a saved run, in which another release may have written more or less."""
    try:
        if key == "recipe":
            return Recipe.from_content(saved) == Recipe.from_content(now)
        if key == "signs":
            return _words(saved) == _words(now)
    except ValueError:
        return False
    return bool(saved == now)


def _words(signs: Any) -> list[tuple[int, str, str]]:
    """Return what makes signs the same: their kinds may have been unknown before."""
    return [(sign.sign_id, sign.word, sign.word_en) for sign in _SIGNS.validate_python(signs)]


def save_metadata(metadata: dict[str, Any], folder: Path) -> None:
    """Write `run.json` into a run folder, which is created if it is not there."""
    write_file(folder / RUN_METADATA, json.dumps(metadata, indent=1, ensure_ascii=False))


def flatten(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of nested metadata with names like `recipe.size.heads`."""
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def git_state() -> dict[str, Any] | None:
    """Return the revision of this program's sources and whether they are modified; None outside a git checkout."""
    this_file = Path(__file__)
    try:
        # An installed program may lie in the checkout of another project, which does not track its files.
        _git("ls-files", "--error-unmatch", this_file.name)
        changes = _git("status", "--porcelain", "--untracked-files=no")
        return {"revision": _git("rev-parse", "HEAD").strip(), "dirty": bool(changes.strip())}
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*arguments: str) -> str:
    # Without optional locks `git status` writes nothing into the checkout.
    command = ["git", "--no-optional-locks", "-C", str(Path(__file__).parent), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _device_name(device: str) -> str:
    if torch.device(device).type == "cuda":
        return f"{device}: {torch.cuda.get_device_name(device)}"
    return f"{device}: {platform.machine()}" if device == "cpu" else device
