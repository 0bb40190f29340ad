"""Each function under AWS's own runtime client, in an environment like that of the managed runtime.

It shows that a function needs nothing that AWS does not bring, and what its log lines look like there.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import base64
import json
import os
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fastjsonschema
import pytest

REPOSITORY = Path(__file__).parents[3]
SERVICES = REPOSITORY / "services"
# Nobody listens there, as nobody does where AWS has an outage.
QUEUE_URL = "http://127.0.0.1:1/queue"
PYTHON = REPOSITORY / ".envs" / "lambda" / "bin" / "python"


class RuntimeApi(ThreadingHTTPServer):
    """Hands out one invocation and keeps what the function answered; then lets it wait for ever."""

    daemon_threads = True

    def __init__(self, event: object) -> None:
        super().__init__(("127.0.0.1", 0), Invocations)
        self.events = queue.Queue()
        self.events.put(event)
        self.answers = queue.Queue()
        self.done = threading.Event()


class Invocations(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        try:
            event = self.server.events.get_nowait()
        except queue.Empty:
            self.server.done.wait(60)
            self.close_connection = True
            return
        body = json.dumps(event).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")  # the runtime client dies without it
        self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
        self.send_header("Lambda-Runtime-Deadline-Ms", "4000000000000")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:f")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.server.answers.put((self.path, self.body()))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def body(self) -> bytes:
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(event: object) -> Iterator[RuntimeApi]:
    api = RuntimeApi(event)
    thread = threading.Thread(target=api.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        api.done.set()
        api.shutdown()
        thread.join()
        api.server_close()


def invoke(function: str, event: object, variables: dict[str, str], python_path: str) -> tuple[dict, list[dict]]:
    with served(event) as api:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": python_path,
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            "LAMBDA_TASK_ROOT": str(SERVICES / function),
            **variables,
        }
        process = subprocess.Popen(
            [PYTHON, "-m", "awslambdaric", "app.lambda_handler"],
            cwd=SERVICES / function,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            path, answer = api.answers.get(timeout=30)
        finally:
            process.kill()
            output, _ = process.communicate()
    assert path.endswith("/request-1/response"), f"{answer.decode()}\n{output}"
    return json.loads(answer), [json.loads(line) for line in output.splitlines()]


@pytest.fixture(scope="session")
def layer(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The event_contracts layer, its one dependency beside it, as built for AWS."""
    folder = tmp_path_factory.mktemp("layer")
    for package in (SERVICES / "event_contracts" / "event_contracts", Path(fastjsonschema.__file__).parent):
        (folder / package.name).symlink_to(package)
    return str(folder)


FIREHOSE_EVENT = {"records": [{"recordId": "r-0", "data": base64.b64encode(b"not json").decode()}]}
FAILED = {"records": [{**FIREHOSE_EVENT["records"][0], "result": "ProcessingFailed"}]}


@pytest.mark.parametrize(
    ("function", "message"), [("show_flattener", "not flattened"), ("event_transform", "not transformed")]
)
def test_a_transform_runs_and_logs_json(layer, function, message):
    answer, lines = invoke(function, FIREHOSE_EVENT, {}, layer)
    assert answer == FAILED
    (line,) = lines
    assert {name: line[name] for name in ("level", "message", "record_id", "reason", "requestId")} == {
        "level": "WARNING",
        "message": message,
        "record_id": "r-0",
        "reason": "the record is not JSON",
        "requestId": "request-1",
    }


def test_catalog_ingest_runs_and_logs_json():
    body = json.dumps(
        {
            "change_id": "0f9d3c3a-6d1b-4f0e-9a55-0f3a7e1c2b11",
            "change_type": "show_created",
            "show_id": "show_a",
            "changed_at": "2026-11-22T10:00:00.000Z",
        }
    )
    attributes = {"ApproximateReceiveCount": "2"}
    message = {"messageId": "m-0", "receiptHandle": "r-0", "body": body, "attributes": attributes}
    variables = {"CATALOG_API_URL": "http://127.0.0.1:1", "STREAM_NAME": "show-catalog", "QUEUE_URL": QUEUE_URL}
    answer, lines = invoke("catalog_ingest", {"Records": [message]}, variables, "")
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-0"}]}
    (line,) = [line for line in lines if line["message"] == "not ingested"]
    del line["timestamp"], line["detail"]
    assert line == {
        "level": "WARNING",
        "message": "not ingested",
        "logger": "app",
        "requestId": "request-1",
        "message_id": "m-0",
        "change_id": "0f9d3c3a-6d1b-4f0e-9a55-0f3a7e1c2b11",
        "change_type": "show_created",
        "show_id": "show_a",
        "changed_at": "2026-11-22T10:00:00.000Z",
        "reason": "api_unavailable",
        "receives": 2,
    }
