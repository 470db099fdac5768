"""How runs came about, fact by fact, and in what they differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from trainer.run import Run
from trainer.split import listed

NOT_TOLD: Final = "-"
_TOLD_OTHERWISE: Final = ("signs", "split", "outcome")


def facts(run: Run) -> dict[str, str]:
    """Everything that the run's note tells of how it came about, by names like `recipe.size.heads`."""
    told = {
        "split.described": run.described,
        "split.learned from": f"{len(run.train)} takes",
        "split.held out": f"{len(run.validation)} takes",
        "signs": f"{len(run.signs)}: {listed([sign.sign_id for sign in run.signs])}",
    }
    return dict(_flat({key: value for key, value in run.note.items() if key not in _TOLD_OTHERWISE})) | told


def differences(runs: Sequence[Run]) -> dict[str, tuple[str, ...]]:
    """The facts that are not the same for all of the runs, each with every run's."""
    told = [facts(run) for run in runs]
    names = list(dict.fromkeys(name for one in told for name in one))
    values = {name: tuple(one.get(name, NOT_TOLD) for one in told) for name in names}
    return {name: those for name, those in values.items() if len(set(those)) > 1}


def _flat(content: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return NOT_TOLD
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
