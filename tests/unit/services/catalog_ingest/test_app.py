import json
import logging
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

REPOSITORY = Path(__file__).parents[4]


def change(show_id="show_a", number=1, **other):
    return json.dumps(
        {
            "change_id": f"{number:08x}-0000-4000-8000-000000000000",
            "change_type": "show_updated",
            "show_id": show_id,
            "changed_at": "2026-11-22T10:00:00.000Z",
            **other,
        }
    )


@pytest.fixture(autouse=True)
def _fresh_api(api):
    api.forget()
    for show_id in ("show_a", "show_b", "show_c"):
        api.has({"show_id": show_id, "title": show_id.upper(), "creator": {"email": "x@mail.example"}})


def reasons(caplog):
    return [record.reason for record in caplog.records if record.message == "not ingested"]


def test_a_batch_as_sqs_sends_it_is_put_on_the_stream_with_the_metadata_of_each_show(
    ingest, api, kinesis, aws_event, caplog
):
    caplog.set_level(logging.INFO)
    event = aws_event("sqs_catalog_changes")
    for show_id in ("show_6f1d0a93be27", "show_0b7c55e21f90"):
        api.has({"show_id": show_id, "title": "Título 🎷", "internal_notes": "secret", "version": 3})
    context = type("Context", (), {"get_remaining_time_in_millis": lambda self: 30_000})()

    assert ingest.app.lambda_handler(event, context) == {"batchItemFailures": []}

    records = [json.loads(record["Data"]) for record in kinesis.taken]
    for record in records:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("ingested_at"))
    assert records == [
        {**json.loads(message["body"]), "show": {"show_id": show_id, "title": "Título 🎷", "version": 3}}
        for message, show_id in zip(event["Records"], ("show_6f1d0a93be27", "show_0b7c55e21f90"), strict=True)
    ]
    assert [record["PartitionKey"] for record in kinesis.taken] == ["show_6f1d0a93be27", "show_0b7c55e21f90"]
    traced = [r for r in caplog.records if r.message == "ingested"]
    assert [(r.change_id, r.show_id, r.shard_id, r.sequence_number) for r in traced] == [
        (record["change_id"], record["show_id"], "shardId-000000000000", str(position))
        for position, record in enumerate(records, 1)
    ]


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ("[" * 100_000, "not_json"),
        ("1" * 5000, "not_json"),
        ("null", "bad_change"),
        ('["show_a"]', "bad_change"),
        ("{}", "bad_change"),
        ('{"Type": "Notification", "Message": "{}"}', "bad_change"),
        (change(change_id="1"), "bad_change"),
        (change(change_id=7), "bad_change"),
        (change(change_type="show_deleted"), "bad_change"),
        (change(change_type=["show_updated"]), "bad_change"),
        (change("show_"), "bad_change"),
        (change("show_a/../../users/user_1"), "bad_change"),
        (change("show_a?x=1"), "bad_change"),
        (change("show_a\n"), "bad_change"),
        (change("show_" + "x" * 300), "bad_change"),
        (change(changed_at="2026-02-30T10:00:00.000Z"), "bad_change"),
        (change(changed_at="2026-11-22T10:00:00Z"), "bad_change"),
        (change(changed_at="2026-11-22T10:00:00.000+01:00"), "bad_change"),
        (change(changed_at="٢٠٢٦-11-22T10:00:00.000Z"), "bad_change"),
        (change("show_unknown"), "unknown_show"),
    ],
)
def test_a_poison_message_is_returned_alone(invoke, kinesis, caplog, poison, reason):
    assert invoke(change("show_a"), poison, change("show_b")) == [1]
    assert [record["PartitionKey"] for record in kinesis.taken] == ["show_a", "show_b"]
    assert reasons(caplog) == [reason]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": 500}, "api_unavailable"),
        ({"status": 503, "headers": {"Retry-After": "1"}}, "api_unavailable"),
        ({"status": 429}, "api_unavailable"),
        ({"status": 403}, "api_refused"),
        ({"status": 302, "headers": {"Location": "/v1/shows/show_a"}}, "api_refused"),
        ({"hangs": True}, "api_unavailable"),
        ({"drops": True}, "api_unavailable"),
        ({"body": b"<html>"}, "bad_metadata"),
        ({"body": b"[]"}, "bad_metadata"),
        ({"body": b'{"show_id": "show_other"}'}, "bad_metadata"),
        ({"body": b'{"show_id": "show_bad", "title": {"internal_notes": 1}}'}, "bad_metadata"),
        ({"body": b'{"show_id": "show_bad", "title": "\\ud83c"}'}, "bad_metadata"),
        ({"body": b'{"show_id": "show_bad", "version": NaN}'}, "bad_metadata"),
        ({"body": b'{"show_id": "show_bad", "version": 1e999}'}, "bad_metadata"),
        ({"body": json.dumps({"show_id": "show_bad", "title": "x" * 1024 * 1024}).encode()}, "record_too_large"),
    ],
)
def test_a_bad_answer_of_the_catalogue_returns_only_the_messages_about_that_show(
    invoke, api, answering, kinesis, caplog, answer, reason
):
    api.will_answer("show_bad", answering(**answer))
    assert invoke(change("show_a"), change("show_bad"), change("show_b"), change("show_bad")) == [1, 3]
    assert [record["PartitionKey"] for record in kinesis.taken] == ["show_a", "show_b"]
    assert reasons(caplog) == [reason, reason]


