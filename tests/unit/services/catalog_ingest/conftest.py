import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest


@pytest.fixture(scope="session")
def ingest(load_function: Callable[..., SimpleNamespace], api: "FakeApi") -> SimpleNamespace:
    """The function's modules, asking the fake catalogue and hardly pausing between attempts."""
    environment = {"CATALOG_API_URL": api.url, "STREAM_NAME": "show-catalog", "QUEUE_URL": "http://queue"}
    modules = load_function("catalog_ingest", environment)
    modules.catalogue.BACKOFF_SECONDS = modules.stream.BACKOFF_SECONDS = 0.0001
    modules.catalogue.LONGEST_PAUSE_SECONDS = 0.001
    modules.catalogue.READ_SECONDS = 0.3
    return modules


@dataclass
class Answer:
    """What the fake catalogue answers: a status and a body, or nothing for as long as it is hanging."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    drops: bool = False
    trickles: bool = False


class FakeApi:
    """A catalogue service that answers what it is told, by show; one answer after the other, the last for ever."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self._answers: dict[str, list[Answer]] = {}
        self.asked: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                api.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def forget(self) -> None:
        self._answers.clear()
        self.asked.clear()

    def will_answer(self, show_id: str, *answers: Answer) -> None:
        self._answers[show_id] = list(answers)

    def has(self, show: dict[str, Any]) -> None:
        self.will_answer(show["show_id"], Answer(body=json.dumps(show).encode()))

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        show_id = request.path.removeprefix("/v1/shows/")
        self.asked.append(show_id)
        answers = self._answers.get(show_id) or [Answer(404, b"{}")]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer.hangs:
            self.released.wait(30)
        if answer.hangs or answer.drops:
            request.close_connection = True
            return
        request.send_response(answer.status)
        for name, value in answer.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(answer.body)))
        request.end_headers()
        if answer.trickles:
            for byte in answer.body:
                request.wfile.write(bytes([byte]))
                if self.released.wait(0.05):
                    return
        else:
            request.wfile.write(answer.body)


@pytest.fixture(scope="session")
def api() -> Iterator[FakeApi]:
    fake = FakeApi()
    thread = threading.Thread(target=fake.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    fake.released.set()
    fake.server.shutdown()
    thread.join()
    fake.server.server_close()


@pytest.fixture(scope="session")
def answering() -> type[Answer]:
    return Answer


class FakeKinesis:
    """Takes records and remembers them in order; refuses, for a time, what it is told to."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.requests: list[list[str]] = []
        self.fails_for: dict[str, int] = {}
        self.raises: list[Exception] = []

    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert StreamName == "show-catalog"
        self.requests.append([record["PartitionKey"] for record in Records])
        if self.raises:
            raise self.raises.pop(0)
        results = [self._put(record) for record in Records]
        return {"FailedRecordCount": sum("ErrorCode" in result for result in results), "Records": results}

    def _put(self, record: dict[str, Any]) -> dict[str, Any]:
        key = record["PartitionKey"]
        if self.fails_for.get(key, 0) > 0:
            self.fails_for[key] -= 1
            return {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"}
        self.taken.append(record)
        return {"ShardId": "shardId-000000000000", "SequenceNumber": str(len(self.taken))}


@pytest.fixture
def kinesis(ingest: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> FakeKinesis:
    fake = FakeKinesis()
    monkeypatch.setattr(ingest.app, "kinesis", fake)
    return fake


class FakeQueue:
    """Remembers when it is to deliver each message again, by receipt handle; refuses what it is told to."""

    def __init__(self) -> None:
        self.delays: dict[str, int] = {}
        self.requests: list[int] = []
        self.refuses: set[str] = set()
        self.raises: Exception | None = None

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == "http://queue"
        assert 0 < len(Entries) <= 10
        self.requests.append(len(Entries))
        if self.raises:
            raise self.raises
        failed = [entry for entry in Entries if entry["ReceiptHandle"] in self.refuses]
        taken = [entry for entry in Entries if entry not in failed]
        self.delays |= {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in taken}
        failures = [{"Id": entry["Id"], "Code": "ReceiptHandleIsInvalid", "SenderFault": True} for entry in failed]
        return {"Successful": [{"Id": entry["Id"]} for entry in taken], "Failed": failures}


@pytest.fixture(autouse=True)
def queue(ingest: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> FakeQueue:
    fake = FakeQueue()
    monkeypatch.setattr(ingest.app, "sqs", fake)
    return fake


@pytest.fixture
def invoke(ingest: SimpleNamespace) -> Callable[..., list[str]]:
    """Invoke the handler with these message bodies; return the indexes of those to be delivered again."""

    def call(*bodies: str, seconds: float = 30, receives: int = 1) -> list[int]:
        attributes = {"ApproximateReceiveCount": str(receives)}
        records = [
            {"messageId": f"m-{i}", "receiptHandle": f"r-{i}", "body": body, "attributes": attributes}
            for i, body in enumerate(bodies)
        ]
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: int(seconds * 1000))
        answer = ingest.app.lambda_handler({"Records": records}, context)
        return [int(failure["itemIdentifier"].removeprefix("m-")) for failure in answer["batchItemFailures"]]

    return call
