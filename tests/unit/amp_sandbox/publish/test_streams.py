import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.publish.streams import app_events, catalog_changes, queue_url, record_id
from amp_sandbox.settings import Settings

SETTINGS = Settings()
CHANGES, EVENTS = catalog_changes(SETTINGS), app_events(SETTINGS)


def digest(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()[:32]


def test_a_record_is_known_by_the_id_field_of_its_stream() -> None:
    body = b'{"change_id": "c-1", "event_id": "e-1"}'
    assert record_id(CHANGES, body) == "c-1"
    assert record_id(EVENTS, body) == "e-1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{not json",
        b"\xff\xfe",
        b"[]",
        b'"e-1"',
        b"{}",
        b'{"event_id": null}',
        b'{"event_id": 17}',
        b'{"event_id": ""}',
        b'{"event_id": "a,b"}',
        b'{"event_id": "a b"}',
        b'{"event_id": "a\\nb"}',
        b'{"event_id": "a\\"b"}',
        b'{"event_id": "' + b"x" * 129 + b'"}',
        b"[" * 100_000,
    ],
)
def test_a_record_without_a_usable_id_is_known_by_its_bytes(body: bytes) -> None:
    assert record_id(EVENTS, body) == digest(body)


@given(st.one_of(st.binary(), st.text().map(lambda text: json.dumps({"event_id": text}).encode())))
def test_every_id_fits_a_field_of_the_ledger(body: bytes) -> None:
    found = record_id(EVENTS, body)
    assert found.isascii()
    assert found.isprintable()
    assert not set(found) & set(', "\n\r')


def test_a_queue_url_is_of_the_path_strategy() -> None:
    # https://docs.localstack.cloud/aws/services/sqs/#queue-urls
    assert queue_url(SETTINGS, "q") == "http://127.0.0.1:4566/queue/us-east-1/000000000000/q"
