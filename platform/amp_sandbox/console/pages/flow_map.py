"""The live map, and the event stream that keeps it up to date."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amp_sandbox.console import site
from amp_sandbox.console.flow import hops
from amp_sandbox.console.live import Snapshot
from amp_sandbox.console.pages import hop
from amp_sandbox.console.pages.states import NOTHING, STATE_WORDS, live_of


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
        verdict=request.app.state.auditor.latest,
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


SECTION = site.Section(
    "Map", "/", (Route("/", show_map, methods=["GET"]), Route("/events", events, methods=["GET"]), *hop.ROUTES)
)
