"""Ports that nobody uses, so that any number of test runs can go on side by side."""

import socket


def free_ports(count: int) -> list[int]:
    """Distinct ports of 127.0.0.1 that are free at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
