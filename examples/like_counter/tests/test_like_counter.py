"""The function on the platform itself: it is deployed, events are published as the app does, and the table is read."""

import base64
import importlib
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from amp_sandbox.testkit import Names, Publish, Wait

CODE = Path(__file__).resolve().parents[1] / "like_counter"

Count = Callable[[], int]


@pytest.fixture
def show_id() -> str:
    """A show that no other test knows."""
    return f"show_{uuid.uuid4().hex[:12]}"


@pytest.fixture
def table(amp_names: Names) -> str:
    return amp_names.table("id")


@pytest.fixture
def count(amp_client: Callable[[str], Any], table: str, show_id: str) -> Count:
    """The likes of the show, as the table has them now."""

    def read() -> int:
        item = amp_client("dynamodb").get_item(TableName=table, Key={"id": {"S": show_id}}).get("Item", {})
        return int(item.get("likes", {"N": "0"})["N"])

    return read


@pytest.fixture
def app(amp_environment: object, monkeypatch: pytest.MonkeyPatch, table: str) -> ModuleType:
    """The function's module in this process, with its clients pointed at the sandbox."""
    monkeypatch.setenv("LIKES_TABLE", table)
    import like_counter.app

    return importlib.reload(like_counter.app)


def test_likes_are_counted_as_they_are_sent(
    amp_names: Names,
    amp_publish: Publish,
    amp_wait: Wait,
    amp_client: Callable[[str], Any],
    table: str,
    show_id: str,
    count: Count,
) -> None:
    function = amp_names.function(CODE, environment={"LIKES_TABLE": table})
    stream = amp_client("kinesis").describe_stream_summary(StreamName="app-events")["StreamDescriptionSummary"]
    amp_names.trigger(function, stream["StreamARN"], FunctionResponseTypes=["ReportBatchItemFailures"])

    for likes in (3, 4):
        amp_publish.event("like_sent", properties={"show_id": show_id, "likes": likes})
    amp_publish.event("chat_message", properties={"show_id": show_id})

    amp_wait.until(count, lambda likes: likes == 7, what=f"7 likes of {show_id}")
    # What is counted live is what the lake will have, for those who count later.
    lake = "SELECT show_id, sum(likes) AS likes FROM raw.app_events WHERE event_type = 'like_sent' GROUP BY show_id"
    amp_wait.rows(lake, ready=lambda rows: {"show_id": show_id, "likes": 7} in rows)


def test_an_event_that_is_delivered_twice_counts_once(app: ModuleType, show_id: str, count: Count) -> None:
    record = kinesis_record(like(show_id, 5))
    assert app.lambda_handler({"Records": [record, record]}, None) == {"batchItemFailures": []}
    assert app.lambda_handler({"Records": [record]}, None) == {"batchItemFailures": []}
    assert count() == 5


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b"{}", b'{"event_type": "like_sent", "properties": null}'])
def test_what_is_no_event_is_passed_over(app: ModuleType, show_id: str, count: Count, body: bytes) -> None:
    records = [kinesis_record(body), kinesis_record(like(show_id, 1))]
    assert app.lambda_handler({"Records": records}, None) == {"batchItemFailures": []}
    assert count() == 1


def test_a_table_that_is_gone_makes_the_records_come_again(
    app: ModuleType, amp_client: Callable[[str], Any], table: str, show_id: str
) -> None:
    amp_client("dynamodb").delete_table(TableName=table)
    record = kinesis_record(like(show_id, 1))
    failures = app.lambda_handler({"Records": [record]}, None)["batchItemFailures"]
    assert failures == [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]


def like(show_id: str, likes: int) -> bytes:
    event = {"event_id": str(uuid.uuid4()), "event_type": "like_sent"}
    return json.dumps({**event, "properties": {"show_id": show_id, "likes": likes}}).encode()


def kinesis_record(body: bytes) -> dict[str, Any]:
    """A record as Lambda hands it over (https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html)."""
    return {"kinesis": {"sequenceNumber": uuid.uuid4().hex, "data": base64.b64encode(body).decode()}}
