"""Each hop of the two streams by itself: what goes in at one end of it, and what comes out at the other."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

ALLOWED = {
    *("show_id", "title", "description", "status", "creator", "category", "tags", "language", "schedule"),
    *("promotion", "settings", "artwork_url", "updated_at", "version"),
}


@pytest.fixture
def new_event():
    """Makes an event that keeps its contract, as of a moment."""

    def make(at: datetime) -> dict[str, Any]:
        return {
            "event_id": str(uuid.uuid4()),
            "event_type": "like_sent",
            "event_time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "schema_version": 1,
            "user_id": f"user_{uuid.uuid4().hex[:8]}",
            "session_id": "sess_77c2",
            "device": {"platform": "ios", "os_version": "18.1", "app_version": "5.3.1"},
            "properties": {"show_id": "show_6f1d0a93be27", "likes": 3},
        }

    return make


def test_the_topic_delivers_messages_to_the_queue_as_they_are(client, sandbox):
    [subscription] = client("sns").list_subscriptions_by_topic(TopicArn=sandbox.topic_arn)["Subscriptions"]
    queue = f"arn:aws:sqs:{sandbox.region}:{sandbox.account_id}:{sandbox.queue_name}"
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("sqs", queue)
    attributes = client("sns").get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
    assert attributes["Attributes"]["RawMessageDelivery"] == "true"


def test_an_announcement_in_the_queue_becomes_a_record_with_what_the_lake_may_know(
    client, sandbox, in_catalogue, new_change, catalogue_tail, internal
):
    show = in_catalogue()
    change = new_change(show["show_id"])
    url = client("sqs").get_queue_url(QueueName=sandbox.queue_name)["QueueUrl"]

    client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(change))

    record = catalogue_tail.change(change["change_id"])
    assert record["PartitionKey"] == show["show_id"]
    content = json.loads(record["Data"])
    assert content.keys() == change.keys() | {"ingested_at", "show"}
    assert {name: content[name] for name in change} == change
    assert content["show"].keys() == ALLOWED
    assert content["show"]["creator"].keys() == {"creator_id", "display_name", "verified"}
    assert {name: content["show"][name] for name in ALLOWED - {"creator", "updated_at", "version"}} == {
        name: show[name] for name in ALLOWED - {"creator", "updated_at", "version"}
    }
    assert not [text for text in internal if text in record["Data"].decode()]


def test_a_lone_announcement_needs_no_company(announce, in_catalogue, new_change, catalogue_tail):
    """The queue is idle before each: the next is announced only when the one before has come through."""
    show_id = in_catalogue()["show_id"]
    for _ in range(5):
        change = new_change(show_id)
        announce(change)
        catalogue_tail.change(change["change_id"])


def test_a_record_on_the_stream_becomes_a_flat_line_of_its_arrival_date(client, sandbox, raw_bucket, new_show):
    show = {name: value for name, value in new_show().items() if name in ALLOWED}
    del show["creator"]["email"]
    record = {
        "change_id": str(uuid.uuid4()),
        "change_type": "show_created",
        "changed_at": "2026-11-20T10:00:00.000Z",
        "ingested_at": "2026-11-20T10:00:00.123Z",
        "show_id": show["show_id"],
        "show": show | {"updated_at": "2026-11-20T09:59:59.900Z", "version": 4},
    }
    dates = {today()}
    data = json.dumps(record).encode()
    client("kinesis").put_record(StreamName=sandbox.catalog_stream, Data=data, PartitionKey=show["show_id"])

    [line] = raw_bucket.landed("show_catalog/", "change_id", {record["change_id"]})[record["change_id"]]

    dates.add(today())
    folder, partition, name = line.key.split("/")
    assert folder == "show_catalog"
    assert partition in {f"dt={date}" for date in dates}
    assert name.endswith(".gz")
    assert raw_bucket.body(line.key).startswith(b"\x1f\x8b")
    assert line.content == {
        "change_id": record["change_id"],
        "change_type": "show_created",
        "changed_at": "2026-11-20T10:00:00.000Z",
        "ingested_at": "2026-11-20T10:00:00.123Z",
        "show_id": show["show_id"],
        "title": "Midnight Vinyl",
        "description": "Jazz from old records, with requests.",
        "status": "scheduled",
        "creator_id": "creator_91aa",
        "creator_display_name": "Nora Lind",
        "creator_verified": True,
        "category": "jazz",
        "tags": ["vinyl", "late-night"],
        "language": "en",
        "schedule_starts_at": "2026-11-23T22:00:00.000Z",
        "schedule_ends_at": "2026-11-23T23:00:00.000Z",
        "schedule_timezone": "America/New_York",
        "schedule_recurrence": "weekly",
        "promotion_id": "promo_17",
        "promotion_kind": "home_banner",
        "promotion_starts_at": "2026-11-22T00:00:00.000Z",
        "promotion_ends_at": "2026-11-23T22:00:00.000Z",
        "settings_chat_enabled": True,
        "settings_polls_enabled": False,
        "settings_max_co_hosts": 3,
        "artwork_url": show["artwork_url"],
        "updated_at": "2026-11-20T09:59:59.900Z",
        "version": 4,
    }


def test_an_app_event_lands_under_its_type_and_the_date_it_happened_on_however_late(
    client, sandbox, raw_bucket, new_event
):
    now = datetime.now(UTC)
    events = [new_event(now), new_event(now - timedelta(days=3))]
    records = [{"Data": json.dumps(event).encode(), "PartitionKey": event["user_id"]} for event in events]
    answer = client("kinesis").put_records(StreamName=sandbox.events_stream, Records=records)
    assert answer["FailedRecordCount"] == 0

    landed = raw_bucket.landed("app_events/", "event_id", {event["event_id"] for event in events})

    for event in events:
        [line] = landed[event["event_id"]]
        assert line.key.startswith(f"app_events/event_type=like_sent/dt={event['event_time'][:10]}/")
        assert line.content == {
            "event_id": event["event_id"],
            "event_type": "like_sent",
            "event_time": event["event_time"],
            "schema_version": 1,
            "user_id": event["user_id"],
            "session_id": "sess_77c2",
            "device_platform": "ios",
            "device_os_version": "18.1",
            "device_app_version": "5.3.1",
            "show_id": "show_6f1d0a93be27",
            "likes": 3,
        }


def today() -> str:
    return datetime.now(UTC).date().isoformat()
