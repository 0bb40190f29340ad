"""The live map, and the event stream that keeps it up to date."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from typing import Any, cast

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amp_sandbox.console import site
from amp_sandbox.console.collect import Facts
from amp_sandbox.console.flow import hops
from amp_sandbox.console.live import Live, Snapshot

NOTHING = Facts("unknown", "–", "")  # noqa: RUF001 - an en dash is what is meant

STATE_WORDS: Mapping[str, str] = {
    "idle": "nothing yet",
    "moving": "moving",
    "ready": "all through",
    "waiting": "behind",
    "failing": "look here",
    "off": "on demand",
    "unknown": "no answer",
}
"""How a state is written, as colour alone says nothing to many."""


async def show_map(request: Request) -> Response:
    """The map with the numbers of now."""
    snapshot = await live_of(request).now()
    known = hops(site.settings_of(request))
    facts = {name: snapshot.hops.get(name, NOTHING) for name in known}
    return site.page(
        request,
        "map.html",
        hops=known,
        facts=facts,
        platform=snapshot.platform,
        words=STATE_WORDS,
        empty=is_empty(snapshot),
    )


async def events(request: Request) -> Response:
    """Server-sent events: the numbers, whenever they were looked at."""
    live = live_of(request)

    async def told() -> AsyncIterator[dict[str, Any]]:
        async for snapshot in live.watch():
            yield {"event": "snapshot", "data": json.dumps(as_message(snapshot))}

    return EventSourceResponse(told(), ping=30)


def as_message(snapshot: Snapshot) -> dict[str, Any]:
    """What the page's script is told."""
    return {
        "platform": asdict(snapshot.platform),
        "empty": is_empty(snapshot),
        "hops": {name: asdict(facts) | {"word": STATE_WORDS[facts.state]} for name, facts in snapshot.hops.items()},
    }


def is_empty(snapshot: Snapshot) -> bool:
    """Whether nothing was published yet, so that the page says how to."""
    first = [snapshot.hops[name].state for name in ("topic", "app") if name in snapshot.hops]
    return bool(first) and all(state == "idle" for state in first)


def live_of(request: Request) -> Live:
    """The collection that all viewers share."""
    return cast(Live, request.app.state.live)


SECTION = site.Section("Map", "/", (Route("/", show_map, methods=["GET"]), Route("/events", events, methods=["GET"])))
