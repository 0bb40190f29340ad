"""Glue's operations on partitions.

**Left out:**

* partition values are not checked against the types of their keys, as on AWS;
* partition indexes and column statistics, whose operations are refused;
* partitions made before the table's partition keys changed: they are listed, and have NULL for the new keys.
"""

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from amp_sandbox.glue import errors, expression, store
from amp_sandbox.glue.checks import partition_keys, position_of, require_table, require_values
from amp_sandbox.glue.shapes import definition, describe_partition, error_detail
from amp_sandbox.glue.store import Table
from amp_sandbox.protocol import Answer, AwsError, Context, Request, operation
from amp_sandbox.protocol.pages import page_of
from amp_sandbox.standins.sqlite import transaction

_PAGE = 1000
_SCHEMA_REFERENCE = "PartitionInput.StorageDescriptor.SchemaReference"


@operation("glue", "CreatePartition", refuses=[_SCHEMA_REFERENCE])
def create_partition(ctx: Context, req: Request) -> Answer:
    """Add a partition to a table.

    https://docs.aws.amazon.com/glue/latest/webapi/API_CreatePartition.html
    """
    with transaction(ctx.db):
        _create(ctx, require_table(ctx, req), req["PartitionInput"])
    return {}


@operation("glue", "BatchCreatePartition")
def batch_create_partition(ctx: Context, req: Request) -> Answer:
    """Add partitions to a table; those that cannot be are in the answer's Errors.

    Left out: StorageDescriptor.SchemaReference of a partition (in Errors, as not supported).
    https://docs.aws.amazon.com/glue/latest/webapi/API_BatchCreatePartition.html
    """
    with transaction(ctx.db):
        table = require_table(ctx, req)
        failed = _each(req["PartitionInputList"], lambda given: _create(ctx, table, given))
    return {"Errors": failed}


@operation("glue", "GetPartition", refuses=["AuditContext"])
def get_partition(ctx: Context, req: Request) -> Answer:
    """Show the partition of those values.

    https://docs.aws.amazon.com/glue/latest/webapi/API_GetPartition.html
    """
    table = require_table(ctx, req)
    values = require_values(table, req["PartitionValues"])
    partition = store.get_partition(ctx.db, table.id, values)
    if partition is None:
        raise _not_found(table, values)
    return {"Partition": describe_partition(ctx, table, partition)}


@operation("glue", "GetPartitions", refuses=["TransactionId", "QueryAsOfTime", "AuditContext"])
def get_partitions(ctx: Context, req: Request) -> Answer:
    """Show a table's partitions that Expression holds for, in one Segment if asked, a page at a time.

    Left out: in Expression, what is not in AWS's list of operators (InvalidInputException that names it).
    https://docs.aws.amazon.com/glue/latest/webapi/API_GetPartitions.html
    """
    table = require_table(ctx, req)
    holds = expression.predicate(req.get("Expression") or "", partition_keys(table))
    in_segment = _segment(req.get("Segment"))
    found = store.list_partitions(ctx.db, table.id, after=position_of(req, list))
    matching = (one for one in found if in_segment(one.values) and holds(one.values))
    page, token = page_of(matching, req.get("MaxResults") or _PAGE, lambda one: one.values)
    columns = not req.get("ExcludeColumnSchema")
    return {"Partitions": [describe_partition(ctx, table, one, columns=columns) for one in page], **token}


@operation("glue", "BatchGetPartition", refuses=["AuditContext", "QuerySessionContext"])
def batch_get_partition(ctx: Context, req: Request) -> Answer:
    """Show the partitions of those values; values that have none are UnprocessedKeys.

    https://docs.aws.amazon.com/glue/latest/webapi/API_BatchGetPartition.html
    """
    table = require_table(ctx, req)
    shown, missing = [], []
    for wanted in req["PartitionsToGet"]:
        partition = store.get_partition(ctx.db, table.id, require_values(table, wanted["Values"]))
        if partition is None:
            missing.append(wanted)
        else:
            shown.append(describe_partition(ctx, table, partition))
    return {"Partitions": shown, "UnprocessedKeys": missing}


