"""Checks that several of Firehose's operations share."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from amp_sandbox.firehose import errors, parquet, store
from amp_sandbox.firehose.destination import Destination
from amp_sandbox.firehose.hive_types import MisfitError
from amp_sandbox.firehose.store import Stream
from amp_sandbox.protocol import Context


def require_stream(ctx: Context, name: str) -> Stream:
    """The delivery stream of that name, in whatever status."""
    stream = store.get_stream(ctx.db, name)
    if stream is None:
        raise errors.stream_not_found(name, ctx.account_id)
    return stream


def require_distinct_tags(tags: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The tags of a request by key; no key may come twice."""
    by_key = {tag["Key"]: tag.get("Value", "") for tag in tags}
    if len(by_key) < len(tags):
        raise errors.invalid_argument("Two of the Tags have the same Key.")
    return by_key


def require_usable_table(ctx: Context, destination: Destination) -> None:
    """The Glue table of a destination's format conversion, if it has one, must be there, with types that are known.

    AWS too asks Glue at the time of the call.
    https://docs.aws.amazon.com/firehose/latest/APIReference/API_SchemaConfiguration.html
    """
    conversion = destination.conversion
    if conversion is None:
        return
    try:
        parquet.schema_of(parquet.fetch_table(ctx.aws("glue"), conversion))
    except (ClientError, MisfitError) as error:
        table = f"{conversion.database}.{conversion.table}"
        raise errors.invalid_argument(f"SchemaConfiguration: the Glue table {table} cannot be used: {error}") from error


def stream_type(stream: Stream) -> str:
    """DirectPut or KinesisStreamAsSource."""
    kind: str = stream.definition.get("DeliveryStreamType") or "DirectPut"
    return kind
