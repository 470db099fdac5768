"""Metadata of runs as flat facts, and the facts in which runs differ."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from trainer.data.sign_names import name_signs
from trainer.training.run import Run
from trainer.training.run_metadata import flatten

MISSING: Final = "-"
_SUMMARISED: Final = ("signs", "split", "forgetting", "starts")
_NEVER_EQUAL: Final = ("starts.at", "starts.command", "starts.epoch")


def run_facts(run: Run) -> dict[str, str]:
    """Return all metadata of a run by names like `recipe.size.heads`."""
    summarised = {
        "split.description": run.description,
        "split.train": f"{len(run.train)} takes",
        "split.validation": f"{len(run.validation)} takes",
        "signs": f"{len(run.signs)}: {name_signs(run.signs_by_id, run.signs_by_id)}",
    }
    metadata = _facts({key: value for key, value in run.metadata.items() if key not in _SUMMARISED})
    return metadata | summarised | _starts(run.metadata.get("starts", []))


def differences(runs: Sequence[Run]) -> dict[str, tuple[str, ...]]:
    """Return the facts in which runs differ, each with every run's value, except when and how each was started."""
    facts = [run_facts(run) for run in runs]
    names = [name for name in dict.fromkeys(name for one in facts for name in one) if name not in _NEVER_EQUAL]
    values = {name: tuple(one.get(name, MISSING) for one in facts) for name in names}
    return {name: those for name, those in values.items() if len(set(those)) > 1}


def _starts(starts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the facts of all starts of a run, each once if it stayed the same."""
    facts = [_facts(start, "starts.") for start in starts]
    names = dict.fromkeys(name for one in facts for name in one)
    values = {name: [one.get(name, MISSING) for one in facts] for name in names}
    return {name: ", then ".join(those if len(set(those)) > 1 else those[:1]) for name, those in values.items()}


def _facts(content: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    return {name: _format(value) for name, value in flatten(content, prefix)}


def _format(value: Any) -> str:
    if value is None:
        return MISSING
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
