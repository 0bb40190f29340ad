"""What a crawl writes into the catalogue: AWS's TableInput and PartitionInput, as AWS's crawlers fill them in.

**Left out:** partition indexes, and with them the parameter `partition_filtering.enabled`. A CSV with fields in quotes
has LazySimpleSerDe as any other, which leaves the quotes in the values: AWS's documentation says to give such a
table OpenCSVSerDe by hand. The parameter `areColumnsQuoted` tells.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amp_sandbox.glue.crawls.grouping import FoundTable, Leaf
from amp_sandbox.glue.crawls.inference import Format
from amp_sandbox.glue.crawls.listing import Folder
from amp_sandbox.glue.crawls.types import Columns, text

CRAWLER = "UPDATED_BY_CRAWLER"
DEPRECATED = "DEPRECATED_BY_CRAWLER"

_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


@dataclass(frozen=True)
class Statistics:
    """How much data there is; `partial` says that the schema is of a sample, and `records` a guess."""

    objects: int
    size: int
    records: int
    partial: bool


@dataclass(frozen=True)
class Origin:
    """Who writes a table, and of what: the crawler's name, the bucket, the target's exclusions, and its listing."""

    crawler: str
    bucket: str
    exclusions: Sequence[str]
    folders: Mapping[str, Folder]

    def uri(self, key: str) -> str:
        """A location as the catalogue names it."""
        return f"s3://{self.bucket}/{key}"


def table_definition(origin: Origin, table: FoundTable) -> dict[str, Any]:
    """AWS's TableInput less its name."""
    statistics = total(leaf_statistics(origin, leaf) for leaf in table.leaves)
    parameters = _parameters(origin, table.format, statistics)
    return {
        "Owner": "owner",
        "Retention": 0,
        "StorageDescriptor": _storage(origin, table.root, table.format, table.columns, parameters),
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in table.keys],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
    }


def partition_definition(origin: Origin, table: FoundTable, leaf: Leaf) -> dict[str, Any]:
    """AWS's PartitionInput less its values."""
    columns = {name: kind for name, kind in leaf.columns.items() if name not in table.keys}
    parameters = _parameters(origin, leaf.format, leaf_statistics(origin, leaf))
    return {
        "StorageDescriptor": _storage(origin, leaf.key, leaf.format, columns, parameters),
        "Parameters": parameters,
    }


def leaf_statistics(origin: Origin, leaf: Leaf) -> Statistics:
    """How much data a leaf has, by its listing and what was read of it."""
    folder = origin.folders.get(leaf.key)
    read = {key for kind in leaf.kinds for key in kind.keys}
    if folder is None:  # the leaf is one object
        parent = origin.folders[leaf.key.rpartition("/")[0] + "/" if "/" in leaf.key else ""]
        listed = [one for one in parent.objects if one.key == leaf.key]
    else:
        listed = list(folder.objects)
    size = sum(one.size for one in listed)
    records, stored = sum(kind.records for kind in leaf.kinds), sum(kind.stored for kind in leaf.kinds)
    partial = not all(kind.whole for kind in leaf.kinds) or len(read) < len(listed)
    return Statistics(len(listed), size, round(records * size / stored) if partial else records, partial)


def total(parts: Iterable[Statistics]) -> Statistics:
    """The statistics of several together."""
    all_parts = list(parts)

    def add(value: Callable[[Statistics], int]) -> int:
        return sum(map(value, all_parts))

    return Statistics(
        add(lambda one: one.objects),
        add(lambda one: one.size),
        add(lambda one: one.records),
        any(one.partial for one in all_parts),
    )


def columns_as_listed(columns: Columns) -> list[dict[str, str]]:
    """AWS's list of Column."""
    return [{"Name": name, "Type": text(kind)} for name, kind in columns.items()]


def _parameters(origin: Origin, kind: Format, statistics: Statistics) -> dict[str, str]:
    parameters = {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        CRAWLER: origin.crawler,
        "averageRecordSize": str(statistics.size // statistics.records if statistics.records else 0),
        "classification": kind.classification,
        "compressionType": kind.compression,
        "objectCount": str(statistics.objects),
        "recordCount": str(statistics.records),
        "sizeKey": str(statistics.size),
        "typeOfData": "file",
    }
    if kind.classification == "csv":
        parameters |= {
            "areColumnsQuoted": str(kind.quoted).lower(),
            "columnsOrdered": "true",
            "delimiter": kind.delimiter,
        }
        if kind.header:
            parameters["skip.header.line.count"] = "1"
    if origin.exclusions:
        parameters["exclusions"] = json.dumps(list(origin.exclusions))
    return parameters


def _storage(origin: Origin, key: str, kind: Format, columns: Columns, parameters: Mapping[str, str]) -> dict[str, Any]:
    parquet = kind.classification == "parquet"
    return {
        "Columns": columns_as_listed(columns),
        "Location": origin.uri(key),
        "InputFormat": f"{_PARQUET}.MapredParquetInputFormat" if parquet else _TEXT_INPUT,
        "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat" if parquet else _TEXT_OUTPUT,
        "Compressed": kind.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": _serde(kind, columns),
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": dict(parameters),
        "StoredAsSubDirectories": False,
    }


def _serde(kind: Format, columns: Columns) -> dict[str, Any]:
    match kind.classification:
        case "json":
            library, parameters = "org.openx.data.jsonserde.JsonSerDe", {"paths": ",".join(columns)}
        case "parquet":
            library, parameters = f"{_PARQUET}.serde.ParquetHiveSerDe", {"serialization.format": "1"}
        case _:
            library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
            parameters = {"field.delim": kind.delimiter}
    return {"SerializationLibrary": library, "Parameters": parameters}
