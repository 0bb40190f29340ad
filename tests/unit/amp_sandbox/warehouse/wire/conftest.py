"""A wire server in the test's process, on a free port, over a fake warehouse."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.fake_warehouse import FakeWarehouse
from support.wire_client import Raw, dsn

from amp_sandbox.warehouse.wire.certificate import tls_context
from amp_sandbox.warehouse.wire.server import Limits, WireServer


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse()


@pytest.fixture
def serve(warehouse: FakeWarehouse, tmp_path: Path) -> Iterator[Callable[..., WireServer]]:
    """Starts a server with limits."""
    started: list[WireServer] = []

    def start(limits: Limits = Limits(), tls: bool = True) -> WireServer:  # noqa: B008 - frozen
        context = tls_context(tmp_path / "tls") if tls else None
        server = WireServer(0, logins=warehouse, connect=warehouse.connect, tls=context, limits=limits)
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def server(serve: Callable[..., WireServer]) -> WireServer:
    return serve()


@pytest.fixture
def raw(server: WireServer) -> Iterator[Callable[[], Raw]]:
    """Makes raw clients of the server."""
    made: list[Raw] = []

    def connect() -> Raw:
        made.append(Raw(server.port))
        return made[-1]

    yield connect
    for client in made:
        client.close()


@pytest.fixture
def connect(server: WireServer) -> Iterator[Callable[..., psycopg.Connection[Any]]]:
    """Makes psycopg connections to the server."""
    made: list[psycopg.Connection[Any]] = []

    def new(**given: Any) -> psycopg.Connection[Any]:
        made.append(psycopg.connect(**dsn(server, **given), autocommit=True))
        return made[-1]

    yield new
    for connection in made:
        connection.close()
