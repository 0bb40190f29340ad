"""Puts records on a Kinesis data stream; those that Kinesis did not take are tried again, and only those.

Records are sent in the order given. As PutRecords keeps no order when some records fail, a record tried again may come
after a later one of the same show: readers order by `changed_at`.

The limits are those that every stream has unless it was configured otherwise: 500 records and 5 MiB a request, 1 MiB a
record with its partition key. Newer SDK documentation allows 10 MiB a request, and 10 MiB a record where
UpdateMaxRecordSize raised the stream's limit; nothing here needs that much.
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateMaxRecordSize.html
https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html

**Left out:** aggregation as the Kinesis Producer Library does it. Exactly-once: when an answer is lost on its way, the
records are sent again and are on the stream twice.
"""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from rejected import Rejected

RECORDS_PER_REQUEST = 500
BYTES_PER_REQUEST = 5 * 1024 * 1024
BYTES_PER_RECORD = 1024 * 1024
ATTEMPTS = 5
BACKOFF_SECONDS = 0.05
CONNECT_SECONDS = 1
READ_SECONDS = 3

CONFIG = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    # Attempts are counted in one place only, here, where the time that is left is known.
    retries={"mode": "standard", "total_max_attempts": 1},
)


@dataclass(frozen=True)
class StreamRecord:
    """A record to put on the stream."""

    partition_key: str
    data: bytes

    @property
    def size(self) -> int:
        """What counts towards the limits: the data and the partition key."""
        return len(self.data) + len(self.partition_key.encode())


@dataclass(frozen=True)
class Placement:
    """Where on the stream a record is."""

    shard_id: str
    sequence_number: str


Outcome = Placement | Rejected


def check_size(record: StreamRecord) -> None:
    """Raise Rejected if no request could hold the record."""
    if record.size > BYTES_PER_RECORD:
        raise Rejected("record_too_large", f"{record.size} bytes; the stream takes {BYTES_PER_RECORD}")


def put_records(
    kinesis: BaseClient, stream_name: str, records: Sequence[StreamRecord], deadline: float
) -> list[Outcome]:
    """Put the records on the stream and return, for each, where it is or why it is not there.

    No request is begun that could not end before `deadline` (of time.monotonic).
    """
    return [outcome for chunk in chunks(records) for outcome in _put_chunk(kinesis, stream_name, chunk, deadline)]


def chunks(records: Sequence[StreamRecord]) -> Iterator[list[StreamRecord]]:
    """Split the records, in order, into lists that each fit one request."""
    chunk: list[StreamRecord] = []
    size = 0
    for record in records:
        if chunk and (len(chunk) == RECORDS_PER_REQUEST or size + record.size > BYTES_PER_REQUEST):
            yield chunk
            chunk, size = [], 0
        chunk.append(record)
        size += record.size
    if chunk:
        yield chunk


def _put_chunk(kinesis: BaseClient, stream_name: str, chunk: Sequence[StreamRecord], deadline: float) -> list[Outcome]:
    outcomes: list[Outcome] = [Rejected("out_of_time", "not sent")] * len(chunk)
    pending = list(range(len(chunk)))
    for attempt in range(ATTEMPTS):
        if time.monotonic() + CONNECT_SECONDS + READ_SECONDS > deadline:
            break
        for index, outcome in zip(pending, _request(kinesis, stream_name, [chunk[i] for i in pending]), strict=True):
            outcomes[index] = outcome
        pending = [index for index in pending if _worth_another_try(outcomes[index])]
        if not pending:
            break
        if attempt + 1 < ATTEMPTS:
            time.sleep(BACKOFF_SECONDS * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
    return outcomes


def _request(kinesis: BaseClient, stream_name: str, records: Sequence[StreamRecord]) -> list[Outcome]:
    try:
        answer = kinesis.put_records(
            StreamName=stream_name,
            Records=[{"Data": record.data, "PartitionKey": record.partition_key} for record in records],
        )
    except ClientError as error:
        return [_refusal(error)] * len(records)
    except BotoCoreError as error:
        return [Rejected("stream_unavailable", type(error).__name__)] * len(records)
    return [_outcome(result) for result in answer["Records"]]


def _outcome(result: dict[str, Any]) -> Outcome:
    if "ErrorCode" in result:
        return Rejected("stream_unavailable", result["ErrorCode"])
    return Placement(result["ShardId"], result["SequenceNumber"])


def _refusal(error: ClientError) -> Rejected:
    code = error.response["Error"]["Code"]
    failed_there = error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    throttled = "Throttl" in code or code in {"ProvisionedThroughputExceededException", "LimitExceededException"}
    return Rejected("stream_unavailable" if failed_there or throttled else "stream_refused", code)


def _worth_another_try(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) and outcome.reason == "stream_unavailable"
