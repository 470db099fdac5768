"""The dictionary: the signs that the active model reads, and how its exemplar takes move.

Each request reads the bundle anew, and nothing is kept: the dictionary takes no memory while nobody uses it, and shows
another model as soon as that is active.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Response
from starlette.status import HTTP_404_NOT_FOUND, HTTP_503_SERVICE_UNAVAILABLE

from edge.sinks.web.event_hub import EventHub
from edge.sinks.web.message import ActiveModel
from edge.sinks.web.movement import Movement, movement_of
from landmarkers.array_archive import ArrayArchive
from landmarkers.errors import UserError
from models.bundle import EXEMPLARS, LABELS
from models.bundle_file import open_bundle_file
from models.exemplars import read_metadata, read_takes
from models.labels import Sign, parse_labels, read_labels
from models.strict_model import StrictModel

_MAX_BYTES: Final = 64_000_000  # of the takes: about 6000


class DictionarySign(Sign):
    """A sign as the device shows it, and the number of takes that show how it moves."""

    takes: int


class Dictionary(StrictModel):
    """The signs that the active model knows, in its order; none has takes if the bundle has no exemplars.

    Signs that the device may not say are left out.
    """

    model: str
    signs: tuple[DictionarySign, ...]


class Movements(StrictModel):
    """The takes of one sign."""

    sign_id: int
    takes: tuple[Movement, ...]


def dictionary_router(hub: EventHub) -> APIRouter:
    """Return the router of the dictionary."""
    router = APIRouter()
    reading = asyncio.Lock()

    async def respond(read: Callable[[ActiveModel], StrictModel]) -> Response:
        """Return what is read of the active model; one request reads at a time, since each takes some memory."""
        if hub.model is None:
            raise HTTPException(HTTP_503_SERVICE_UNAVAILABLE, "no model is active yet")
        async with reading:
            content = await asyncio.to_thread(lambda model: read(model).model_dump_json(), hub.model)
        return Response(content, media_type="application/json")

    @router.get("/api/dictionary", response_model=Dictionary, summary="The signs that the model knows")
    async def signs() -> Response:
        """Return all signs, each with the number of its takes."""
        return await respond(_read_dictionary)

    @router.get("/api/dictionary/{sign_id}", response_model=Movements, summary="The movement of a sign")
    async def movements(sign_id: int) -> Response:
        """Return the takes of a sign that the model's bundle carries; the status is 404 if there are none."""
        return await respond(lambda model: _read_movements(model, sign_id))

    return router


def _read_dictionary(model: ActiveModel) -> Dictionary:
    """Read the signs. Raises HTTPException."""
    folder = Path(model.folder)
    try:
        path = folder / LABELS
        signs = parse_labels(path, model.labels.encode()) if model.labels else read_labels(path)
    except UserError as error:
        raise HTTPException(HTTP_503_SERVICE_UNAVAILABLE, "the signs of the model cannot be read") from error
    try:
        with open_bundle_file(folder / EXEMPLARS) as file:
            provenance = read_metadata(ArrayArchive(file, _MAX_BYTES)).provenance
    except (OSError, ValueError):  # the signs are known nevertheless
        provenance = ()
    takes = Counter(one.sign_id for one in provenance)
    return Dictionary(
        model=model.title,
        signs=tuple(
            DictionarySign(**sign.model_dump(), takes=takes[sign.sign_id])
            for sign in signs
            if model.allowed is None or sign.sign_id in model.allowed
        ),
    )


def _read_movements(model: ActiveModel, sign_id: int) -> Movements:
    """Read the takes of a sign. Raises HTTPException."""
    try:
        with open_bundle_file(Path(model.folder) / EXEMPLARS) as file:
            archive = ArrayArchive(file, _MAX_BYTES)
            takes = read_takes(archive, read_metadata(archive), sign_id)
    except FileNotFoundError as error:
        raise HTTPException(HTTP_404_NOT_FOUND, f"the bundle {model.title} has no exemplars") from error
    except (OSError, ValueError) as error:
        raise HTTPException(HTTP_404_NOT_FOUND, f"the exemplars of {model.title} cannot be read") from error
    if not takes:
        raise HTTPException(HTTP_404_NOT_FOUND, f"{model.title} has no take of the sign {sign_id}")
    return Movements(sign_id=sign_id, takes=tuple(map(movement_of, takes)))
