"""The Glue Data Catalog and the lake's S3, as the SQL service asks of them.

Tables and partitions are asked for with every statement that names them, so that what a crawler changes is seen at
once; a statement that names a table twice asks once.

Objects whose names begin with `_` or `.`, or that are in such a folder, are no rows: what Spark and Hive skip.
"""

import json
import os.path
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from amp_sandbox import aws
from amp_sandbox.settings import Settings
from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.external.hive import external_table
from amp_sandbox.warehouse.external.interface import HIVE_NULL, ExternalTable, Partition

_AT_ONCE = 8
# More places than this are listed together, by what their names have in common.
_FEW = 16


class GlueCatalog:
    """A catalogue over boto3 clients of Glue and S3, which are safe to share between threads."""

    def __init__(self, glue: Any, s3: Any) -> None:
        self._glue = glue
        self._s3 = s3

    def table(self, database: str, name: str) -> ExternalTable | None:
        """The table as the Data Catalog has it now; None when there is none."""
        try:
            return external_table(self._glue.get_table(DatabaseName=database, Name=name)["Table"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return None
            raise _unreachable("the Data Catalog", error) from error
        except BotoCoreError as error:
            raise _unreachable("the Data Catalog", error) from error

    def partitions(self, table: ExternalTable) -> Sequence[Partition]:
        """All partitions of the table."""
        try:
            pages = self._glue.get_paginator("get_partitions").paginate(
                DatabaseName=table.database, TableName=table.name, ExcludeColumnSchema=True
            )
            return [
                Partition(_values(one, table), (one.get("StorageDescriptor") or {}).get("Location") or table.location)
                for page in pages
                for one in page["Partitions"]
            ]
        except (BotoCoreError, ClientError) as error:
            raise _unreachable("the Data Catalog", error) from error

    def files(self, locations: Sequence[str]) -> Sequence[Sequence[str]]:
        """The objects at each place."""
        places = [one.rstrip("/") + "/" for one in locations]
        if len(places) > _FEW:
            together = os.path.commonprefix(places)  # noqa: RUF071 - cut at a slash below
            together = together[: together.rfind("/") + 1]
            if together.count("/") > 3:
                found = self._objects(together)
                return [[one for one in found if one.startswith(place)] for place in places]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self._objects, places))

    def keys(self, bucket: str, prefix: str) -> Sequence[str]:
        """The keys that begin so."""
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [
                one["Key"]
                for page in pages
                for one in page.get("Contents", ())
                if one["Size"] and one["Key"][-1] != "/"
            ]
        except (BotoCoreError, ClientError) as error:
            raise _unreachable("S3", error) from error

    def rows(self, schema: str, database: str) -> list[dict[str, Any]]:
        """The database's tables, for SVV_EXTERNAL_TABLES and its like."""
        try:
            pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=database)
            return [self._row(schema, table) for page in pages for table in page["TableList"]]
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return []
            raise _unreachable("the Data Catalog", error) from error
        except BotoCoreError as error:
            raise _unreachable("the Data Catalog", error) from error

    def create_database(self, name: str) -> None:
        """Make the database unless it is there."""
        try:
            self._glue.create_database(DatabaseInput={"Name": name})
        except ClientError as error:
            if error.response["Error"]["Code"] != "AlreadyExistsException":
                raise _unreachable("the Data Catalog", error) from error
        except BotoCoreError as error:
            raise _unreachable("the Data Catalog", error) from error

    def _objects(self, place: str) -> list[str]:
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        if not place.startswith("s3://") or not bucket:
            raise errors.invalid_parameter(f"the table's location {place[:200]!r} is not in S3")
        keys = self.keys(bucket, prefix)
        hidden = ("_", ".")
        shown = [one for one in keys if not any(part.startswith(hidden) for part in one[len(prefix) :].split("/"))]
        return [f"s3://{bucket}/{one}" for one in shown]

    def _row(self, schema: str, table: dict[str, Any]) -> dict[str, Any]:
        storage = table.get("StorageDescriptor") or {}
        serde = storage.get("SerdeInfo") or {}
        keys = table.get("PartitionKeys") or []
        columns = [(one, 0) for one in storage.get("Columns") or []]
        columns += [(one, place) for place, one in enumerate(keys, 1)]
        partitions: Sequence[Partition] = ()
        if keys:
            names = tuple(one["Name"] for one in keys)
            partitions = self.partitions(ExternalTable(table["DatabaseName"], table["Name"], "", "", (), names))
        return {
            "schema_name": schema,
            "name": table["Name"],
            "location": storage.get("Location") or "",
            "input_format": storage.get("InputFormat") or "",
            "output_format": storage.get("OutputFormat") or "",
            "serde": serde.get("SerializationLibrary") or "",
            "serde_parameters": json.dumps(serde.get("Parameters") or {}),
            "parameters": json.dumps(table.get("Parameters") or {}),
            "columns": [
                {"name": one["Name"], "type": one.get("Type") or "", "part_key": place} for one, place in columns
            ],
            "partitions": [{"values": json.dumps(one.values), "location": one.location} for one in partitions],
        }


def of_sandbox(settings: Settings) -> GlueCatalog:
    """The catalogue of a sandbox."""
    return GlueCatalog(aws.client(settings, "glue"), aws.client(settings, "s3"))


def _values(partition: dict[str, Any], table: ExternalTable) -> tuple[str, ...]:
    """A partition's values; those of keys that the table has got since are NULL."""
    given = tuple(partition["Values"])[: len(table.keys)]
    return given + (HIVE_NULL,) * (len(table.keys) - len(given))


def _unreachable(what: str, error: Exception) -> SqlError:
    return SqlError("58030", f"{what} cannot be read", detail=str(error)[:500])
