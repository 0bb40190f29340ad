"""A wire server in the test's process, on a free port, over a fake warehouse."""

import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.fake_warehouse import DATABASE, PASSWORD, USER, FakeWarehouse

from amp_sandbox.warehouse.security import passwords
from amp_sandbox.warehouse.wire.certificate import tls_context
from amp_sandbox.warehouse.wire.server import Limits, WireServer


class Raw:
    """A client that sends the bytes it is told to, and reads messages."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def message(self, identifier: bytes, body: bytes = b"") -> None:
        self.send(identifier + struct.pack("!i", len(body) + 4) + body)

    def startup(self, version: int = 196608, **given: str) -> None:
        pairs = b"".join(f"{name}\0{value}\0".encode() for name, value in given.items())
        body = struct.pack("!i", version) + pairs + b"\0"
        self.send(struct.pack("!i", len(body) + 4) + body)

    def read(self) -> tuple[bytes, bytes]:
        """The next message; `(b"", b"")` when the server has closed the connection."""
        head = self.exactly(5)
        if len(head) < 5:
            return b"", b""
        return head[:1], self.exactly(struct.unpack("!i", head[1:])[0] - 4)

    def until(self, *identifiers: bytes) -> list[tuple[bytes, bytes]]:
        """Messages up to the first of one of these kinds, or to the end of the connection."""
        found = []
        while True:
            found.append(self.read())
            if found[-1][0] in (*identifiers, b""):
                return found

    def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                return data
            data += part
        return data

    def log_on(self, **given: str) -> None:
        """By MD5, as Redshift's drivers do."""
        self.startup(user=USER, database=DATABASE, driver_version="tests", **given)
        kind, body = self.read()
        assert (kind, body[:4]) == (b"R", struct.pack("!i", 5))
        stored = passwords.md5_of(USER, PASSWORD)
        self.message(b"p", md5_response(stored, body[4:]) + b"\0")
        assert self.until(b"Z", b"E")[-1] == (b"Z", b"I")

    def query(self, sql: str) -> list[tuple[bytes, bytes]]:
        self.message(b"Q", sql.encode() + b"\0")
        return self.until(b"Z")


def md5_response(stored: str, salt: bytes) -> bytes:
    import hashlib

    return b"md5" + hashlib.md5(stored[3:].encode() + salt, usedforsecurity=False).hexdigest().encode()


def fields(body: bytes) -> dict[str, str]:
    """The fields of an error or notice."""
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


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
        client.socket.close()


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


def dsn(server: WireServer, **given: Any) -> dict[str, Any]:
    """How psycopg finds the server."""
    return {
        "host": "127.0.0.1",
        "port": server.port,
        "user": USER,
        "password": PASSWORD,
        "dbname": DATABASE,
        "sslmode": "disable",
    } | given
