"""The HTTP interface for programs and the page: health, metrics, words, events and the device's description."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from edge.monitoring.health import Health
from edge.monitoring.metrics import HealthCollector
from edge.recognition.word import Word
from edge.sinks.web.event_hub import EventHub
from edge.sinks.web.message import MAX_EVENTS, Settings
from edge.sinks.web.metrics import Counts, VisitorCollector
from edge.sinks.web.sse import stream_events
from models.strict_model import StrictModel

JSON: Final = "application/json"


class EventStream(StreamingResponse):
    """A response of server-sent events."""

    media_type = "text/event-stream"


class PlainText(Response):
    """A response in the text format of Prometheus."""

    media_type = CONTENT_TYPE_LATEST


class Words(StrictModel):
    """Words, oldest first."""

    words: tuple[Word, ...]


class About(StrictModel):
    """A description of the device.

    `model` is the active bundle and `signs` the number of signs that it may say; `view` is the most that is shown
    of its camera; `visitors` is the number of people who may try their own cameras at the same time.
    `commands` is true if those who have shown the token may send commands.
    """

    device: str
    model: str
    signs: int
    view: str
    visitors: int
    commands: bool
    version: str


def api_router(hub: EventHub, settings: Settings, visitor_counts: Counts) -> APIRouter:
    """Return the router of all requests to the interface."""
    router = APIRouter()
    router.include_router(_health_router(hub, visitor_counts))
    router.include_router(_events_router(hub))

    @router.get("/api/about", summary="A description of the device")
    async def about() -> About:
        """Return the device's name, model, version and limits, as the page shows them."""
        model = hub.model
        return About(
            device=settings.device,
            model="" if model is None else model.title,
            signs=0 if model is None else model.sign_count,
            view=settings.view,
            visitors=settings.visitors,
            commands=settings.token is not None,
            version=settings.version,
        )

    return router


def _health_router(hub: EventHub, visitor_counts: Counts) -> APIRouter:
    router = APIRouter()

    @router.get("/health", response_model=Health, summary="The health of the device")
    async def health() -> Response:
        """Return the same as the MQTT topic `health`, at most two seconds old."""
        return Response(hub.health, media_type=JSON)

    @router.get("/metrics", summary="Metrics for Prometheus", response_class=PlainText)
    async def metrics() -> PlainText:
        """Return the health as metrics, at most two seconds old, and the number of visitors with their own cameras."""
        current = Health.model_validate_json(hub.health or "")
        registry = CollectorRegistry(auto_describe=False)
        registry.register(HealthCollector(lambda: current))
        registry.register(VisitorCollector(visitor_counts))
        return PlainText(generate_latest(registry))

    return router


def _events_router(hub: EventHub) -> APIRouter:
    router = APIRouter()

    @router.get("/api/words", response_model=Words, summary="The latest words")
    async def words(
        since: Annotated[int, Query(ge=0, description="return only words with higher numbers")] = 0,
        limit: Annotated[
            int, Query(ge=1, le=MAX_EVENTS, description="return at most so many, the latest")
        ] = MAX_EVENTS,
    ) -> Response:
        """Return words, oldest first.

        A device without a broker counts from 1 again after a restart. All words are returned if `since` is higher than
        the last number.
        """
        found = [one for one in hub.events_after(since if hub.has_reached(since) else 0) if one.event_type == "word"]
        return Response(f'{{"words":[{",".join(word.event for word in found[-limit:])}]}}', media_type=JSON)

    @router.get("/api/events", summary="A stream of words, utterances and health", response_class=EventStream)
    async def events(
        since: Annotated[int, Query(ge=0, description="begin with the events of higher numbers")] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_EVENTS, description="skip all but so many that wait")] = MAX_EVENTS,
        last_event_id: Annotated[int | None, Header(ge=0)] = None,
    ) -> EventStream:
        """Send server-sent events: `word` and `utterance` with these events, `health` with the health, and `clear`.

        `line` is the utterance in progress, whenever it has changed; `clear` says that all these are to be forgotten.
        `reply` has the `text` that answers the signer, empty when it was removed, and `partial` while more of it
        follows; `shown_for_s` is the time that is left to read it. `model` says that model, labels or vocabulary have
        changed, so that the description of the device and the dictionary are others. `teaching` and `consent` have the
        state of the teaching session, and of the consent under which takes are kept; `settings` has the state of the
        latest change of the settings; `setup` has what the checks of set-up have found, and `doctor` the findings of
        the last health check.
        The events since the last one received come first, then the health, which is sent at least every two seconds.
        """
        return EventStream(
            stream_events(hub, since if last_event_id is None else last_event_id, limit),
            headers={"X-Accel-Buffering": "no"},  # a proxy in front must pass each event on at once
        )

    return router
