"""`kill -9` in the middle of a run through the deployed platform loses nothing, and says so in an audit."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.delivery_streams import DeliveryStreams, Lake, delivery_streams
from support.waiting import eventually

from amp_sandbox import paths
from amp_sandbox.audit import StreamAudit, audit, sources
from amp_sandbox.publish.seed import Plan, Seeded, seed
from amp_sandbox.publish.streams import Stream, app_events, catalog_changes
from amp_sandbox.runtime import processes, supervisord
from amp_sandbox.runtime.facts import ServiceStatus
from amp_sandbox.runtime.status import status
from amp_sandbox.settings import Settings

EVENTS, CHANGES = 50_000, 300
SETTLE_SECONDS = 60.0
WRITES_IN_FLIGHT = 4  # of one delivery stream


@pytest.fixture
def lake(client: Callable[[str], Any]) -> Iterator[Lake]:
    lake = Lake(client)
    yield lake
    lake.close()


@pytest.fixture
def streams(lake: Lake) -> Iterator[DeliveryStreams]:
    with delivery_streams(lake) as streams:
        yield streams


@pytest.fixture
def short_visibility(sandbox: Settings, client: Callable[[str], Any]) -> Iterator[None]:
    """What a killed function had taken from the queue comes back after 8 seconds instead of 180."""
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=sandbox.queue_name)["QueueUrl"]
    usual = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "8"})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes=usual)


class Seeding(threading.Thread):
    """Publishes a plan in the background."""

    def __init__(self, settings: Settings, plan: Plan) -> None:
        super().__init__(name="seeding")
        self._settings, self._plan = settings, plan
        self._seeded: Seeded | None = None

    def run(self) -> None:
        self._seeded = seed(self._settings, self._plan)

    def result(self) -> Seeded:
        """What was published, once it is; the thread's own error is in pytest's report."""
        self.join(60)
        assert self._seeded is not None, "the seeding failed, or goes on"
        assert not self._seeded.refused
        return self._seeded


@contextmanager
def seeding(settings: Settings, plan: Plan) -> Iterator[Seeding]:
    thread = Seeding(settings, plan)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(60)


def delivery_begins(settings: Settings, prefix: str) -> None:
    """Wait until an object lands that was not there at the time of the call."""
    before = set(sources.object_keys(settings, prefix))
    eventually(
        lambda: set(sources.object_keys(settings, prefix)) - before, bool, timeout=30, what=f"objects below {prefix}"
    )


def accounts(settings: Settings) -> dict[str, StreamAudit]:
    """The audit by stream, when nothing is in flight any more."""
    found = {account.stream: account for account in audit(settings, SETTLE_SECONDS).streams}
    for account in found.values():
        assert account.in_flight == 0, account
        assert account.unrecorded == 0, account
    return found


def service(settings: Settings, name: str) -> ServiceStatus:
    return next(one for one in status(settings).services if one.name == name)


def unconfirmed_objects(settings: Settings, stream: Stream) -> list[int]:
    """The objects of a stream that Firehose does not know to be in S3, by their number of lines.

    Every object is planned in Firehose's store before it is written, and after a restart S3 is asked for the planned
    ones. So only an object whose write S3 completed after that question has copies of what is written again: none, as a
    rule, and no more than were on their way to S3 when the stand-ins were killed.
    """
    confirmed = {delivery["key"] for delivery in sources.deliveries(settings, stream)}
    keys = [key for key in sources.object_keys(settings, stream.lake_prefix) if key not in confirmed]
    return [(sources.read_object(settings, key) or b"").count(b"\n") for key in keys]


def kill_standins(settings: Settings) -> int:
    """`kill -9` the stand-ins; answers how often they had been started again before."""
    before = service(settings, "standins")
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    return before.restarts


def restarted(settings: Settings) -> ServiceStatus:
    return eventually(
        lambda: service(settings, "standins"), lambda seen: seen.healthy, timeout=20, what="healthy stand-ins"
    )


def kill_function(settings: Settings, client: Callable[[str], Any], function: str) -> int:
    """`kill -9` every process of a function, until one was hit while it worked; answers how many were killed."""
    name = settings.function_name(function)
    killed: set[int] = set()

    def hit() -> bool:
        found = [one for one in processes.find(settings.home) if processes.label(one) == f"lambda/{name}"]
        for process in found:
            process.kill()
            killed.add(process.pid)
        pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
        return any("Runtime.ExitError" in event["message"] for page in pages for event in page["events"])

    eventually(hit, bool, timeout=20, what=f"{name} to be killed at work")
    return len(killed)


def test_killed_standins_go_on_where_they_were(sandbox: Settings) -> None:
    events = app_events(sandbox)
    with seeding(sandbox, Plan(changes=100, events=EVENTS)) as publishing:
        delivery_begins(sandbox, events.lake_prefix)
        restarts = kill_standins(sandbox)
        assert publishing.is_alive(), "the kill came too late to be in the middle"
        assert restarted(sandbox).restarts == restarts + 1
        published = publishing.result()
    found = accounts(sandbox)
    assert (found[events.name].published, found[events.name].failed) == (published.events, 0)
    assert found[events.name].lost == 0, found
    assert found[sandbox.catalog_stream].lost == 0, found
    unconfirmed = unconfirmed_objects(sandbox, events)
    assert len(unconfirmed) <= WRITES_IN_FLIGHT
    assert found[events.name].duplicates == sum(unconfirmed)


def test_killed_functions_get_their_records_and_messages_again(
    sandbox: Settings, client: Callable[[str], Any], short_visibility: None
) -> None:
    events, changes = app_events(sandbox), catalog_changes(sandbox)
    with seeding(sandbox, Plan(changes=CHANGES, events=EVENTS)) as publishing:
        delivery_begins(sandbox, events.lake_prefix)
        kill_function(sandbox, client, "event-transform")
        delivery_begins(sandbox, changes.lake_prefix)
        killed = kill_function(sandbox, client, "catalog-ingest")
        assert publishing.is_alive(), "the kills came too late to be in the middle"
        published = publishing.result()
    found = accounts(sandbox)
    for stream, count in ((events, published.events), (changes, published.changes)):
        account = found[stream.name]
        assert account.published >= count
        assert account.lost == 0, account
        assert account.landed == account.published
    # What was transformed and not answered was not delivered either.
    assert found[events.name].duplicates == sum(unconfirmed_objects(sandbox, events))
    # A function killed between its PutRecords and its answer gets its whole batch again: 10 messages, by the template.
    repeated = found[changes.name].duplicates - sum(unconfirmed_objects(sandbox, changes))
    assert 0 <= repeated <= 10 * killed


def test_records_put_directly_survive_the_standins(sandbox: Settings, lake: Lake, streams: DeliveryStreams) -> None:
    name = streams.create(BufferingHints={"SizeInMBs": 128, "IntervalInSeconds": 900})
    records = [b"%d\n" % number for number in range(500)]
    streams.put(name, *records)
    kill_standins(sandbox)
    restarted(sandbox)
    streams.delete([name])
    assert list(lake.landed(f"{name}/data/").values()) == [b"".join(records)]


def test_without_the_standins_a_call_says_so(sandbox: Settings, client: Callable[[str], Any]) -> None:
    socket = f"unix://{supervisord.socket_path(sandbox.home)}"
    command = [paths.SANDBOX_PYTHON, "-m", "supervisor.supervisorctl", "-s", socket, "stop", "standins"]
    subprocess.run(command, check=True, capture_output=True)
    try:
        with pytest.raises(ClientError) as raised:
            client("firehose").list_delivery_streams()
        error = raised.value.response
        assert error["ResponseMetadata"]["HTTPStatusCode"] == 503
        assert error["Error"]["Code"] == "ServiceUnavailableException"
        assert f"The firehose stand-in at {sandbox.standins_url} does not answer" in error["Error"]["Message"]
        # The rest of AWS goes on.
        assert client("s3").list_buckets()["Buckets"]
    finally:
        supervisord.Supervisor(sandbox.home).start("standins")
    restarted(sandbox)
    assert sandbox.events_delivery_stream in client("firehose").list_delivery_streams()["DeliveryStreamNames"]
