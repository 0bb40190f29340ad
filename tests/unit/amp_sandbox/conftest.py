"""A stand-in server inside the test process, and boto3 clients of it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3
import pytest
import uvicorn
from botocore.config import Config
from support.waiting import eventually

from amp_sandbox.standins.app import create_app
from amp_sandbox.standins.service import Service

Serve = Callable[[Sequence[Service]], str]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Serves stand-in services on a free port until the module's tests have run; answers the endpoint's URL."""
    started: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(services: Sequence[Service]) -> str:
        server = uvicorn.Server(uvicorn.Config(create_app(services), host="127.0.0.1", port=0, log_config=None))
        thread = threading.Thread(target=server.run)
        thread.start()
        started.append((server, thread))
        eventually(lambda: server.started, bool, timeout=10, what="the server's start")
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    yield start
    for server, thread in started:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def client_of() -> Callable[..., Any]:
    """Makes a boto3 client: `client_of("firehose", endpoint)`; with `validate` False it sends what it is given."""

    def client(service: str, endpoint: str, *, validate: bool = True) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(
                parameter_validation=validate, inject_host_prefix=False, retries={"total_max_attempts": 1}, proxies={}
            ),
        )

    return client
