"""Dead letters with their reasons, and the button that moves them back."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from amp_sandbox.console import dead_letters, site
from amp_sandbox.console.dead_letters import DeadLetters
from amp_sandbox.console.formats import plural
from amp_sandbox.console.tables import Table, body, count, identifier, moment, problem, record


def show(request: Request) -> Response:
    """Every dead-letter queue."""
    settings = site.settings_of(request)
    found = [
        (letters, _table(letters, settings.dead_letter_queue_name)) for letters in dead_letters.dead_letters(settings)
    ]
    return site.page(request, "dead_letters.html", queues=found)


def redrive(request: Request) -> Response:
    """Move a queue's letters back."""
    moved = dead_letters.redrive(site.settings_of(request), request.path_params["queue"])
    return JSONResponse({"told": f"{plural(moved, 'message')} on the way back."})


def _table(found: DeadLetters, changes: str) -> Table:
    rows = [
        (
            moment(letter.sent),
            record(letter.id) if found.queue == changes else identifier(letter.message_id),
            count(letter.receives),
            problem(letter.reason),
            body(letter.body),
        )
        for letter in found.letters
    ]
    note = f"The first {len(rows)} of {found.count:,}." if found.count > len(rows) else ""
    return Table(found.queue, ("sent", "message", "received", "why", "body"), rows, "Nothing was put aside.", note=note)


SECTION = site.Section(
    "Dead letters",
    "/dead-letters",
    (
        Route("/dead-letters", show, methods=["GET"]),
        Route("/dead-letters/{queue}/redrive", redrive, methods=["POST"]),
    ),
)
