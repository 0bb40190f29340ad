"""What arrived, from the messages that S3 sends; they look like those of tests/events/sqs_s3_objects_created.json."""

import json
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_dags.arrivals import Arrivals, Folder, arrivals, bodies, by_table, folder_of

SENT = json.loads((Path(__file__).parents[1] / "events" / "sqs_s3_objects_created.json").read_text())["Records"]
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
TEST_EVENT = json.dumps(
    {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "raw", "Time": "2026-11-22T10:00:00Z"}
)


def message(*keys: str) -> str:
    return json.dumps({"Records": [{"s3": {"object": {"key": quote(key, safe="/")}}} for key in keys]})


def test_messages_of_s3_are_read():
    found = arrivals(record["body"] for record in SENT)
    assert found == Arrivals(
        objects=2,
        folders=(Folder("app_events", ("like_sent", "2026-11-22")), Folder("show_catalog", ("2026-11-22",))),
        unread=0,
    )


@pytest.mark.parametrize(
    ("key", "folder"),
    [
        ("app_events/event_type=like_sent/dt=2026-11-25/a.gz", Folder("app_events", ("like_sent", "2026-11-25"))),
        ("show_catalog/dt=2026-11-25/b.gz", Folder("show_catalog", ("2026-11-25",))),
        ("snapshots/users/dt=2026-11-25/users.ndjson.gz", Folder("users", ("2026-11-25",))),
        ("app_events/event_type=like sent/dt=2026-11-25/ü.gz", Folder("app_events", ("like sent", "2026-11-25"))),
        ("app_events/a.gz", None),
        ("dt=2026-11-25/a.gz", None),
        ("app_events/dt=yesterday/a.gz", None),
        ("app_events/dt=20261125/a.gz", None),
        ("app_events/dt=2026-11-25/event_type=like_sent/a.gz", None),
        ("a.gz", None),
        ("", None),
    ],
)
def test_a_folder_says_which_partition_of_which_table_an_object_is_in(key, folder):
    assert folder_of(key) == folder
    assert arrivals([message(key)]).folders == ((folder,) if folder else ())


def test_many_objects_of_a_folder_are_one_piece_of_news():
    keys = [f"show_catalog/dt=2026-11-25/{number}.gz" for number in range(7)]
    found = arrivals([message(*keys[:3]), message(*keys[3:])])
    assert (found.objects, found.folders) == (7, (Folder("show_catalog", ("2026-11-25",)),))


def test_the_message_that_only_tests_the_way_is_no_data():
    assert arrivals([TEST_EVENT]) == Arrivals(0, (), 0)


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "7", '{"Records": 3}', '{"Records": [{"s3": {}}]}', "{}"])
def test_a_message_of_something_else_does_not_stop_the_others(body, caplog):
    found = arrivals([body, message("show_catalog/dt=2026-11-25/a.gz")])
    assert (found.objects, found.unread) == (1, 1)
    assert "no notification of S3" in caplog.text


@given(st.lists(st.text()))
def test_no_message_whatever_is_in_it_is_an_error(texts):
    found = arrivals(texts)
    assert found.unread <= len(texts)


@given(st.text())
def test_no_key_is_an_error(key):
    found = folder_of(key)
    assert found is None or date.fromisoformat(found.day)


def test_days_that_are_over_are_late():
    found = arrivals([message("a/dt=2026-11-26/1", "a/dt=2026-11-24/1", "b/dt=2026-11-24/1", "a/dt=2026-11-25/1")])
    assert found.days == ("2026-11-24", "2026-11-25", "2026-11-26")
    assert found.late(date(2026, 11, 26)) == ("2026-11-24", "2026-11-25")


def test_messages_come_as_the_watcher_hands_them_on():
    """Its payload: airflow.providers.amazon.aws.triggers.sqs.SqsSensorTrigger.run."""
    payloads = [
        {"status": "success", "message_batch": [{"Body": "a", "MessageId": "1"}, {"Body": "b", "MessageId": "2"}]},
        {"status": "success", "message_batch": [{"Body": "c", "MessageId": "3"}]},
        {},
    ]
    assert bodies(payloads) == ["a", "b", "c"]


def test_folders_are_asked_for_by_table():
    folders = [Folder("a", ("2026-11-25",)), Folder("b", ("2026-11-25",)), Folder("a", ("2026-11-26",))]
    assert by_table(folders) == {"a": [folders[0], folders[2]], "b": [folders[1]]}
