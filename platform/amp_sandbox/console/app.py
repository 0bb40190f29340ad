"""The console's HTTP server: its sections, its static files, and what keeps other sites out.

**Left out:** TLS and logons; the server listens on 127.0.0.1 only, and `guard` says who is answered.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from amp_sandbox.console import site
from amp_sandbox.console.auditor import Auditor
from amp_sandbox.console.guard import READS, Guard, new_token
from amp_sandbox.console.live import Live
from amp_sandbox.console.pages import SECTIONS
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings

log = logging.getLogger(__name__)


def create_app(settings: Settings, live: Live | None = None, token: str | None = None) -> ASGIApp:
    """The server of one sandbox's console."""
    live = live or Live(settings)
    token = token or new_token()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await live.stop()

    async def health(_request: Request) -> Response:
        return JSONResponse({"healthy": True})

    app = Starlette(
        routes=[
            Route("/health", health, methods=["GET"]),
            Mount("/static", StaticFiles(directory=site.STATIC)),
            *(route for section in SECTIONS for route in section.routes),
        ],
        exception_handlers={
            SandboxError: _sandbox_error,
            BotoCoreError: _no_answer,
            ClientError: _no_answer,
            HTTPException: _http_error,
            Exception: _bug,
        },
        lifespan=lifespan,
    )
    app.state.settings, app.state.live, app.state.auditor = settings, live, Auditor(settings)
    app.state.token, app.state.sections = token, SECTIONS
    # Around everything, so that the page of a bug has the same headers as any other.
    return Guard(app, settings.console_port, token)


def _sandbox_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SandboxError)
    return _told(request, error, 503)


def _no_answer(request: Request, error: Exception) -> Response:
    log.warning("%s: %s", request.url.path, error)
    told = SandboxError("The sandbox does not answer as it should.", str(error), "See what is not well: sandbox status")
    return _told(request, told, 503)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = SandboxError(f"{error.detail}.", hint="All there is can be reached from the map.")
    return _told(request, told, error.status_code)


def _bug(request: Request, error: Exception) -> Response:
    """Starlette raises the error again afterwards, and so it is in the log."""
    told = SandboxError(
        "The console failed to make this page.", f"{type(error).__name__}: {error}", "See: sandbox logs console"
    )
    return _told(request, told, 500)


def _told(request: Request, error: SandboxError, status: int) -> Response:
    """A page for who reads, and JSON for the script that asked for an action."""
    if request.method in READS:
        return site.problem(request, error, status)
    return JSONResponse({"problem": error.what, "why": error.why or "", "hint": error.hint or ""}, status)
