"""How runs came about, fact by fact, and in what they differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from trainer.data.split import format_sign_ranges
from trainer.training.run import Run

NOT_TOLD: Final = "-"
_TOLD_OTHERWISE: Final = ("signs", "split", "outcome", "starts")
_OF_ITS_OWN: Final = ("starts.at", "starts.command", "starts.epoch")


def facts(run: Run) -> dict[str, str]:
    """Everything that the run's note tells of how it came about, by names like `recipe.size.heads`."""
    told = {
        "split.description": run.description,
        "split.learned from": f"{len(run.train)} takes",
        "split.held out": f"{len(run.validation)} takes",
        "signs": f"{len(run.signs)}: {format_sign_ranges([sign.sign_id for sign in run.signs])}",
    }
    note = dict(_flat({key: value for key, value in run.metadata.items() if key not in _TOLD_OTHERWISE}))
    return note | told | _starts(run.metadata.get("starts", []))


def differences(runs: Sequence[Run]) -> dict[str, tuple[str, ...]]:
    """The facts that are not the same for all of the runs, each with every run's, but for when each was started."""
    told = [facts(run) for run in runs]
    names = [name for name in dict.fromkeys(name for one in told for name in one) if name not in _OF_ITS_OWN]
    values = {name: tuple(one.get(name, NOT_TOLD) for one in told) for name in names}
    return {name: those for name, those in values.items() if len(set(those)) > 1}


def _starts(starts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What each start of a run tells, as one fact each: told once where it stayed the same."""
    told = [dict(_flat(start, "starts.")) for start in starts]
    names = dict.fromkeys(name for one in told for name in one)
    values = {name: [one.get(name, NOT_TOLD) for one in told] for name in names}
    return {name: ", then ".join(those if len(set(those)) > 1 else those[:1]) for name, those in values.items()}


def _flat(content: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return NOT_TOLD
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
