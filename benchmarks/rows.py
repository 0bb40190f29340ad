"""What is measured: each row a function of a running sandbox that returns figures by name, with their units."""

import base64
import io
import json
import statistics
import threading
import time
import urllib.request
import uuid
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import psutil
import warehouse
from crawls import crawl
from figure import Figure
from spark_events import spark

from amp_sandbox import aws
from amp_sandbox.audit import audit, sources
from amp_sandbox.demo.hops import HopSummary, summarise
from amp_sandbox.lake import open_lake
from amp_sandbox.publish import ledger
from amp_sandbox.publish.publisher import Message, Publisher
from amp_sandbox.publish.seed import Plan, seed
from amp_sandbox.publish.streams import app_events, catalog_changes
from amp_sandbox.publish.targets import SnsTarget
from amp_sandbox.runtime.processes import find
from amp_sandbox.settings import Settings

LONE_CHANGES = 40
CHANGES = 3_000
MESSAGES = 5_000
EVENTS = 100_000
PUTS, PUT_RECORDS = 240, 500
INVOCATIONS = 300


Row = Callable[[Settings], list[Figure]]


def invoke(settings: Settings) -> list[Figure]:
    """A warm function, invoked by a client of the gateway."""
    client = aws.client(settings, "lambda")
    payload = json.dumps(_firehose_event([b'{"not": "a show"}'])).encode()

    def call() -> float:
        started = time.perf_counter()
        client.invoke(FunctionName=settings.function_name("show-flattener"), Payload=payload)["Payload"].read()
        return (time.perf_counter() - started) * 1000

    call()
    times = [call() for _ in range(INVOCATIONS)]
    return [
        Figure("warm invoke p50", statistics.median(times), "ms", "15"),
        Figure("warm invoke p95", statistics.quantiles(times, n=20)[-1], "ms"),
    ]


def lake(settings: Settings) -> list[Figure]:
    """Single catalogue changes on an idle platform: from publication to the function, and to the lake."""
    shows = _shows(settings)
    stream = catalog_changes(settings)
    run = ledger.new_run()
    target = SnsTarget(aws.client(settings, "sns"), settings.topic_arn)
    with Publisher(target, ledger.LedgerFile(ledger.folder(settings, stream.name), run)) as publisher:
        for number in range(LONE_CHANGES):
            message = _change(shows[number % len(shows)])
            publisher.put(Message(message["change_id"], json.dumps(message).encode()))
            publisher.flush()
            time.sleep(0.7)  # apart, so that each finds an idle queue
    audit(settings, 60)
    hops = {hop.hop: hop for hop in summarise(settings, run) if hop.stream == stream.name}
    return [
        Figure("lone change published -> ingested p95", _of(hops["Lambda ingested"].p95_ms), "ms", "200"),
        Figure("lone change published -> lake p50", _of(hops["in the lake"].p50_ms), "ms", "1,500"),
        Figure("lone change published -> lake p95", _of(hops["in the lake"].p95_ms), "ms", "2,500"),
    ]


def changes(settings: Settings) -> list[Figure]:
    """Catalogue changes as fast as they can be announced: SNS, SQS, function, stream."""
    shows = _shows(settings)
    stream = catalog_changes(settings)
    run = ledger.new_run()
    target = SnsTarget(aws.client(settings, "sns"), settings.topic_arn)
    started = time.perf_counter()
    with Publisher(target, ledger.LedgerFile(ledger.folder(settings, stream.name), run)) as publisher:
        for number in range(CHANGES):
            message = _change(shows[number % len(shows)])
            publisher.put(Message(message["change_id"], json.dumps(message).encode()))
    announced = time.perf_counter() - started
    audit(settings, 120)
    with open_lake(settings) as lake:
        (answer,) = lake.query("select epoch_ms(max(ingested_at)) from raw.show_catalog")
        (last_ms,) = next(iter(answer.rows))
    return [
        Figure("catalogue changes announced", CHANGES / announced, "/s"),
        Figure(
            "catalogue changes ingested",
            CHANGES / (last_ms / 1000 - _first_sent(settings, stream.name, run)),
            "/s",
        ),
    ]


