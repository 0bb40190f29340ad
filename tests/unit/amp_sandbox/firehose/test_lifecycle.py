import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from amp_sandbox.firehose import store
from amp_sandbox.firehose.lifecycle import settle_created

ROLE = "arn:aws:iam::000000000000:role/service/delivery"
OTHER_ROLE = "arn:aws:iam::000000000000:role/reader"
SOURCE = "arn:aws:kinesis:us-east-1:000000000000:stream/app-events"
DIRECT = {"ExtendedS3DestinationConfiguration": {"RoleARN": ROLE}}
FROM_KINESIS = DIRECT | {"KinesisStreamSourceConfiguration": {"KinesisStreamARN": SOURCE, "RoleARN": OTHER_ROLE}}


class Aws:
    """Kinesis and IAM with these streams and roles, or with an error for everything."""

    def __init__(self, *there: str, error: str | None = None) -> None:
        self._there, self._error = there, error

    def __call__(self, _service: str) -> "Aws":
        return self

    def describe_stream_summary(self, *, StreamARN: str) -> dict[str, Any]:  # noqa: N803
        return self._answer(StreamARN, "ResourceNotFoundException")

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803
        return self._answer(RoleName, "NoSuchEntity")

    def _answer(self, name: str, missing: str) -> dict[str, Any]:
        if self._error or name not in self._there:
            raise ClientError({"Error": {"Code": self._error or missing}}, "Any")
        return {}


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    connection = store.connect(":memory:")
    yield connection
    connection.close()


def settled(db: sqlite3.Connection, definition: dict[str, Any], aws: Aws) -> tuple[str, str | None]:
    store.create_stream(db, "s", "arn:s", definition, at=1.0)
    settle_created(db, aws, lambda: 2.0)
    stream = store.get_stream(db, "s")
    assert stream is not None
    assert stream.status_at == 2.0
    return stream.status, stream.failure


def test_a_stream_is_active_when_what_it_names_exists(db: sqlite3.Connection) -> None:
    assert settled(db, FROM_KINESIS, Aws(SOURCE, "delivery", "reader")) == ("ACTIVE", None)


def test_a_direct_put_stream_needs_no_source(db: sqlite3.Connection) -> None:
    assert settled(db, DIRECT, Aws("delivery")) == ("ACTIVE", None)


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (("delivery", "reader"), f"The source stream {SOURCE} does not exist."),
        ((SOURCE, "reader"), f"Firehose is unable to assume role {ROLE}: it does not exist."),
        ((SOURCE, "delivery"), f"Firehose is unable to assume role {OTHER_ROLE}: it does not exist."),
    ],
)
def test_a_stream_fails_with_the_name_of_what_is_missing(
    db: sqlite3.Connection, there: tuple[str, ...], told: str
) -> None:
    assert settled(db, FROM_KINESIS, Aws(*there)) == ("CREATING_FAILED", told)


def test_a_stream_stays_creating_while_aws_does_not_answer(db: sqlite3.Connection) -> None:
    store.create_stream(db, "s", "arn:s", DIRECT, at=1.0)
    with pytest.raises(ClientError):
        settle_created(db, Aws(error="InternalFailure"), lambda: 2.0)
    stream = store.get_stream(db, "s")
    assert stream is not None
    assert stream.status == "CREATING"


@pytest.mark.parametrize("status", ["ACTIVE", "CREATING_FAILED", "DELETING"])
def test_other_streams_are_left_alone(db: sqlite3.Connection, status: str) -> None:
    store.create_stream(db, "s", "arn:s", DIRECT, at=1.0)
    store.set_status(db, "s", status, at=1.5)
    settle_created(db, Aws(error="InternalFailure"), lambda: 2.0)
    stream = store.get_stream(db, "s")
    assert stream is not None
    assert (stream.status, stream.status_at) == (status, 1.5)
