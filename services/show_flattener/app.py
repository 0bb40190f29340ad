"""Firehose transform of `show-catalog`: nested records into flat lines of JSON for the lake.

Each record becomes one line that ends in a newline, as Firehose itself puts nothing between records. A record that
cannot become a line is answered as ProcessingFailed with its data unchanged; Firehose writes it below the stream's
error prefix, from where it can be sent again.
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html

A response may hold 6 MB, as may the request, and columns that a record lacks make its line longer than the record was.
Firehose gathers 3 MB at most for one call (the template asks for 1), so real batches have room to spare. Should a
batch of very small records not, then those that no longer fit are ProcessingFailed: a response over the limit would
fail the whole batch.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

**Left out:** the removal of duplicates; `change_id` tells readers which they are.
"""

import json
import logging
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from columns import RecordError, flatten

log = logging.getLogger(__name__)
logging.getLogger().setLevel(os.environ.get("LOG_LEVEL", "INFO"))

RESPONSE_BYTES = 6_000_000
BYTES_AROUND_DATA = 64  # of a record in the response: names, result and punctuation


def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Transform a batch of Firehose records; each is answered, with its own recordId and in order."""
    # Were every record returned unchanged, the response would be this long, and so never longer than the request.
    size = sum(len(r["recordId"]) + len(r["data"]) + BYTES_AROUND_DATA for r in event["records"])
    answers = []
    for record in event["records"]:
        try:
            data = b64encode(transform(b64decode(record["data"]))).decode()
            growth = len(data) - len(record["data"])
            if growth > 0 and size + growth > RESPONSE_BYTES:
                raise RecordError("no room is left in the response")
        except RecordError as error:
            log.warning("not flattened", extra={"record_id": record["recordId"], "reason": str(error)})
            answers.append({"recordId": record["recordId"], "result": "ProcessingFailed", "data": record["data"]})
        else:
            size += growth
            answers.append({"recordId": record["recordId"], "result": "Ok", "data": data})
    return {"records": answers}


def transform(data: bytes) -> bytes:
    """Return the line of one record; raise RecordError if it cannot become one."""
    try:
        row = flatten(json.loads(data.decode()))
        return json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeError:
        raise RecordError("the record is not UTF-8") from None
    except (ValueError, RecursionError):
        raise RecordError("the record is not JSON") from None
