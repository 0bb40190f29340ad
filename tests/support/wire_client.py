"""A client of the wire that sends the bytes it is told to, and how psycopg finds the same server."""

import hashlib
import socket
import struct
from typing import Any

from amp_sandbox.warehouse.security import passwords
from amp_sandbox.warehouse.wire.server import WireServer
from support.fake_warehouse import DATABASE, PASSWORD, USER


class Raw:
    """A client that sends the bytes it is told to, and reads messages."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def close(self) -> None:
        self.socket.close()

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
    return b"md5" + hashlib.md5(stored[3:].encode() + salt, usedforsecurity=False).hexdigest().encode()


def fields(body: bytes) -> dict[str, str]:
    """The fields of an error or notice."""
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


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


def parse(sql: str, name: str = "", *oids: int) -> bytes:
    body = f"{name}\0{sql}\0".encode() + struct.pack(f"!h{len(oids)}i", len(oids), *oids)
    return b"P" + struct.pack("!i", len(body) + 4) + body


def bind(portal: str = "", statement: str = "", *given: bytes | None, formats: tuple[int, ...] = ()) -> bytes:
    body = f"{portal}\0{statement}\0".encode() + struct.pack("!hh", 0, len(given))
    for value in given:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
    body += struct.pack(f"!h{len(formats)}h", len(formats), *formats)
    return b"B" + struct.pack("!i", len(body) + 4) + body


def execute(portal: str = "", most: int = 0) -> bytes:
    body = f"{portal}\0".encode() + struct.pack("!i", most)
    return b"E" + struct.pack("!i", len(body) + 4) + body


def describe(kind: str, name: str = "") -> bytes:
    return b"D" + struct.pack("!i", len(name) + 6) + f"{kind}{name}\0".encode()


SYNC, FLUSH = b"S\0\0\0\x04", b"H\0\0\0\x04"
