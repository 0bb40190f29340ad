"""Mutated bytes at the server: it answers or ends that connection, and serves everybody else as before."""

import socket
import struct
from contextlib import closing, suppress

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fake_warehouse import DATABASE, USER
from support.wire_client import FLUSH, SYNC, Raw, bind, describe, dsn, execute, parse

from amp_sandbox.warehouse.wire.server import WireServer

QUERY = b"Q\0\0\0\x0dSELECT 1\0"
STARTUP_BODY = struct.pack("!i", 196608) + f"user\0{USER}\0database\0{DATABASE}\0\0".encode()
STARTUP = struct.pack("!i", len(STARTUP_BODY) + 4) + STARTUP_BODY
CANCEL = struct.pack("!iii", 16, 80877102, 1001) + b"1234"
BEFORE = [STARTUP, struct.pack("!ii", 8, 80877103), CANCEL, b"p\0\0\0\x08abc\0"]
AFTER = [
    QUERY,
    SYNC,
    FLUSH,
    parse("SELECT $1 AS a", "s", 23),
    bind("p", "s", b"1"),
    describe("S", "s"),
    describe("P", "p"),
    execute("p", 1),
    b"C\0\0\0\x07Ss\0",
    b"d\0\0\0\x05x",
    b"F\0\0\0\x0e\0\0\0\x01\0\0\0\0\0\0",
]


@st.composite
def mutated(draw: st.DrawFn, messages: list[bytes]) -> bytes:
    """Some messages, a few bytes of which are changed, removed, doubled or added."""
    data = bytearray(b"".join(draw(st.lists(st.sampled_from(messages), min_size=1, max_size=6))))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.sampled_from(("change", "remove", "add", "double"))):
            case "change":
                data[place : place + 1] = bytes([draw(st.integers(0, 255))])
            case "remove":
                del data[place : place + draw(st.integers(1, 8))]
            case "add":
                data[place:place] = draw(st.binary(min_size=1, max_size=8))
            case "double":
                data[place:place] = data[place : place + draw(st.integers(1, 16))]
    return bytes(data)


@pytest.mark.parametrize("logged_on", [False, True])
def test_mutated_bytes_harm_nobody_else(server: WireServer, logged_on: bool) -> None:
    @settings(max_examples=150, deadline=None)
    @given(mutated(AFTER) if logged_on else mutated(BEFORE))
    def throw(sent: bytes) -> None:
        with closing(Raw(server.port)) as client:
            if logged_on:
                client.log_on()
            with suppress(ConnectionError):  # the server may leave first
                client.send(sent)
                client.socket.shutdown(socket.SHUT_WR)
                while client.socket.recv(65_536):
                    pass

    with psycopg.connect(**dsn(server)) as other:
        throw()
        assert other.execute("SELECT 1").fetchone() == (1,)
    with psycopg.connect(**dsn(server)) as another:
        assert another.execute("SELECT 2").fetchone() == (2,)
