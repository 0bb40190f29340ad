"""Ports that nobody uses, so that any number of sandboxes can run side by side.

**Left out:** a promise that a port stays free. Somebody may take it before the sandbox does; `up` then says so.
"""

import random
import socket

# Below the ports that systems give to outgoing connections: one of those could be taken before a server binds it.
_LOWEST, _HIGHEST = 10_000, 32_000


def free_ports(count: int) -> list[int]:
    """Distinct ports of 127.0.0.1 that are free at this moment."""
    found: set[int] = set()
    for port in random.sample(range(_LOWEST, _HIGHEST), 1_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.add(port)
        if len(found) == count:
            return list(found)
    raise RuntimeError(f"fewer than {count} of 1,000 ports are free")
