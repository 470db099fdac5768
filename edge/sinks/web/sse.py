"""Words, utterances, health, clears, teaching, consent and changes of the model as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
import time
from collections.abc import AsyncIterator

from edge.sinks.web.event_hub import EventHub
from edge.sinks.web.message import ReplyMessage

_RETRY_MS = 1000


async def stream_events(hub: EventHub, since: int, limit: int) -> AsyncIterator[str]:
    """Yield the words and utterances with numbers above `since`, line, reply and health, then every change.

    Of events that wait, only the latest `limit` are sent.

    A reader whose events were cleared in the meantime gets a `clear` before all else.
    """
    yield f"retry: {_RETRY_MS}\n\n"
    if 0 < since <= hub.cleared_through:
        yield _event("clear", "{}")
    since, clear_count, line = since if hub.has_reached(since) else 0, hub.clear_count, ""
    reply, model, sent = None, hub.model, dict[str, str]()
    with hub.subscribe() as changed:
        while True:
            changed.clear()
            if hub.clear_count != clear_count:
                clear_count = hub.clear_count
                yield _event("clear", "{}")
            for event in hub.events_after(since)[-limit:]:
                since = event.seq
                yield _event(event.event_type, event.event, event.seq)
            if hub.line != line and (line := hub.line):
                yield _event("line", line)
            if hub.reply is not reply:
                reply = hub.reply
                if reply is not None and (left_s := reply.until - time.monotonic()) > 0.0:
                    yield _reply_event(reply, left_s)
            if hub.model is not model:
                model = hub.model
                yield _event("model", "{}")
            health = {} if hub.health is None else {"health": hub.health}
            if (states := hub.states | health) != sent:  # health is the last one: readers wait for it
                yield "".join(_event(name, state) for name, state in states.items() if sent.get(name) != state)
                sent = states
            await changed.wait()


def _reply_event(reply: ReplyMessage, left_s: float) -> str:
    shown = {"text": reply.text, "partial": reply.partial, "shown_for_s": round(left_s, 1)}
    return _event("reply", json.dumps(shown, ensure_ascii=False))


def _event(name: str, data: str, event_id: int | None = None) -> str:
    """Return one event; `data` is JSON on one line."""
    return f"event: {name}\n" + (f"id: {event_id}\n" if event_id is not None else "") + f"data: {data}\n\n"