@operation("glue", "UpdatePartition", refuses=[_SCHEMA_REFERENCE])
def update_partition(ctx: Context, req: Request) -> Answer:
    """Replace a partition's definition, and its values if PartitionInput has others.

    https://docs.aws.amazon.com/glue/latest/webapi/API_UpdatePartition.html
    """
    with transaction(ctx.db):
        _update(ctx, require_table(ctx, req), req["PartitionValueList"], req["PartitionInput"])
    return {}


@operation("glue", "BatchUpdatePartition")
def batch_update_partition(ctx: Context, req: Request) -> Answer:
    """Replace partitions' definitions; those that cannot be are in the answer's Errors.

    Left out: StorageDescriptor.SchemaReference of a partition (in Errors, as not supported).
    https://docs.aws.amazon.com/glue/latest/webapi/API_BatchUpdatePartition.html
    """
    failed = []
    with transaction(ctx.db):
        table = require_table(ctx, req)
        for entry in req["Entries"]:
            try:
                _update(ctx, table, entry["PartitionValueList"], entry["PartitionInput"])
            except AwsError as error:
                detail = error_detail(error.code, error.message)
                failed.append({"PartitionValueList": entry["PartitionValueList"], "ErrorDetail": detail})
    return {"Errors": failed}


@operation("glue", "DeletePartition")
def delete_partition(ctx: Context, req: Request) -> Answer:
    """Remove a partition.

    https://docs.aws.amazon.com/glue/latest/webapi/API_DeletePartition.html
    """
    with transaction(ctx.db):
        _delete(ctx, require_table(ctx, req), req["PartitionValues"])
    return {}


@operation("glue", "BatchDeletePartition")
def batch_delete_partition(ctx: Context, req: Request) -> Answer:
    """Remove partitions; those that are not there are in the answer's Errors.

    https://docs.aws.amazon.com/glue/latest/webapi/API_BatchDeletePartition.html
    """
    with transaction(ctx.db):
        table = require_table(ctx, req)
        failed = _each(req["PartitionsToDelete"], lambda wanted: _delete(ctx, table, wanted["Values"]))
    return {"Errors": failed}


def _create(ctx: Context, table: Table, given: Mapping[str, Any]) -> None:
    values = require_values(table, given.get("Values"))
    try:
        store.create_partition(ctx.db, table.id, values, definition(given, "Values"), at=ctx.now())
    except store.ExistsError as error:
        raise errors.already_exists(_name(table, values)) from error


def _update(ctx: Context, table: Table, values: Sequence[str], given: Mapping[str, Any]) -> None:
    values, new_values = require_values(table, values), require_values(table, given.get("Values"))
    try:
        found = store.update_partition(ctx.db, table.id, values, new_values, definition(given, "Values"))
    except store.ExistsError as error:
        # AlreadyExistsException is none of the operation's errors.
        raise errors.invalid_input(f"{_name(table, new_values)} already exists.") from error
    if not found:
        raise _not_found(table, values)


def _delete(ctx: Context, table: Table, values: Sequence[str]) -> None:
    if not store.delete_partition(ctx.db, table.id, require_values(table, values)):
        raise _not_found(table, values)


def _each(entries: Sequence[Mapping[str, Any]], change: Callable[[Mapping[str, Any]], None]) -> list[Answer]:
    """Make the change for each entry, and answer AWS's PartitionError for those where it fails."""
    failed: list[Answer] = []
    for entry in entries:
        try:
            change(entry)
        except AwsError as error:
            detail = error_detail(error.code, error.message)
            failed.append({"PartitionValues": entry.get("Values") or [], "ErrorDetail": detail})
    return failed


def _segment(segment: Mapping[str, int] | None) -> Callable[[Sequence[str]], bool]:
    """Whether partition values are in the segment: each are in one of TotalSegments, and always in the same."""
    if segment is None:
        return lambda _values: True
    number, total = segment["SegmentNumber"], segment["TotalSegments"]
    if number >= total:
        raise errors.invalid_input(f"SegmentNumber {number} must be below TotalSegments {total}.")
    return lambda values: zlib.crc32(json.dumps(values).encode()) % total == number


def _not_found(table: Table, values: Sequence[str]) -> AwsError:
    return errors.not_found(_name(table, values))


def _name(table: Table, values: Sequence[str]) -> str:
    return f"Partition {list(values)} of table {table.database}.{table.name}"
