"""PutRecord and PutRecordBatch: a record is committed to the store before the call is answered.

**Left out:** throughput quotas. AWS answers ServiceUnavailableException above them; here a caller waits its turn.
"""

from collections.abc import Sequence

from amp_sandbox.firehose import errors, store
from amp_sandbox.firehose.checks import require_stream, stream_type
from amp_sandbox.protocol import Answer, Context, Request, operation

MAX_BATCH_BYTES = 4 * 1024 * 1024
"""https://docs.aws.amazon.com/firehose/latest/dev/limits.html"""


@operation("firehose", "PutRecord")
def put_record(ctx: Context, req: Request) -> Answer:
    """Keep one record until it is delivered.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html
    """
    ids = _put(ctx, req["DeliveryStreamName"], [req["Record"]["Data"]])
    return {"RecordId": ids[0], "Encrypted": False}


@operation("firehose", "PutRecordBatch")
def put_record_batch(ctx: Context, req: Request) -> Answer:
    """Keep up to 500 records and 4 MiB until they are delivered: all of them, so FailedPutCount is always 0.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
    """
    records = [record["Data"] for record in req["Records"]]
    if sum(map(len, records)) > MAX_BATCH_BYTES:
        raise errors.invalid_argument("Records size exceeds 4 MB limit")
    ids = _put(ctx, req["DeliveryStreamName"], records)
    return {
        "FailedPutCount": 0,
        "Encrypted": False,
        "RequestResponses": [{"RecordId": record_id} for record_id in ids],
    }


def _put(ctx: Context, name: str, records: Sequence[bytes]) -> list[str]:
    # In one transaction, so that no record is accepted after the stream is marked DELETING.
    with store.transaction(ctx.db):
        stream = require_stream(ctx, name)
        kind = stream_type(stream)
        if kind != "DirectPut":
            raise errors.invalid_argument(f"This operation is not permitted on {kind} delivery stream type.")
        if stream.status != "ACTIVE":
            raise errors.stream_not_receiving(name, ctx.account_id, stream.status)
        return store.put_records(ctx.db, stream.id, records, arrived_ms=int(ctx.now() * 1000))
