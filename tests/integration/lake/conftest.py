"""The deployed lake: its raw bucket, crawler and queues."""

import gzip
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from amp_sandbox.settings import Settings
from amp_sandbox.stack import stack_outputs

Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def outputs(sandbox: Settings) -> Mapping[str, str]:
    """What the deployed stack says of itself."""
    return stack_outputs(sandbox)


@pytest.fixture
def put_rows(sandbox: Settings, client: Client) -> Iterator[Callable[..., str]]:
    """Puts rows into the raw bucket as Firehose does, and removes them afterwards; answers the key."""
    s3, made = client("s3"), list[str]()

    def put(folder: str, *rows: Mapping[str, Any]) -> str:
        key = f"{folder}/{uuid.uuid4().hex}.gz"
        body = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())
        s3.put_object(Bucket=sandbox.raw_bucket, Key=key, Body=body)
        made.append(key)
        return key

    yield put
    for key in made:
        s3.delete_object(Bucket=sandbox.raw_bucket, Key=key)


@pytest.fixture
def columns(client: Client) -> Callable[[str], dict[str, str]]:
    """The columns and partition keys of a table of amp_raw, with their types; none when there is no such table."""
    glue = client("glue")

    def found(table: str) -> dict[str, str]:
        try:
            described = glue.get_table(DatabaseName="amp_raw", Name=table)["Table"]
        except glue.exceptions.EntityNotFoundException:
            return {}
        listed = described["StorageDescriptor"]["Columns"] + described.get("PartitionKeys", [])
        return {column["Name"]: column["Type"] for column in listed}

    return found