def queue(settings: Settings) -> list[Figure]:
    """A full queue, taken by a function that does nothing: what SQS and Lambda themselves can do."""
    sqs, functions = aws.client(settings, "sqs"), aws.client(settings, "lambda")
    name = f"bench-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for start in range(0, MESSAGES, 10):
        entries = [{"Id": str(n), "MessageBody": f"message {start + n}"} for n in range(10)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def lambda_handler(event, context):\n    return {'batchItemFailures': []}\n")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="app.lambda_handler",
        Role=f"arn:aws:iam::{settings.account_id}:role/bench",
        Code={"ZipFile": code.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    mapping = functions.create_event_source_mapping(
        FunctionName=name, EventSourceArn=arn, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"]
    )["UUID"]
    try:
        _until_left(sqs, url, MESSAGES - 100)  # the processes have started
        started = time.perf_counter()
        _until_left(sqs, url, 0)
        seconds = time.perf_counter() - started
    finally:
        functions.delete_event_source_mapping(UUID=mapping)
        functions.delete_function(FunctionName=name)
        sqs.delete_queue(QueueUrl=url)
    return [Figure("SQS to a function, batches of 10", (MESSAGES - 100) / seconds, "/s", "500")]


def events(settings: Settings) -> list[Figure]:
    """App events through Kinesis, Firehose with its transform, and S3."""
    seeded = seed(settings, Plan(changes=0, events=EVENTS))
    found = audit(settings, 180)
    account = next(one for one in found.streams if one.stream == settings.events_stream)
    hop: HopSummary = next(
        h for h in summarise(settings, seeded.run) if (h.stream, h.hop) == (account.stream, "in the lake")
    )
    return [
        Figure("app events published", EVENTS / seeded.seconds, "/s"),
        Figure(
            "app events sustained to the lake",
            EVENTS / _sustained_seconds(settings, seeded.run),
            "/s",
            "5,000",
        ),
        Figure("app events published -> lake p50", _of(hop.p50_ms), "ms"),
        Figure("app events lost", account.lost, "", "0"),
        Figure("app events duplicated by the pipeline", account.duplicates, "", "0"),
    ]


def direct_put(settings: Settings) -> list[Figure]:
    """Records put on a delivery stream, through the gateway and at the stand-in's own endpoint."""
    firehose = aws.client(settings, "firehose")
    name = f"bench-{uuid.uuid4().hex[:8]}"
    role = aws.client(settings, "iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    firehose.create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": f"arn:aws:s3:::{settings.raw_bucket}",
            "Prefix": "bench/",
            "ErrorOutputPrefix": "errors/bench/",
            "BufferingHints": {"IntervalInSeconds": 1, "SizeInMBs": 16},
        },
    )
    try:
        _until_active(firehose, name)
        direct = aws.client(settings.model_copy(update={"localstack_port": settings.standins_port}), "firehose")
        return [
            Figure("firehose direct put, through LocalStack", _put_rate(firehose, name), "/s"),
            Figure("firehose direct put, at the stand-in", _put_rate(direct, name), "/s", "20,000"),
        ]
    finally:
        firehose.delete_delivery_stream(DeliveryStreamName=name)


def memory(settings: Settings) -> list[Figure]:
    """All processes of the sandbox, after the work above."""
    total = sum(process.memory_info().rss for process in find(settings.home) if _alive(process))
    return [Figure("memory of everything", total / 2**20, "MB", "3,000")]


ROWS: Mapping[str, Row] = {
    "invoke": invoke,
    "lake": lake,
    "changes": changes,
    "queue": queue,
    "events": events,
    "direct_put": direct_put,
    "crawl": crawl,
    "spark": spark,
    "warehouse_point": warehouse.point,
    "warehouse_fetch": warehouse.fetch,
    "warehouse_clients": warehouse.clients,
    "warehouse_marts": warehouse.marts,
    "memory": memory,
}


def _put_rate(client: Any, name: str) -> float:
    records = [{"Data": f'{{"n": {n}, "text": "{"x" * 280}"}}\n'.encode()} for n in range(PUT_RECORDS)]
    left = threading.Semaphore(PUTS)
    failed: list[int] = []

    def put() -> None:
        while left.acquire(blocking=False):
            failed.append(client.put_record_batch(DeliveryStreamName=name, Records=records)["FailedPutCount"])

    threads = [threading.Thread(target=put) for _ in range(4)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if len(failed) != PUTS or any(failed):
        raise RuntimeError(f"{len(failed)} of {PUTS} puts were answered, and {sum(failed)} records refused")
    return PUTS * PUT_RECORDS / seconds


def _until_left(sqs: Any, url: str, most: int) -> None:
    """Wait until so many messages are left in a queue, at most."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    deadline = time.monotonic() + 60
    while True:
        counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        left = sum(int(count) for count in counts.values())
        if left <= most:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{left} messages are left after 60 s")
        time.sleep(0.02)


def _until_active(firehose: Any, name: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        if described["DeliveryStreamStatus"] == "ACTIVE":
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{name} is {described['DeliveryStreamStatus']} after 30 s")
        time.sleep(0.05)


def _sustained_seconds(settings: Settings, run: str) -> float:
    """Seconds from the first event that was sent to the last that was delivered."""
    last: float = max(one["delivered_at"] for one in sources.deliveries(settings, app_events(settings)))
    return last - _first_sent(settings, settings.events_stream, run)


def _first_sent(settings: Settings, stream: str, run: str) -> float:
    """When the run's first record was sent, in seconds."""
    files = [path for path in ledger.files(settings, stream) if run in path]
    with duckdb.connect() as db:
        row = db.execute(f"SELECT min(sent_ms) FROM {ledger.relation('$files')}", {"files": files}).fetchone()
    if row is None:
        raise RuntimeError(f"the ledger has nothing of run {run}")
    return float(row[0]) / 1000


def _shows(settings: Settings) -> list[str]:
    """Ids of shows that the catalogue has, from a seed that only loads it."""
    seed(settings, Plan(changes=0, events=0))
    with urllib.request.urlopen(f"{settings.catalog_api_url}/v1/shows?limit=50") as answer:
        page = json.load(answer)
    return [show["show_id"] for show in page["items"]]


def _change(show_id: str) -> dict[str, str]:
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return {"change_id": str(uuid.uuid4()), "change_type": "show_updated", "show_id": show_id, "changed_at": now}


def _firehose_event(bodies: list[bytes]) -> dict[str, Any]:
    records = [
        {"recordId": str(n), "approximateArrivalTimestamp": 0, "data": base64.b64encode(body).decode()}
        for n, body in enumerate(bodies)
    ]
    return {"invocationId": "bench", "deliveryStreamArn": "arn", "region": "us-east-1", "records": records}


def _of(value: float | None) -> float:
    if value is None:
        raise RuntimeError("nothing was measured: no record came by")
    return value


def _alive(process: psutil.Process) -> bool:
    return bool(process.is_running())
