"""Glue's operations on tables and their versions.

**Left out:**

* column types are not checked: AWS too keeps what it is given, and engines complain;
* resource links, federated tables, views in several dialects and Iceberg metadata (TargetTable, FederatedTable,
  ViewDefinition, OpenTableFormatInput), and governed tables (TransactionId), which are refused;
* the quota of versions that a table can have: there is none.
"""

import re

from amp_sandbox.glue import errors, store
from amp_sandbox.glue.checks import (
    folded,
    position_of,
    require_catalog,
    require_database,
    require_table,
)
from amp_sandbox.glue.shapes import definition, describe_table, error_detail
from amp_sandbox.glue.store import Table
from amp_sandbox.protocol import Answer, AwsError, Context, Request, operation
from amp_sandbox.protocol.pages import page_of
from amp_sandbox.standins.sqlite import transaction

_UNSUPPORTED_INPUT = (
    "Name",
    "TransactionId",
    "TableInput.TargetTable",
    "TableInput.FederatedTable",
    "TableInput.ViewDefinition",
    "TableInput.StorageDescriptor.SchemaReference",
)
_UNSUPPORTED_READS = ("TransactionId", "QueryAsOfTime", "AuditContext", "IncludeStatusDetails", "AttributesToGet")
_PAGE = 100


@operation("glue", "CreateTable", refuses=[*_UNSUPPORTED_INPUT, "PartitionIndexes", "OpenTableFormatInput"])
def create_table(ctx: Context, req: Request) -> Answer:
    """Make a table at version 0; its name is folded to lower case.

    https://docs.aws.amazon.com/glue/latest/webapi/API_CreateTable.html
    """
    given = _require_input(req)
    with transaction(ctx.db):
        database = require_database(ctx, req)
        name = folded(given["Name"])
        try:
            store.create_table(ctx.db, database.id, name, definition(given, "Name"), at=ctx.now())
        except store.ExistsError as error:
            raise errors.already_exists(f"Table {database.name}.{name}") from error
    return {}


@operation("glue", "GetTable", refuses=_UNSUPPORTED_READS)
def get_table(ctx: Context, req: Request) -> Answer:
    """Show a table at its current version.

    https://docs.aws.amazon.com/glue/latest/webapi/API_GetTable.html
    """
    return {"Table": describe_table(ctx, require_table(ctx, req, "Name"))}


@operation("glue", "GetTables", refuses=[*_UNSUPPORTED_READS, "ResourceShareType"])
def get_tables(ctx: Context, req: Request) -> Answer:
    """Show a database's tables in alphabetical order, a page at a time.

    Expression is a regular expression for the whole name; in it, as on AWS, a `*` by itself stands for anything.

    https://docs.aws.amazon.com/glue/latest/webapi/API_GetTables.html
    """
    database = require_database(ctx, req)
    wanted = _pattern(req.get("Expression") or ".*")
    found = store.list_tables(ctx.db, database.id, after=position_of(req, str) or "")
    matching = (table for table in found if wanted.fullmatch(table.name))
    page, token = page_of(matching, req.get("MaxResults") or _PAGE, lambda table: table.name)
    return {"TableList": [describe_table(ctx, table) for table in page], **token}


@operation(
    "glue", "UpdateTable", refuses=[*_UNSUPPORTED_INPUT, "ViewUpdateAction", "Force", "UpdateOpenTableFormatInput"]
)
def update_table(ctx: Context, req: Request) -> Answer:
    """Replace a table's definition; the version before stays, unless SkipArchive is set.

    https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateTable.html
    """
    given = _require_input(req)
    with transaction(ctx.db):
        table = require_table(ctx, {**req, "Name": given["Name"]}, "Name")
        expected = req.get("VersionId")
        if expected is not None and expected != str(table.version):
            raise errors.concurrent_modification(f"{table.database}.{table.name}", expected, table.version)
        archive = not req.get("SkipArchive")
        store.update_table(ctx.db, table, definition(given, "Name"), archive=archive, at=ctx.now())
    return {}


@operation("glue", "DeleteTable", refuses=["TransactionId"])
def delete_table(ctx: Context, req: Request) -> Answer:
    """Remove a table with its versions and partitions, at once where AWS takes its time.

    https://docs.aws.amazon.com/glue/latest/webapi/API_DeleteTable.html
    """
    store.delete_table(ctx.db, require_table(ctx, req, "Name").id)
    return {}


@operation("glue", "BatchDeleteTable", refuses=["TransactionId"])
def batch_delete_table(ctx: Context, req: Request) -> Answer:
    """Remove tables; those that are not there are in the answer's Errors.

    https://docs.aws.amazon.com/glue/latest/webapi/API_BatchDeleteTable.html
    """
    database = require_database(ctx, req)
    failed = []
    for given in req["TablesToDelete"]:
        name = folded(given)
        table = store.get_table(ctx.db, database.id, name)
        if table is None:
            error = errors.not_found(f"Table {database.name}.{name}")
            failed.append({"TableName": given, "ErrorDetail": error_detail(error.code, error.message)})
        else:
            store.delete_table(ctx.db, table.id)
    return {"Errors": failed}


