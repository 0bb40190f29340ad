"""The Data API's operations on results."""

import base64
import json
from typing import Any

from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.protocol.pages import token_of
from amp_sandbox.redshift_data import errors, store
from amp_sandbox.redshift_data.pages import position_of
from amp_sandbox.redshift_data.results import CSV
from amp_sandbox.redshift_data.statements import require_statement
from amp_sandbox.redshift_data.store import Statement
from amp_sandbox.warehouse.context import runner_of


@operation("redshift-data", "GetStatementResult")
def get_statement_result(ctx: Context, req: Request) -> Answer:
    """The rows of a statement that has finished, a thousand at a time.

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_GetStatementResult.html
    """
    statement, form = _finished(ctx, req)
    if form == CSV:
        raise errors.invalid("The result is in CSV format: use GetStatementResultV2.")
    body, answer = _page(ctx, req, statement)
    rows = json.loads(body) if body else []
    return {"Records": [[_with_bytes(field) for field in row] for row in rows], **answer}


@operation("redshift-data", "GetStatementResultV2")
def get_statement_result_v2(ctx: Context, req: Request) -> Answer:
    """The rows of a statement that was run with ResultFormat CSV; the first page begins with the columns' names.

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_GetStatementResultV2.html
    """
    statement, form = _finished(ctx, req)
    if form != CSV:
        raise errors.invalid("The result is in JSON format: use GetStatementResult.")
    body, answer = _page(ctx, req, statement)
    return {"Records": [{"CSVRecords": body}] if body else [], "ResultFormat": CSV, **answer}


def _finished(ctx: Context, req: Request) -> tuple[Statement, str]:
    """The statement, which has a result, and the result's format."""
    if req.get("WaitTimeSeconds"):
        runner_of(ctx).wait(req["Id"], req["WaitTimeSeconds"])
    statement = require_statement(ctx, req["Id"])
    if statement.columns is None:
        raise errors.no_result(f"Query {statement.id} is {statement.status}")
    request = statement.request or require_statement(ctx, statement.parent or "").request
    return statement, request["format"]


def _page(ctx: Context, req: Request, statement: Statement) -> tuple[str | None, dict[str, Any]]:
    place = position_of(req, int) or 0
    body, more = store.get_page(ctx.db, statement.id, place)
    answer = {"ColumnMetadata": statement.columns, "TotalNumRows": statement.rows}
    return body, answer | ({"NextToken": token_of(place + 1)} if more else {})


def _with_bytes(field: dict[str, Any]) -> dict[str, Any]:
    """A field as the protocol writes it: it makes Base64 of bytes itself."""
    return {"blobValue": base64.b64decode(field["blobValue"])} if "blobValue" in field else field
