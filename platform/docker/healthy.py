#!/opt/amp-sandbox/.venv/bin/python -ISE
"""healthy PORT PATH [MEMBER]: a container's health check; exit code 0 when the service answers with 200.

With MEMBER, the part of the answer of that name has to say that it is healthy. Only `socket` is imported, as this runs
every few seconds in every container.
"""

import socket
import sys

port, path, *member = sys.argv[1:]
with socket.create_connection(("127.0.0.1", int(port)), timeout=4) as connection:
    connection.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
    answer = b""
    while part := connection.recv(65536):
        answer += part
healthy = answer.split(b" ", 2)[1:2] == [b"200"]
if healthy and member:
    import json

    told = json.loads(answer.partition(b"\r\n\r\n")[2])
    healthy = told.get(member[0], {}).get("status") == "healthy"
sys.exit(not healthy)
