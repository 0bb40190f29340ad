"""Health: one HTTP question to a service on this machine."""

import http.client
import json
import socket

from amp_sandbox.runtime.service import Service


def is_healthy(service: Service, timeout: float = 2.0) -> bool:
    """Whether the service answers its health check with 200, or the one asked says that it is healthy.

    Never goes through a proxy.
    """
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=timeout)
    try:
        connection.request("GET", service.health_path)
        response = connection.getresponse()
        body = response.read()
        return response.status == http.client.OK and _says_healthy(body, service.health_member)
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


def _says_healthy(body: bytes, member: str | None) -> bool:
    return member is None or json.loads(body).get(member, {}).get("status") == "healthy"


def is_free(port: int) -> bool:
    """Whether a service could listen on a port of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are only winding down is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
