"""What the store keeps and what AWS shows: definitions from inputs, and descriptions from rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from amp_sandbox.glue.store import Database, Partition, Table
from amp_sandbox.protocol import Context, refuse_unsupported

# What AWS gives a database of which nothing is said: IAM alone decides on its tables.
# https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html
_IAM_ONLY = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]


def definition(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An input as it is kept: without the member that names it, times as seconds since 1970."""
    refuse_unsupported(given, "StorageDescriptor.SchemaReference")
    kept = {member: value for member, value in given.items() if member != name and value is not None}
    return {member: value.timestamp() if isinstance(value, datetime) else value for member, value in kept.items()}


def describe_database(ctx: Context, database: Database) -> dict[str, Any]:
    """AWS's Database."""
    return {
        "CreateTableDefaultPermissions": _IAM_ONLY,
        **database.definition,
        "Name": database.name,
        "CreateTime": database.created_at,
        "CatalogId": ctx.account_id,
    }


def describe_table(ctx: Context, table: Table) -> dict[str, Any]:
    """AWS's Table."""
    return {
        "Retention": 0,
        **table.definition,
        "Name": table.name,
        "DatabaseName": table.database,
        "CreateTime": table.created_at,
        "UpdateTime": table.updated_at,
        "CreatedBy": f"arn:aws:iam::{ctx.account_id}:root",
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": ctx.account_id,
        "VersionId": str(table.version),
    }


def describe_partition(ctx: Context, table: Table, partition: Partition, *, columns: bool = True) -> dict[str, Any]:
    """AWS's Partition; without the columns of its storage if those are not wanted."""
    shown = {
        **partition.definition,
        "Values": list(partition.values),
        "DatabaseName": table.database,
        "TableName": table.name,
        "CreationTime": partition.created_at,
        "CatalogId": ctx.account_id,
    }
    if not columns and "StorageDescriptor" in shown:
        storage = shown["StorageDescriptor"]
        shown["StorageDescriptor"] = {member: value for member, value in storage.items() if member != "Columns"}
    return shown


def error_detail(code: str, message: str) -> dict[str, str]:
    """AWS's ErrorDetail, of one item in a batch."""
    return {"ErrorCode": code, "ErrorMessage": message}
