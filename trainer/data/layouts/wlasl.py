"""Reads WLASL as it is distributed: `WLASL_v0.3.json` and `videos/<video_id>.mp4`, cut to one sign each.

The list gives each word (`gloss`) its `instances`: `video_id`, `signer_id` and `split` (train, val or test). Li,
Rodriguez, Yu, Li, "Word-level Deep Sign Language Recognition from Video", WACV 2020.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, FailFast, TypeAdapter

from landmarkers.parsing import describe, read_limited
from trainer.data.clip import DatasetUnreadable
from trainer.data.layouts.content import Entry, Kind
from trainer.data.layouts.reading import Description, Reading, split_of

_FOLDER: Final = "videos"
_MAX_BYTES: Final = 1 << 26  # the whole list has 12 MB


class _Instance(BaseModel):
    video_id: Annotated[str, BeforeValidator(str)]
    split: str = "train"
    signer_id: int = -1


class _Gloss(BaseModel):
    gloss: str
    instances: list[_Instance]


_LIST: Final = TypeAdapter(Annotated[list[_Gloss], FailFast()])


def read(entries: Sequence[Entry]) -> Reading:
    """Find the clips that the list names. Raises DatasetUnreadable for a damaged list, or several."""
    lists = [entry for entry in entries if entry.parts[-1].startswith("WLASL") and entry.parts[-1].endswith(".json")]
    if not lists:
        return Reading([])
    if len(lists) > 1:
        raise DatasetUnreadable(f"{lists[0]} and {lists[1]} are both lists of WLASL's clips; leave one in the folder")
    described = _read_list(lists[0])
    clips = [
        (entry, described.pop(entry.stem))
        for entry in entries
        if entry.kind is Kind.VIDEO and entry.folders[-1:] == (_FOLDER,) and entry.stem in described
    ]
    missing = [f"{name} (in {lists[0]}, not in {_FOLDER})" for name in sorted(described)]
    return Reading(clips, frozenset(lists), missing)


def _read_list(entry: Entry) -> dict[str, Description]:
    try:
        glosses = _LIST.validate_json(read_limited(entry.path, _MAX_BYTES))
    except OSError as error:
        raise DatasetUnreadable(f"{entry.path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DatasetUnreadable(f"{entry.path} is no list of WLASL's clips: {describe(error)}") from error
    return {
        instance.video_id: Description(
            gloss.gloss,
            str(instance.signer_id) if instance.signer_id >= 0 else None,
            split_of(instance.split) or "train",
            gloss.gloss,
        )
        for gloss in glosses
        for instance in gloss.instances
    }
