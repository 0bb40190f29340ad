"""The HTTP server of the stand-in services.

It serves AWS's APIs, `GET /health`, and `GET /_sandbox/…` for the sandbox itself. Every request that is not
the sandbox's own is an AWS request of the service that its signature or target names. Operations are blocking
functions and run in a pool of threads; a service whose operations wait long has a pool of its own.

A request with another Host than this machine's is refused, so that no web page reads the stand-ins through a name of
its own that means 127.0.0.1 (DNS rebinding); requests that change anything need headers that no page may send unasked.

**Left out:** TLS and access control; the server listens where only this machine reaches it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from amp_sandbox.protocol import AwsError
from amp_sandbox.protocol.dispatch import answer
from amp_sandbox.protocol.wire import HttpRequest, service_of
from amp_sandbox.standins.service import Service, View

log = logging.getLogger(__name__)

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
# SQLite takes one writer at a time and the machine is small: more threads would only wait.
_THREADS = 8
_HOSTS = ["127.0.0.1", "localhost"]


def create_app(services: Sequence[Service]) -> Starlette:
    """The server of these services; their engines run while it does."""
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="request")
    own = {one.name: ThreadPoolExecutor(one.threads, thread_name_prefix=one.name) for one in services if one.threads}

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        engines = [engine for service in services for engine in service.engines]
        for engine in engines:
            engine.start()
        try:
            yield
        finally:
            await asyncio.to_thread(_stop, [engine.stop for engine in reversed(engines)])
            for each in (pool, *own.values()):
                each.shutdown()

    async def in_pool(work: Callable[[], Response], chosen: ThreadPoolExecutor = pool) -> Response:
        return await asyncio.get_running_loop().run_in_executor(chosen, work)

    async def health(_request: Request) -> Response:
        states = {service.name: service.health() for service in services}
        healthy = all(state["healthy"] for state in states.values())
        return JSONResponse({"healthy": healthy, "services": states}, 200 if healthy else 503)

    contexts = {service.name: service.context for service in services}

    async def aws(request: Request) -> Response:
        received = HttpRequest(request.method, _raw_url(request), dict(request.headers), await request.body())
        return await in_pool(partial(_answer_aws, received, contexts), own.get(_service_of(received), pool))

    def page(service: Service, view: View) -> Callable[[Request], Any]:
        async def show(request: Request) -> Response:
            params = {**request.query_params, **request.path_params}
            return await in_pool(partial(_answer_view, service, view, params))

        return show

    views = [
        Route(f"/_sandbox/{service.name}/{path}", page(service, view), methods=["GET"])
        for service in services
        for path, view in service.views.items()
    ]
    routes = [
        Route("/health", health, methods=["GET"]),
        *views,
        Route("/{path:path}", aws, methods=_METHODS),
    ]
    own_hosts = Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)
    return Starlette(routes=routes, lifespan=lifespan, middleware=[own_hosts])


def _service_of(received: HttpRequest) -> str:
    """The service that a request names; empty when it names none, which its answer says."""
    try:
        return service_of(received)
    except AwsError:
        return ""


def _answer_aws(received: HttpRequest, contexts: Mapping[str, Any]) -> Response:
    answered = answer(received, contexts)
    return Response(answered.body, answered.status, dict(answered.headers))


def _answer_view(service: Service, view: View, params: Mapping[str, str]) -> Response:
    try:
        return JSONResponse(view(service.context("sandbox"), params))
    except AwsError as error:
        return JSONResponse({"error": error.code, "message": error.message}, error.status)


def _stop(stops: Sequence[Callable[[], None]]) -> None:
    for stop in stops:
        try:
            stop()
        except Exception:
            log.exception("an engine did not stop")


def _raw_url(request: Request) -> str:
    path = request.scope["raw_path"].decode("ascii")
    query = request.scope["query_string"].decode("ascii")
    host = request.headers.get("host", "127.0.0.1")
    return f"http://{host}{path}" + (f"?{query}" if query else "")
