import socket
import struct
import time
from collections.abc import Iterator

import pytest
from pygwire import messages

from amp_sandbox.warehouse.wire import framing
from amp_sandbox.warehouse.wire.framing import Gone, ProtocolError, Reader, TooSlow


@pytest.fixture
def pair() -> Iterator[tuple[Reader, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Reader(ours), theirs


def test_messages_are_found_whatever_the_parts_they_come_in(pair: tuple[Reader, socket.socket]) -> None:
    reader, client = pair
    sent = messages.Query(query_string="SELECT 1").to_wire() + messages.Sync().to_wire()
    for byte in sent:
        client.send(bytes([byte]))
    assert reader.message() == messages.Query(query_string="SELECT 1")
    assert reader.message() == messages.Sync()


@pytest.mark.parametrize("length", [-(2**31), -1, 0, 3, framing.MOST_BYTES + 1, 2**31 - 1])
def test_a_length_is_refused_before_the_body_is_read(pair: tuple[Reader, socket.socket], length: int) -> None:
    reader, client = pair
    client.send(b"Q" + struct.pack("!i", length))  # and nothing more: a reader that waited for it would hang
    with pytest.raises(ProtocolError, match="invalid message length"):
        reader.message()


@pytest.mark.parametrize("length", [-1, 0, 7, framing.MOST_STARTUP_BYTES + 1, 2**31 - 1])
def test_a_startup_length_is_refused_before_the_body_is_read(pair: tuple[Reader, socket.socket], length: int) -> None:
    reader, client = pair
    client.send(struct.pack("!i", length))
    with pytest.raises(ProtocolError, match="startup packet"):
        reader.startup()


@pytest.mark.parametrize(
    "message",
    [
        b"x\0\0\0\x04",
        b"Q\0\0\0\x05a",
        b"Q\0\0\0\x06\xff\0",
        b"P\0\0\0\x04",
        b"B\0\0\0\x07\0\0\x01",
        b"D\0\0\0\x04",
        b"E\0\0\0\x05\0",
    ],
)
def test_what_is_no_message_is_refused(pair: tuple[Reader, socket.socket], message: bytes) -> None:
    reader, client = pair
    client.send(message)
    with pytest.raises(ProtocolError):
        reader.message()


def test_a_client_that_leaves(pair: tuple[Reader, socket.socket]) -> None:
    reader, client = pair
    client.send(b"Q\0\0")
    client.close()
    with pytest.raises(Gone):
        reader.message()


def test_a_deadline_bounds_the_wait(pair: tuple[Reader, socket.socket]) -> None:
    reader, _ = pair
    reader.deadline = time.monotonic() + 0.01
    with pytest.raises(TooSlow):
        reader.startup()
