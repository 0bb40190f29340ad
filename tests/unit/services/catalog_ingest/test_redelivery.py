import json

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

CHANGE = {"change_type": "show_updated", "changed_at": "2026-11-22T10:00:00.000Z"}


def change(show_id: str, number: int = 1) -> str:
    return json.dumps({**CHANGE, "change_id": f"{number:08x}-0000-4000-8000-000000000000", "show_id": show_id})


@pytest.fixture(autouse=True)
def _catalogue(api, kinesis):
    api.forget()
    api.has({"show_id": "show_a", "title": "A"})


def test_what_succeeds_is_left_to_lambda(invoke, queue):
    invoke(change("show_a"))
    assert queue.requests == []


def test_what_no_repetition_mends_is_delivered_again_at_once(invoke, queue):
    assert invoke("not json", change("show_a"), "{}") == [0, 2]
    assert queue.delays == {"r-0": 0, "r-2": 0}


@pytest.mark.parametrize("receives", [1, 2, 5])
def test_an_unknown_show_is_asked_for_again_soon(invoke, queue, receives):
    assert invoke(change("show_unknown"), receives=receives) == [0]
    assert queue.delays == {"r-0": 2}


@pytest.mark.parametrize(("receives", "seconds"), [(1, 2), (2, 6), (3, 18), (4, 54), (5, 162), (7, 900), (10**9, 900)])
def test_what_may_pass_is_tried_less_and_less_often(invoke, queue, api, answering, receives, seconds):
    api.will_answer("show_b", answering(503))
    assert invoke(change("show_b"), receives=receives) == [0]
    assert queue.delays == {"r-0": seconds}


def test_sqs_is_asked_for_ten_messages_at_a_time(invoke, queue):
    invoke(*["not json"] * 23)
    assert queue.requests == [10, 10, 3]
    assert len(queue.delays) == 23


@pytest.mark.parametrize("error", [ConnectTimeoutError(endpoint_url="x"), ReadTimeoutError(endpoint_url="x")])
def test_a_queue_that_does_not_answer_changes_nothing_about_the_failures(invoke, queue, error, caplog):
    queue.raises = error
    assert invoke("not json", change("show_a")) == [0]
    assert "delays not set" in caplog.text


def test_a_delay_that_sqs_refuses_is_told_and_spares_the_others(invoke, queue, caplog):
    queue.refuses = {"r-0"}
    assert invoke("not json", "{}") == [0, 1]
    assert queue.delays == {"r-1": 0}
    assert [record.detail for record in caplog.records if record.message == "delay not set"] == [
        "ReceiptHandleIsInvalid"
    ]


def test_sqs_is_not_asked_when_no_time_is_left_for_its_answer(invoke, queue, caplog):
    assert invoke("not json", seconds=4) == [0]
    assert queue.requests == []
    assert [record.detail for record in caplog.records if record.message == "delays not set"] == ["no time left"]
