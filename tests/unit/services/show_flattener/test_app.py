import base64
import json

import pytest


def firehose(*payloads):
    return {
        "records": [
            {"recordId": f"r-{n}", "data": base64.b64encode(payload).decode(), "approximateArrivalTimestamp": n}
            for n, payload in enumerate(payloads)
        ]
    }


def payload(show=None, **other):
    head = {"change_id": "c", "change_type": "show_updated", "changed_at": "t", "ingested_at": "t", "show_id": "show_a"}
    return json.dumps({**head, "show": show or {}, **other}).encode()


def test_records_as_firehose_sends_them_become_flat_lines(flattener, aws_event):
    event = aws_event("firehose_show_catalog")
    answers = flattener.app.lambda_handler(event, None)["records"]
    assert [(a["recordId"], a["result"]) for a in answers] == [(r["recordId"], "Ok") for r in event["records"]]
    full, sparse = (base64.b64decode(answer["data"]) for answer in answers)
    assert json.loads(full) == {
        "change_id": "00000001-0000-4000-8000-000000000000",
        "change_type": "show_updated",
        "changed_at": "2026-11-22T10:00:00.000Z",
        "ingested_at": "2026-11-22T10:00:00.123Z",
        "show_id": "show_6f1d0a93be27",
        "title": "Midnight Vinyl",
        "description": "Jazz with Nora. Requests all night.",
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
        "artwork_url": "https://images.amp.example/show_6f1d0a93be27/cover.jpg",
        "updated_at": "2026-11-22T09:59:59.900Z",
        "version": 2,
    }
    assert json.loads(sparse)["title"] == "Untitled"
    for line in (full, sparse):
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
        payload(show=[1]),
        payload(change_id=None),
        payload(show={"title": 1}),
        b'{"change_id": "c"}',
        payload(show={"title": "\ud83c"}),
        payload(show={"score": float("nan")}),
        payload(show={"score": "INF"}).replace(b'"INF"', b"1e999"),
    ],
    ids=lambda poison: repr(poison[:40]),
)
def test_a_bad_record_is_failed_alone_with_its_data_unchanged(flattener, caplog, poison):
    event = firehose(payload(), poison, payload())
    answers = flattener.app.lambda_handler(event, None)["records"]
    assert [(a["recordId"], a["result"]) for a in answers] == [
        ("r-0", "Ok"),
        ("r-1", "ProcessingFailed"),
        ("r-2", "Ok"),
    ]
    assert answers[1]["data"] == event["records"][1]["data"]
    assert [(r.record_id, r.message) for r in caplog.records] == [("r-1", "not flattened")]
    assert caplog.records[0].reason


def test_the_log_never_holds_what_was_in_a_record(flattener, caplog):
    flattener.app.lambda_handler(firehose(b"SECRET", payload(show={"title": ["SECRET"]}), payload(show="SECRET")), None)
    assert len(caplog.records) == 3
    assert "SECRET" not in str([vars(record) for record in caplog.records])


def test_a_response_never_grows_over_the_limit(flattener, monkeypatch):
    """Records that no longer fit are failed, as few as possible, and the others stay as they are."""
    event = firehose(*[payload()] * 100)
    whole = flattener.app.lambda_handler(event, None)["records"]
    monkeypatch.setattr(flattener.app, "RESPONSE_BYTES", len(json.dumps(whole)) // 2)
    answers = flattener.app.lambda_handler(event, None)["records"]
    results = [answer["result"] for answer in answers]
    fitting = results.count("Ok")
    assert results == ["Ok"] * fitting + ["ProcessingFailed"] * (100 - fitting)
    assert answers[:fitting] == whole[:fitting]
    assert [a["data"] for a in answers[fitting:]] == [r["data"] for r in event["records"][fitting:]]
    growth = len(whole[0]["data"]) - len(event["records"][0]["data"])
    assert len(json.dumps(answers)) <= flattener.app.RESPONSE_BYTES
    assert len(json.dumps(answers)) + growth + 100 * flattener.app.BYTES_AROUND_DATA > flattener.app.RESPONSE_BYTES


def test_an_empty_batch_is_answered(flattener):
    assert flattener.app.lambda_handler({"records": []}, None) == {"records": []}