@operation("glue", "GetTableVersion", refuses=["AuditContext"])
def get_table_version(ctx: Context, req: Request) -> Answer:
    """Show one version of a table; by default the current one.

    https://docs.aws.amazon.com/glue/latest/webapi/API_GetTableVersion.html
    """
    table = require_table(ctx, req)
    wanted = _version(req.get("VersionId") or str(table.version))
    found = store.get_table_version(ctx.db, table.id, wanted)
    if found is None:
        raise errors.not_found(f"Version {wanted} of table {table.database}.{table.name}")
    return {"TableVersion": _describe_version(ctx, found)}


@operation("glue", "GetTableVersions", refuses=["AuditContext"])
def get_table_versions(ctx: Context, req: Request) -> Answer:
    """Show the versions of a table that were kept, the current one first, a page at a time.

    https://docs.aws.amazon.com/glue/latest/webapi/API_GetTableVersions.html
    """
    table = require_table(ctx, req)
    found = store.list_table_versions(ctx.db, table.id, before=position_of(req, int))
    page, token = page_of(found, req.get("MaxResults") or _PAGE, lambda version: version.version)
    return {"TableVersions": [_describe_version(ctx, version) for version in page], **token}


@operation("glue", "DeleteTableVersion")
def delete_table_version(ctx: Context, req: Request) -> Answer:
    """Remove a version of a table that is not the current one.

    https://docs.aws.amazon.com/glue/latest/webapi/API_DeleteTableVersion.html
    """
    with transaction(ctx.db):
        _delete_version(ctx, require_table(ctx, req), req["VersionId"])
    return {}


@operation("glue", "BatchDeleteTableVersion")
def batch_delete_table_version(ctx: Context, req: Request) -> Answer:
    """Remove versions of a table; those that cannot be are in the answer's Errors.

    https://docs.aws.amazon.com/glue/latest/webapi/API_BatchDeleteTableVersion.html
    """
    failed = []
    with transaction(ctx.db):
        table = require_table(ctx, req)
        for version in req["VersionIds"]:
            try:
                _delete_version(ctx, table, version)
            except AwsError as error:
                detail = error_detail(error.code, error.message)
                failed.append({"TableName": table.name, "VersionId": version, "ErrorDetail": detail})
    return {"Errors": failed}


@operation("glue", "SearchTables", refuses=["Filters", "SortCriteria", "ResourceShareType", "IncludeStatusDetails"])
def search_tables(ctx: Context, req: Request) -> Answer:
    """Show the tables of all databases that have SearchText in a name, a description, a column or a parameter.

    A text in double quotes is a whole word, as on AWS; upper and lower case are the same.

    https://docs.aws.amazon.com/glue/latest/webapi/API_SearchTables.html
    """
    require_catalog(ctx, req)
    wanted = _text_search(req.get("SearchText") or "")
    found = store.list_all_tables(ctx.db, after=position_of(req, int) or 0)
    matching = (table for table in found if wanted.search(_searched(table)))
    page, token = page_of(matching, req.get("MaxResults") or _PAGE, lambda table: table.id)
    return {"TableList": [describe_table(ctx, table) for table in page], **token}


def _delete_version(ctx: Context, table: Table, version: str) -> None:
    number = _version(version)
    if number == table.version:
        raise errors.invalid_input(f"Version {number} of table {table.database}.{table.name} is the current one.")
    if not store.delete_table_version(ctx.db, table.id, number):
        raise errors.not_found(f"Version {number} of table {table.database}.{table.name}")


def _version(given: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", given):
        raise errors.invalid_input(f"The VersionId {given!r:.100} is not a number.")
    return int(given)


def _text_search(text: str) -> re.Pattern[str]:
    quoted = len(text) > 2 and text.startswith('"') and text.endswith('"')
    return re.compile(rf"\b{re.escape(text[1:-1])}\b" if quoted else re.escape(text), re.IGNORECASE)


def _searched(table: Table) -> str:
    """What SearchTables looks at, a line each."""
    given = table.definition
    columns = [*given.get("StorageDescriptor", {}).get("Columns", []), *given.get("PartitionKeys", [])]
    described = [column.get(member, "") for column in columns for member in ("Name", "Comment")]
    parameters = given.get("Parameters") or {}
    return "\n".join([table.name, table.database, given.get("Description", ""), *described, *parameters.values()])


def _require_input(req: Request) -> Request:
    given: Request | None = req.get("TableInput")
    if given is None:
        raise errors.invalid_input("TableInput must be specified.")
    return given


def _pattern(expression: str) -> re.Pattern[str]:
    """A regular expression in which, as on AWS, a `*` by itself stands for anything."""
    try:
        return re.compile(re.sub(r"(?<![.)\]])\*", ".*", expression), re.IGNORECASE)
    except re.error as error:
        raise errors.invalid_input(f"The Expression {expression!r} is not a regular expression: {error}.") from error


def _describe_version(ctx: Context, table: Table) -> Answer:
    return {"Table": describe_table(ctx, table), "VersionId": str(table.version)}
