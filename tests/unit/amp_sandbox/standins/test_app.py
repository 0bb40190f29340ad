import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from amp_sandbox.mwaa import environments as _environments  # noqa: F401 - registers its operations
from amp_sandbox.protocol import AwsError, Context
from amp_sandbox.standins.app import create_app
from amp_sandbox.standins.engine import Engine
from amp_sandbox.standins.service import Service


def context(request_id: str) -> Context:
    db = sqlite3.connect(":memory:")
    return Context(db, "us-east-1", "000000000000", request_id, lambda: 0.0, lambda _service: None)


def echo(ctx: Context, params: Mapping[str, str]) -> dict[str, Any]:
    if params["name"] == "nobody":
        raise AwsError("ResourceNotFoundException", "nobody is not here", 404)
    return {"params": dict(params), "region": ctx.region}


class Recorder:
    """An engine that notes its start and stop."""

    last_error = None

    def __init__(self, name: str, notes: list[str], *, stuck: bool = False) -> None:
        self.name, self._notes, self._stuck = name, notes, stuck

    def start(self) -> None:
        self._notes.append(f"start {self.name}")

    def stop(self) -> None:
        self._notes.append(f"stop {self.name}")
        if self._stuck:
            raise RuntimeError("still running")

    def is_alive(self) -> bool:
        return True


def get(url: str) -> tuple[int, Any]:
    response = urllib3.request("GET", url)
    return response.status, json.loads(response.data)


def test_health_and_pages(serve: Callable[[Sequence[Service]], str]) -> None:
    engine = Engine("worker", lambda: None, 0.01)
    endpoint = serve([Service("firehose", context, [engine], {"streams/{name}": echo})])
    assert get(f"{endpoint}/health") == (
        200,
        {
            "healthy": True,
            "services": {
                "firehose": {
                    "healthy": True,
                    "engines": [{"name": "worker", "alive": True, "last_error": None}],
                }
            },
        },
    )
    assert get(f"{endpoint}/_sandbox/firehose/streams/a?limit=3") == (
        200,
        {"params": {"limit": "3", "name": "a"}, "region": "us-east-1"},
    )
    assert get(f"{endpoint}/_sandbox/firehose/streams/nobody") == (
        404,
        {"error": "ResourceNotFoundException", "message": "nobody is not here"},
    )


@pytest.mark.parametrize(
    ("host", "status"), [("127.0.0.1:4570", 200), ("localhost", 200), ("evil.example:4570", 400), ("", 400)]
)
@pytest.mark.parametrize("path", ["health", "_sandbox/firehose/streams/a"])
def test_only_names_of_this_machine_are_answered_for(
    serve: Callable[[Sequence[Service]], str], host: str, status: int, path: str
) -> None:
    endpoint = serve([Service("firehose", context, [], {"streams/{name}": echo})])
    assert urllib3.request("GET", f"{endpoint}/{path}", headers={"Host": host}).status == status


def test_health_is_503_when_an_engine_is_dead(serve: Callable[[Sequence[Service]], str]) -> None:
    engine = Engine("worker", lambda: None, 0.01)
    endpoint = serve([Service("firehose", context, [engine])])
    engine.stop()
    status, body = get(f"{endpoint}/health")
    assert (status, body["healthy"]) == (503, False)
    assert body["services"]["firehose"]["engines"][0]["alive"] is False


def test_engines_start_in_order_and_stop_in_reverse_even_when_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    notes: list[str] = []
    services = [
        Service("glue", context, [Recorder("a", notes), Recorder("b", notes, stuck=True)]),
        Service("firehose", context, [Recorder("c", notes)]),
    ]
    app = create_app(services)

    async def live() -> None:
        async with app.router.lifespan_context(app):
            assert notes == ["start a", "start b", "start c"]

    asyncio.run(live())
    assert notes[3:] == ["stop c", "stop b", "stop a"]
    assert "an engine did not stop" in caplog.text


def test_a_service_whose_requests_wait_long_leaves_the_others_their_threads(
    serve: Callable[[Sequence[Service]], str], client_of: Callable[..., Any]
) -> None:
    waiting, go_on = threading.Semaphore(0), threading.Event()

    def patient(_request_id: str) -> Context:
        waiting.release()
        assert go_on.wait(20)
        raise AwsError("ValidationException", "it has waited")

    endpoint = serve(
        [Service("mwaa", patient, threads=12), Service("firehose", context, views={"streams/{name}": echo})]
    )
    mwaa = client_of("mwaa", endpoint)
    with ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(mwaa.list_environments) for _ in range(12)]
        try:
            assert all(waiting.acquire(timeout=10) for _ in asked)
            assert get(f"{endpoint}/_sandbox/firehose/streams/a")[0] == 200
        finally:
            go_on.set()
        assert all("it has waited" in str(one.exception()) for one in asked)