def test_a_catalogue_that_is_down_returns_every_message_and_puts_nothing(ingest, invoke, kinesis, monkeypatch):
    monkeypatch.setattr(ingest.app, "CATALOG_API_URL", "http://127.0.0.1:1")
    assert invoke(change("show_a"), change("show_b")) == [0, 1]
    assert kinesis.requests == []


def test_an_unexpected_fault_is_the_affair_of_one_message(ingest, invoke, kinesis, caplog, monkeypatch):
    whole = ingest.app.allowed_metadata
    monkeypatch.setattr(
        ingest.app, "allowed_metadata", lambda show: 1 / 0 if show["title"] == "SHOW_B" else whole(show)
    )
    assert invoke(change("show_a"), change("show_b"), change("show_c")) == [1]
    assert reasons(caplog) == ["internal_error"]


def test_messages_about_one_show_share_one_answer_and_keep_their_order(invoke, api, kinesis):
    assert invoke(*(change("show_a", number) for number in range(5))) == []
    assert api.asked == ["show_a"]
    assert [json.loads(record["Data"])["change_id"][:8] for record in kinesis.taken] == [f"{n:08x}" for n in range(5)]


def test_a_message_delivered_again_yields_the_same_change_id(invoke, kinesis):
    for _ in range(2):
        invoke(change("show_a"))
    first, second = (json.loads(record["Data"]) for record in kinesis.taken)
    assert first["change_id"] == second["change_id"]
    assert first | {"ingested_at": ""} == second | {"ingested_at": ""}


def test_no_more_time_is_taken_than_lambda_leaves(ingest, invoke, api, answering, kinesis, monkeypatch):
    monkeypatch.setattr(ingest.catalogue, "READ_SECONDS", 60)
    for n in range(25):
        api.will_answer(f"show_hang{n}", answering(hangs=True))
    began = time.monotonic()
    messages = [change(f"show_hang{n}") for n in range(25)]
    # Of 13 s, 2 are kept for the end; the catalogue gets half of what is left.
    monkeypatch.setattr(ingest.app, "LONGEST_FETCH_SECONDS", 0.5)
    assert invoke(change("show_a"), *messages, seconds=13) == list(range(1, 26))
    assert time.monotonic() - began < 3
    assert [record["PartitionKey"] for record in kinesis.taken] == ["show_a"]


def test_an_answer_that_trickles_in_does_not_hold_up_the_batch(ingest, invoke, api, answering, kinesis, monkeypatch):
    monkeypatch.setattr(ingest.app, "LONGEST_FETCH_SECONDS", 0.5)
    api.will_answer("show_slow", answering(body=b'{"show_id": "show_slow"}' + b" " * 1000, trickles=True))
    began = time.monotonic()
    assert invoke(change("show_slow"), change("show_a")) == [0]
    assert time.monotonic() - began < 3


def test_with_no_time_left_everything_is_returned(invoke, kinesis):
    assert invoke(change("show_a"), change("show_b"), seconds=0.5) == [0, 1]
    assert kinesis.requests == []


def test_neither_metadata_nor_message_is_logged(invoke, api, kinesis, caplog):
    caplog.set_level(logging.DEBUG)
    api.has({"show_id": "show_a", "title": "TOP-SECRET", "internal_notes": "TOP-SECRET"})
    api.has({"show_id": "show_b", "title": {"TOP-SECRET": 1}})
    invoke(change("show_a"), change("show_b"), "TOP-SECRET", change(change_type="TOP-SECRET"))
    assert not [record for record in caplog.records if "TOP-SECRET" in str(vars(record))]


KINDS = {
    "good": (lambda n: change(f"show_{'abc'[n % 3]}", n), True),
    "not json": (lambda n: "{", False),
    "no change": (lambda n: "{}", False),
    "unknown": (lambda n: change("show_unknown", n), False),
    "down": (lambda n: change("show_down", n), False),
    "odd": (lambda n: change("show_odd", n), False),
    "throttled": (lambda n: change("show_throttled", n), False),
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(sorted(KINDS)), max_size=12))
def test_exactly_the_bad_messages_are_returned(invoke, api, answering, kinesis, kinds):
    api.will_answer("show_down", answering(500))
    api.will_answer("show_odd", answering(body=b'{"show_id": "show_odd", "tags": [[]]}'))
    api.has({"show_id": "show_throttled"})
    kinesis.fails_for["show_throttled"] = 10**6
    kinesis.taken.clear()

    bad = invoke(*(KINDS[kind][0](n) for n, kind in enumerate(kinds)))

    assert bad == [n for n, kind in enumerate(kinds) if not KINDS[kind][1]]
    put = [int(json.loads(record["Data"])["change_id"][:8], 16) for record in kinesis.taken]
    assert put == [n for n, kind in enumerate(kinds) if KINDS[kind][1]]


@pytest.mark.parametrize("missing", ["CATALOG_API_URL", "STREAM_NAME", "QUEUE_URL"])
def test_a_missing_environment_fails_the_start_and_names_the_variable(missing):
    environment = {
        **os.environ,
        "CATALOG_API_URL": "http://127.0.0.1:1",
        "STREAM_NAME": "s",
        "QUEUE_URL": "http://queue",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    del environment[missing]
    folder = REPOSITORY / "services" / "catalog_ingest"
    started = subprocess.run(
        [sys.executable, "-c", "import app"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert f"the environment variable {missing} is not set" in started.stderr
