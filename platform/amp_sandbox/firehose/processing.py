"""What happens to a batch of records between the source and the buffers: transform, partition keys, delimiter.

`process` is called by the runner and does everything for one batch that may take time; it raises `TransformError`
when the invocation failed and is worth another attempt, which the engine decides.

A record without one of the partition keys that the prefix asks for goes to the error output as
DynamicPartitioning.MetadataExtractionFailed, and so does one with a value that S3 could not take in a key, which
would hold up the delivery for ever.

**Left out:** the limit of 500 active partitions.
https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jq

from amp_sandbox.firehose import prefix, transform
from amp_sandbox.firehose.clients import Lambda
from amp_sandbox.firehose.destination import Destination
from amp_sandbox.firehose.error_output import Failure, processing_failed
from amp_sandbox.firehose.shards import DATA, DROPPED, Outcome, Record, Route
from amp_sandbox.firehose.transform import Transformed, Verdict

MAX_KEY_LENGTH = 256
METADATA_FAILED = "DynamicPartitioning.MetadataExtractionFailed"


class _MetadataError(Exception):
    """A record's partition keys cannot be had."""


class Routed(NamedTuple):
    """The outcomes of a batch, and a failure worth a line in the log, if there was one."""

    outcomes: list[Outcome]
    failure: Failure | None


@dataclass(frozen=True)
class Processor:
    """A delivery stream's processing: fixed for one version of its settings."""

    destination: Destination
    stream_arn: str
    source_arn: str | None
    region: str
    client: Lambda
    now_ms: Callable[[], int]

    def process(self, records: Sequence[Record], attempt: int) -> Routed:
        """Transform a batch (this being the `attempt`-th try) and route its records."""
        function = self.destination.transform
        if function is None:
            verdicts: Sequence[Verdict] = [Transformed(record.data, {}) for record in records]
            return self._route(records, verdicts, attempt)
        payload = transform.event(
            records,
            stream_arn=self.stream_arn,
            source_arn=self.source_arn,
            region=self.region,
            invocation_id=uuid.uuid4(),
        )
        result = transform.invoke(self.client, function.function_arn, payload)
        return self._route(records, transform.match(records, result), attempt)

    def fail(self, records: Sequence[Record], failure: Failure, attempt: int) -> Routed:
        """Route a batch whose last attempt failed as a whole."""
        return self._route(records, [failure] * len(records), attempt)

    def _route(self, records: Sequence[Record], verdicts: Sequence[Verdict], attempt: int) -> Routed:
        ended_ms = self.now_ms()
        function = self.destination.transform
        arn = None if function is None else function.function_arn
        lambda_names = sorted(prefix.partition_keys(self.destination.data_prefix, "partitionKeyFromLambda"))
        query_names = sorted(prefix.partition_keys(self.destination.data_prefix, "partitionKeyFromQuery"))
        query = self.destination.metadata_query
        extract = None if query is None else jq.compile(query)
        outcomes = []
        first: Failure | None = None
        for record, verdict in zip(records, verdicts, strict=True):
            if verdict is None:
                outcomes.append(Outcome(DROPPED, record))
                continue
            if isinstance(verdict, Transformed):
                try:
                    route = Route(
                        DATA,
                        _chosen(verdict.partition_keys, lambda_names),
                        _chosen(_extracted(extract, verdict.data), query_names),
                    )
                except _MetadataError as error:
                    verdict = Failure(METADATA_FAILED, str(error))
                else:
                    outcomes.append(Outcome(route, record.with_data(verdict.data + self.destination.delimiter)))
                    continue
            first = first or verdict
            outcomes.append(processing_failed(record, verdict, attempts=attempt, ended_ms=ended_ms, lambda_arn=arn))
        return Routed(outcomes, first)


def _chosen(keys: Any, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    if not names:
        return ()
    if not isinstance(keys, Mapping):
        raise _MetadataError("The metadata extraction query failed: its result is not an object")
    chosen = []
    for name in names:
        value = keys.get(name)
        if value is None or value == "":
            raise _MetadataError(f"partitionKeys values must not be null or empty: {name}")
        if isinstance(value, dict | list):
            raise _MetadataError(f"partitionKeys values must be strings, numbers or booleans: {name}")
        text = value if isinstance(value, str) else json.dumps(value)
        if not text.isprintable() or len(text) > MAX_KEY_LENGTH:
            raise _MetadataError(f"partitionKeys values must be fit for an S3 key: {name}")
        chosen.append((name, text))
    return tuple(chosen)


def _extracted(program: Any, data: bytes) -> Any:
    if program is None:
        return {}
    try:
        return program.input_text(data.decode()).first()
    except (ValueError, StopIteration) as error:
        raise _MetadataError(f"The metadata extraction query failed: {error}") from error
