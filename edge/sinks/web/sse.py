"""Words, health and clears as they come: server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import AsyncIterator

from edge.sinks.web.event_hub import EventHub

_RETRY_MS = 1000


async def events(feed: EventHub, since: int) -> AsyncIterator[str]:
    """First the words since a number, then the health, then whatever comes.

    Who has words that were forgotten meanwhile is told so before all else.
    """
    yield f"retry: {_RETRY_MS}\n\n"
    if 0 < since <= feed.forgotten:
        yield _event("clear", "{}")
    since, clears, health = since if feed.has_reached(since) else 0, feed.clears, ""
    with feed.listening() as bell:
        while True:
            bell.clear()
            if feed.clears != clears:
                clears = feed.clears
                yield _event("clear", "{}")
            for said in feed.words_after(since):
                since = said.seq
                yield _event("word", said.event, said.seq)
            if feed.health is not None and feed.health != health:
                health = feed.health
                yield _event("health", health)
            await bell.wait()


def _event(name: str, data: str, number: int | None = None) -> str:
    """One event; data is JSON on one line."""
    return f"event: {name}\n" + (f"id: {number}\n" if number is not None else "") + f"data: {data}\n\n"
