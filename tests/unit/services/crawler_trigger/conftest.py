"""A crawler and a queue as the function sees them, and a clock of the test's own."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
INTERVAL = 60
ENVIRONMENT = {
    "CRAWLER_NAME": "amp-raw-local",
    "QUEUE_URL": "http://queue",
    "MINIMUM_INTERVAL_SECONDS": str(INTERVAL),
}


@pytest.fixture(scope="session")
def trigger(load_function: Callable[..., SimpleNamespace]) -> SimpleNamespace:
    """The function's modules."""
    return load_function("crawler_trigger", ENVIRONMENT)


class Clock:
    """Says what time it is; a test moves it."""

    def __init__(self) -> None:
        self.at = START

    def now(self, zone: Any) -> datetime:
        return self.at.astimezone(zone)

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class FakeGlue:
    """A crawler that crawls as long as a test says, by the test's clock; counts its starts."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.takes = 20.0
        self.outcome = "SUCCEEDED"
        self.starts: list[datetime] = []
        self.last: dict[str, Any] = {}
        self.fails: dict[str, str] = {}

    def get_crawler(self, *, Name: str) -> dict[str, Any]:  # noqa: N803
        assert Name == "amp-raw-local"
        self._raise("get_crawler")
        began = self._running()
        crawler: dict[str, Any] = {"Name": Name, "State": "READY", "CrawlElapsedTime": 0}
        if began:
            crawler |= {"State": "RUNNING", "CrawlElapsedTime": int((self.clock.at - began).total_seconds() * 1000)}
        return {"Crawler": crawler | ({"LastCrawl": self.last} if self.last else {})}

    def start_crawler(self, *, Name: str) -> dict[str, Any]:  # noqa: N803
        assert Name == "amp-raw-local"
        self._raise("start_crawler")
        if self._running():
            raise refusal("CrawlerRunningException")
        self.starts.append(self.clock.at)
        return {}

    def _running(self) -> datetime | None:
        if not self.starts or self.last.get("StartTime") == self.starts[-1]:
            return None
        if self.clock.at < self.starts[-1] + timedelta(seconds=self.takes):
            return self.starts[-1]
        self.last = {"StartTime": self.starts[-1], "Status": self.outcome}
        return None

    def _raise(self, call: str) -> None:
        if call in self.fails:
            raise refusal(self.fails[call])


def refusal(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "x")


class FakeQueue:
    """Remembers when it is to deliver each message again, by receipt handle."""

    def __init__(self) -> None:
        self.delays: dict[str, int] = {}
        self.requests: list[int] = []

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == "http://queue"
        assert 0 < len(Entries) <= 10
        self.requests.append(len(Entries))
        self.delays |= {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in Entries}
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}


@pytest.fixture
def clock(trigger: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(trigger.app, "datetime", made)
    return made


@pytest.fixture
def glue(trigger: SimpleNamespace, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeGlue:
    fake = FakeGlue(clock)
    monkeypatch.setattr(trigger.app, "glue", fake)
    return fake


@pytest.fixture
def queue(trigger: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> FakeQueue:
    fake = FakeQueue()
    monkeypatch.setattr(trigger.app, "sqs", fake)
    return fake


def notification(written: datetime, key: str = "app_events/a.gz") -> str:
    time = written.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"Records": [{"eventSource": "aws:s3", "eventTime": time, "s3": {"object": {"key": key}}}]})


@pytest.fixture
def written() -> Callable[..., str]:
    """The body of a message about an object written at that time."""
    return notification


@pytest.fixture
def invoke(trigger: SimpleNamespace, glue: FakeGlue, queue: FakeQueue) -> Callable[..., list[int]]:
    """Invoke the handler with these message bodies; return the indexes of those to be delivered again."""

    def call(*bodies: str, receives: int | list[int] = 1, seconds: float = 30) -> list[int]:
        counts = receives if isinstance(receives, list) else [receives] * len(bodies)
        records = [
            {
                "messageId": f"m-{i}",
                "receiptHandle": f"r-{i}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(counts[i])},
            }
            for i, body in enumerate(bodies)
        ]
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: int(seconds * 1000))
        answer = trigger.app.lambda_handler({"Records": records}, context)
        return [int(failure["itemIdentifier"].removeprefix("m-")) for failure in answer["batchItemFailures"]]

    return call
