"""The logs of the services and of the functions: their end, and new lines as they come."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amp_sandbox import aws
from amp_sandbox.console import site
from amp_sandbox.runtime import log_files, logs
from amp_sandbox.settings import Settings

LINES = 200
FILE_SECONDS, OTHER_SECONDS = 0.5, 2.0


def index(request: Request) -> Response:
    """What logs there are."""
    settings = site.settings_of(request)
    return site.page(request, "logs.html", services=logs.names(settings), functions=_functions(settings))


def show(request: Request) -> Response:
    """The end of a log."""
    settings, source = site.settings_of(request), request.path_params["source"]
    lines = [line.text for line in logs.read(settings, source, LINES)]
    return site.page(request, "log.html", source=source, lines=lines)


async def follow(request: Request) -> Response:
    """Server-sent events: lines that are added from now on. One that follows a log costs nothing once it has left."""
    settings, source = site.settings_of(request), request.path_params["source"]
    tail = await site.in_thread(logs.tail, settings, source)
    pause = FILE_SECONDS if isinstance(tail, log_files.Tail) else OTHER_SECONDS

    async def told() -> AsyncIterator[dict[str, Any]]:
        while True:
            if lines := await site.in_thread(tail.new_lines):
                yield {"event": "lines", "data": json.dumps(lines)}
            await asyncio.sleep(pause)

    return EventSourceResponse(told(), ping=30)


def _functions(settings: Settings) -> list[str]:
    pages = (
        aws.client(settings, "logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=logs.GROUP_PREFIX)
    )
    return [group["logGroupName"].removeprefix(logs.GROUP_PREFIX) for page in pages for group in page["logGroups"]]


SECTION = site.Section(
    "Logs",
    "/logs",
    (
        Route("/logs", index, methods=["GET"]),
        Route("/logs/{source:path}/follow", follow, methods=["GET"]),
        Route("/logs/{source:path}", show, methods=["GET"]),
    ),
)
