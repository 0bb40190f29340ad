import base64
import copy
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

CHAT = {
    "event_id": "0f9d3c3a-6d1b-4f0e-9a55-0f3a7e1c2b11",
    "event_type": "chat_message",
    "event_time": "2026-11-22T23:59:59.999Z",
    "schema_version": 1,
    "user_id": "user_4be1",
    "session_id": "sess_77c2",
    "device": {"platform": "ios", "os_version": "18.1", "app_version": "5.3.1"},
    "properties": {
        "show_id": "show_a",
        "message_id": "5b0e4c37-93c2-47a8-8f51-6f7bb8f8f001",
        "text": "hello",
        "reply_to": None,
    },
}


def firehose(*payloads):
    return {
        "records": [
            {"recordId": f"r-{n}", "data": base64.b64encode(payload).decode(), "approximateArrivalTimestamp": n}
            for n, payload in enumerate(payloads)
        ]
    }


def chat(path="", value=None):
    """A chat message, with the member at that path replaced."""
    event = copy.deepcopy(CHAT)
    if path:
        *parents, last = path.split(".")
        part = event
        for parent in parents:
            part = part[parent]
        part[last] = value
    return json.dumps(event).encode()


def test_events_as_firehose_sends_them_become_flat_lines_with_partition_keys(transform, aws_event):
    event = aws_event("firehose_app_events")
    answers = transform.app.lambda_handler(event, None)["records"]
    assert [(a["recordId"], a["result"]) for a in answers] == [(r["recordId"], "Ok") for r in event["records"]]
    assert [answer["metadata"] for answer in answers] == [
        {"partitionKeys": {"event_type": "chat_message", "event_date": "2026-11-22"}},
        {"partitionKeys": {"event_type": "playback_heartbeat", "event_date": "2026-11-21"}},
    ]
    line = base64.b64decode(answers[0]["data"])
    assert json.loads(line) == {
        "event_id": "0f9d3c3a-6d1b-4f0e-9a55-0f3a7e1c2b11",
        "event_type": "chat_message",
        "event_time": "2026-11-22T23:59:59.999Z",
        "schema_version": 1,
        "user_id": "user_4be1",
        "session_id": "sess_77c2",
        "device_platform": "ios",
        "device_os_version": "18.1",
        "device_app_version": "5.3.1",
        "show_id": "show_6f1d0a93be27",
        "message_id": "5b0e4c37-93c2-47a8-8f51-6f7bb8f8f001",
        "text": "¡Qué canción! 🎷",
        "reply_to": None,
    }
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"not json",
        b"\xff\xfe{\x00}\x00",
        b"[" * 100_000,
        b"1" * 5000,
        b"null",
        b"[]",
        b"{}",
        chat("event_type", "chat_massage"),
        chat("event_type", ["chat_message"]),
        chat("event_type", "common"),
        chat("event_type", "../common"),
        chat("event_time", "2026-02-30T10:00:00.000Z"),
        chat("event_time", "2026-11-22T10:00:00.000Z\n"),
        chat("event_time", "2026-11-22/../../x"),
        chat("event_id", None),
        chat("properties.text", 3),
        chat("properties.text", "\ud83c"),
        chat("properties.extra", 1),
        chat("device", None),
        chat("extra", 1),
        chat("schema_version", float("nan")),
        chat("schema_version", 2),
    ],
    ids=lambda poison: repr(poison[:40]),
)
def test_a_bad_event_is_failed_alone_with_its_data_unchanged(transform, caplog, poison):
    event = firehose(chat(), poison, chat())
    answers = transform.app.lambda_handler(event, None)["records"]
    assert [(a["recordId"], a["result"]) for a in answers] == [
        ("r-0", "Ok"),
        ("r-1", "ProcessingFailed"),
        ("r-2", "Ok"),
    ]
    assert answers[1] == {"recordId": "r-1", "result": "ProcessingFailed", "data": event["records"][1]["data"]}
    assert [(r.record_id, r.message) for r in caplog.records] == [("r-1", "not transformed")]
    assert caplog.records[0].reason


def test_the_log_never_holds_what_was_in_an_event(transform, caplog):
    spoilt = [
        b"SECRET",
        chat("properties.text", ["SECRET"]),
        chat("properties.text", "SECRET" * 1000),
        chat("properties.message_id", "SECRET"),
        chat("user_id", "SECRET"),
        chat("device.platform", "SECRET"),
    ]
    answers = transform.app.lambda_handler(firehose(*spoilt), None)["records"]
    assert {answer["result"] for answer in answers} == {"ProcessingFailed"}
    assert len(caplog.records) == len(spoilt)
    assert "SECRET" not in str([vars(record) for record in caplog.records])


def test_no_contract_lets_two_members_have_one_column(transform):
    """So that flattening can name columns without their parents: checked for every contract."""
    contracts = sys.modules[transform.app.validate.__module__]
    assert len(contracts.EVENT_TYPES) >= 22
    for event_type in contracts.EVENT_TYPES:
        members = contracts.schema(event_type)["properties"]
        columns = [name for name in members if name not in {"device", "properties"}]
        columns += [f"device_{name}" for name in ("platform", "os_version", "app_version")]
        columns += members["properties"]["properties"]
        assert len(columns) == len(set(columns)), event_type


@pytest.mark.parametrize("properties", [{"user_id": "user_1"}, {"device_platform": "ios"}])
def test_a_column_is_never_overwritten(transform, properties):
    with pytest.raises(transform.app.EventError, match="same column"):
        transform.app.flatten({**CHAT, "properties": properties})


leaves = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=3)
members = st.dictionaries(st.sampled_from(["a", "b", "platform", "device_a", "event_id", "text"]), leaves)


@given(top=members, device=members, properties=members)
def test_no_value_is_lost_and_none_is_made_up(transform, top, device, properties):
    try:
        row = transform.app.flatten({**top, "device": device, "properties": properties})
    except transform.app.EventError:
        return
    expected = [*top.values(), *device.values(), *properties.values()]
    assert sorted(map(repr, row.values())) == sorted(map(repr, expected))


@given(text=st.text(min_size=1, max_size=200), position=st.integers(0, 10))
def test_any_text_reaches_the_lake_as_it_was_written(transform, text, position):
    """Line separators, quotes and the like included; only what the contract refuses does not."""
    answer = transform.app.transform(firehose(chat("properties.text", text))["records"][0])
    if answer["result"] == "Ok":
        (line,) = base64.b64decode(answer["data"]).decode().removesuffix("\n").split("\n")
        assert json.loads(line)["text"] == text
    else:
        assert "\0" in text


def test_an_empty_batch_is_answered(transform):
    assert transform.app.lambda_handler({"records": []}, None) == {"records": []}
