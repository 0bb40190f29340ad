"""Each deployed function, invoked through Lambda's API with the event that AWS would send, and what it logs."""

import json
import uuid
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

EVENTS = Path(__file__).parents[2] / "events"


def aws_event(name: str) -> dict[str, Any]:
    return json.loads((EVENTS / f"{name}.json").read_bytes())


@pytest.fixture
def invoke(client, sandbox, logs):
    """Invokes a function; answers what it answered, and its log lines: the platform's as text, its own as objects."""

    def call(function: str, event: object) -> tuple[Any, list[str], list[dict[str, Any]]]:
        answer = client("lambda").invoke(FunctionName=sandbox.function_name(function), Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        request_id = answer["ResponseMetadata"]["RequestId"]
        lines = logs(function).invocation(request_id)
        own = [json.loads(line) for line in lines if line.startswith("{")]
        assert all(line["requestId"] == request_id for line in own)
        return payload, lines, own

    return call


def kinds(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines if not line.startswith("{")]


def test_catalog_ingest_reports_the_messages_that_failed_and_logs_a_line_each(
    invoke, in_catalogue, new_change, catalogue_tail, internal
):
    known, unknown = new_change(in_catalogue()["show_id"]), new_change(f"show_{uuid.uuid4().hex[:12]}")
    event = aws_event("sqs_catalog_changes")
    for message, change in zip(event["Records"], (known, unknown), strict=True):
        message |= {"messageId": change["change_id"], "body": json.dumps(change)}

    answer, lines, own = invoke("catalog-ingest", event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": unknown["change_id"]}]}
    record = catalogue_tail.change(known["change_id"])
    assert kinds(lines) == ["START", "END", "REPORT"]
    by_change = {line["change_id"]: line for line in own if "change_id" in line}
    ingested, refused = by_change[known["change_id"]], by_change[unknown["change_id"]]
    assert (ingested["level"], ingested["message"]) == ("INFO", "ingested")
    assert ingested["sequence_number"] == record["SequenceNumber"]
    assert (refused["level"], refused["message"], refused["reason"]) == ("WARNING", "not ingested", "unknown_show")
    assert not [text for text in (*internal, "Midnight Vinyl") if text in "".join(lines)]


def test_show_flattener_answers_each_record_and_logs_those_it_refuses(invoke):
    event = aws_event("firehose_show_catalog")
    first, second = event["records"]
    second["data"] = b64encode(b'{"show": {"title": "Untold"}}').decode()

    answer, lines, own = invoke("show-flattener", event)

    flattened, refused = answer["records"]
    assert (flattened["recordId"], flattened["result"]) == (first["recordId"], "Ok")
    row = b64decode(flattened["data"])
    assert row.endswith(b"\n")
    record = json.loads(b64decode(first["data"]))
    assert {"change_id": record["change_id"], "creator_id": "creator_91aa", "show_id": "show_6f1d0a93be27"}.items() <= (
        json.loads(row).items()
    )
    assert refused == {"recordId": second["recordId"], "result": "ProcessingFailed", "data": second["data"]}
    assert kinds(lines) == ["START", "END", "REPORT"]
    assert [(line["message"], line["record_id"]) for line in own] == [("not flattened", second["recordId"])]
    assert "Untold" not in "".join(lines)


def test_event_transform_has_its_contracts_and_never_logs_what_listeners_write(client, sandbox, invoke):
    event = aws_event("firehose_app_events")
    chat, heartbeat = event["records"]
    written = json.loads(b64decode(chat["data"]))["properties"]["text"]
    broken = json.loads(b64decode(chat["data"]))
    broken["properties"]["mood"] = broken["properties"]["text"] = "between us"
    refused = {**chat, "recordId": "refused", "data": b64encode(json.dumps(broken).encode()).decode()}
    event["records"].append(refused)

    answer, lines, own = invoke("event-transform", event)

    configuration = client("lambda").get_function_configuration(FunctionName=sandbox.function_name("event-transform"))
    [layer] = configuration["Layers"]
    assert f":layer:event-contracts-{sandbox.stage}:" in layer["Arn"]
    assert [(one["recordId"], one["result"], one.get("metadata")) for one in answer["records"]] == [
        (chat["recordId"], "Ok", keys("chat_message", "2026-11-22")),
        (heartbeat["recordId"], "Ok", keys("playback_heartbeat", "2026-11-21")),
        ("refused", "ProcessingFailed", None),
    ]
    assert json.loads(b64decode(answer["records"][0]["data"]))["text"] == written
    assert kinds(lines) == ["START", "END", "REPORT"]
    [line] = own
    assert (line["level"], line["message"], line["record_id"]) == ("WARNING", "not transformed", "refused")
    assert line["reason"] == "event.properties must not contain {'mood'} properties"
    assert not [text for text in (written, json.dumps(written)[1:-1], "between us") if text in "".join(lines)]


def keys(event_type: str, event_date: str) -> dict[str, Any]:
    return {"partitionKeys": {"event_type": event_type, "event_date": event_date}}
