"""What programs and the page ask for: health, metrics, words, events, and what this is."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from edge.monitoring.health import Health
from edge.monitoring.metrics import HealthCollector
from edge.recognition.word import Word
from edge.sinks.web.event_hub import EventHub
from edge.sinks.web.message import MAX_WORDS, Settings
from edge.sinks.web.metrics import Counts, VisitorCollector
from edge.sinks.web.sse import events
from models.strict_model import StrictModel

JSON: Final = "application/json"


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


class PlainText(Response):
    """What Prometheus reads."""

    media_type = CONTENT_TYPE_LATEST


class Words(StrictModel):
    """Words, oldest first."""

    words: tuple[Word, ...]


class About(StrictModel):
    """What this is.

    `model` is the bundle that reads, which knows so many `signs`; `view` is the most that is shown of the camera; so
    many `visitors` at a time may try their own.
    """

    device: str
    model: str
    signs: int
    view: str
    visitors: int
    version: str


def api(feed: EventHub, settings: Settings, visitors: Counts) -> APIRouter:
    """Serves all of it; `visitors` counts them."""
    router = APIRouter()

    @router.get("/health", response_model=Health, summary="How the device is doing")
    async def health() -> Response:
        """The same as on the MQTT topic `health`, not older than two seconds."""
        return Response(feed.health, media_type=JSON)

    @router.get("/metrics", summary="The same for Prometheus", response_class=PlainText)
    async def metrics() -> PlainText:
        """The health as metrics, not older than two seconds, and how many visitors try their own cameras."""
        told = Health.model_validate_json(feed.health or "")
        registry = CollectorRegistry(auto_describe=False)
        registry.register(HealthCollector(lambda: told))
        registry.register(VisitorCollector(visitors))
        return PlainText(generate_latest(registry))

    @router.get("/api/words", response_model=Words, summary="Words that were said")
    async def words(
        since: Annotated[int, Query(ge=0, description="only words with higher numbers")] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_WORDS, description="the newest of them")] = MAX_WORDS,
    ) -> Response:
        """Oldest first. Numbers begin anew where a device without a broker is started anew; then all come."""
        said = feed.words_after(since if feed.has_reached(since) else 0)[-limit:]
        return Response(f'{{"words":[{",".join(word.event for word in said)}]}}', media_type=JSON)

    @router.get("/api/events", summary="Words and health as they come", response_class=EventStream)
    async def stream(
        since: Annotated[int, Query(ge=0, description="begin with the words of higher numbers")] = 0,
        last_event_id: Annotated[int | None, Header(ge=0)] = None,
    ) -> EventStream:
        """Server-sent events: `word` with the word's event, `health` with the health, `clear` when words are forgotten.

        First come the words since the last one heard, then the health, which then comes at least every two seconds.
        """
        return EventStream(
            events(feed, since if last_event_id is None else last_event_id),
            headers={"X-Accel-Buffering": "no"},  # a proxy in front shall pass each on at once
        )

    @router.get("/api/about", summary="What this is")
    async def about() -> About:
        """What the page needs to know."""
        reads = feed.reads
        return About(
            device=settings.device,
            model="" if reads is None else reads.title,
            signs=0 if reads is None else reads.sign_count,
            view=settings.view,
            visitors=settings.visitors,
            version=settings.version,
        )

    return router
