"""One record's way, hop by hop."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amp_sandbox.console import site
from amp_sandbox.errors import SandboxError
from amp_sandbox.trace import Hop, Trace, trace

PLACES: Mapping[str, str] = {
    "published to SNS": "topic",
    "published to Kinesis": "app",
    "queue": "queue",
    "catalog-ingest": "ingest",
    "lake row": "raw",
    "error prefix": "raw",
}
"""The hop whose page tells more of a place."""

ENDS: Mapping[str, tuple[str, str]] = {
    "landed": ("It is in the lake.", "ready"),
    "failed": ("It could not be delivered, and is in the error prefix.", "failing"),
    "dead_lettered": ("It could not be ingested, and is in the dead-letter queue.", "failing"),
    "in_flight": ("It is on its way.", "moving"),
}


def show(request: Request) -> Response:
    """The form, and the way of the record that it asks for."""
    wanted = request.query_params.get("id", "").strip()
    found: Trace | None = None
    problem: SandboxError | None = None
    if wanted:
        try:
            found = trace(site.settings_of(request), wanted)
        except SandboxError as error:
            problem = error
    return site.page(
        request,
        "trace.html",
        404 if problem else 200,
        wanted=wanted,
        found=found,
        steps=_steps(found) if found else (),
        end=ENDS[found.state] if found else None,
        problem=problem,
    )


def _steps(found: Trace) -> list[tuple[Hop, float | None, str]]:
    """Each hop, how long after the first it was, and the page that tells more of it."""
    first = next((hop.at for hop in found.hops if hop.at), None)
    delivery = "catalog" if found.stream == "show-catalog" else "events"
    pages = {**PLACES, "Kinesis": f"{delivery}_stream", "Firehose delivery": f"{delivery}_delivery"}
    return [
        (
            hop,
            (hop.at - first).total_seconds() if hop.at and first else None,
            "/dead-letters" if hop.place == "dead-letter queue" else f"/hops/{pages.get(hop.place, 'raw')}",
        )
        for hop in found.hops
    ]


SECTION = site.Section("Trace", "/trace", (Route("/trace", show, methods=["GET"]),))
