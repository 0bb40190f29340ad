"""What all pages of the console share: the layout, how values are written, and how an error becomes a page.

A *section* is an entry of the navigation and its routes. A page is a plain function: request in, `page(…)` out; it may
block, as Starlette runs it in a thread. Templates escape every value by themselves; none says `safe`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute

from amp_sandbox.console import formats
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

T = TypeVar("T")


@dataclass(frozen=True)
class Section:
    """A part of the console: its name in the navigation, where that leads, and its routes."""

    title: str
    path: str
    routes: Sequence[BaseRoute]


def settings_of(request: Request) -> Settings:
    """The settings of the sandbox that is shown."""
    return cast(Settings, request.app.state.settings)


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from one of the templates, with what the layout needs."""
    shared = {
        "settings": settings_of(request),
        "sections": request.app.state.sections,
        "token": request.app.state.token,
        "path": request.url.path,
    }
    html = _templates().get_template(template).render(shared | values)
    # Records hold what people wrote, and half a surrogate pair is among it, which UTF-8 cannot say.
    return HTMLResponse(html.encode("utf-8", "replace"), status)


def problem(request: Request, error: SandboxError, status: int = 503) -> HTMLResponse:
    """The page that says what failed, why, and what to do."""
    return page(request, "problem.html", status, problem=error)


async def in_thread(work: Callable[..., T], *given: Any) -> T:
    """Do blocking work without holding up the other viewers."""
    return await run_in_threadpool(work, *given)


def _templates() -> Environment:
    global _environment
    if _environment is None:
        # Every template is HTML, whatever its name ends in.
        _environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        _environment.filters.update(formats.FILTERS)
    return _environment


_environment: Environment | None = None
