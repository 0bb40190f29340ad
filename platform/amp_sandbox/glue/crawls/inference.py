"""What a folder holds: for each kind of object in it, its format and columns, from a sample of the objects.

An object that cannot be read is no reason to fail: it is listed with what is wrong with it.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from amp_sandbox.glue.crawls.csv_files import csv_columns
from amp_sandbox.glue.crawls.json_lines import json_columns
from amp_sandbox.glue.crawls.listing import Folder
from amp_sandbox.glue.crawls.reading import ParquetFile, Text, UnreadableError, read_object
from amp_sandbox.glue.crawls.types import HiveType, from_arrow, merged_columns

_MEMORY = "512MB"


@dataclass(frozen=True)
class Format:
    """What objects of one table have in common; `delimiter`, `header` and `quoted` are CSV's."""

    classification: str
    compression: str = "none"
    delimiter: str = ""
    header: bool = False
    quoted: bool = False

    @property
    def compatible(self) -> tuple[Any, ...]:
        """Equal for objects that one table can have; quotes are not known of every object."""
        return self.classification, self.compression, self.delimiter, self.header


@dataclass(frozen=True)
class Kind:
    """Objects of one format with equal columns: their keys, how many records `stored` bytes of them hold, and whether
    that is all of them."""

    format: Format
    columns: Mapping[str, HiveType]
    keys: tuple[str, ...]
    records: int
    stored: int
    whole: bool


@dataclass(frozen=True)
class Found:
    """What was found in a folder: its kinds of objects, and why others were skipped, by key."""

    kinds: tuple[Kind, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the store."""
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Found":
        """From the store."""
        kinds = (
            Kind(**{**kind, "format": Format(**kind["format"]), "keys": tuple(kind["keys"])}) for kind in value["kinds"]
        )
        return Found(tuple(kinds), value["skipped"])


@dataclass(frozen=True)
class _Seen:
    key: str
    format: Format
    columns: Mapping[str, HiveType]
    records: int
    stored: int
    whole: bool


class Reader:
    """Reads folders; each thread that calls it has a DuckDB of its own, without access to files but its own."""

    def __init__(self, s3: Any, require_going: Callable[[], None]) -> None:
        self._s3, self._require_going = s3, require_going
        self._thread = threading.local()

    def read(self, folder: Folder, sample_size: int | None) -> Found:
        """What a folder holds. `require_going` is called before each object, and raises to end it."""
        skipped = dict.fromkeys(folder.empty, "it is empty")
        texts: list[Text] = []
        seen: list[_Seen] = []
        for listed in folder.sample(sample_size):
            self._require_going()
            try:
                read = read_object(self._s3, folder.bucket, listed)
                if isinstance(read, ParquetFile):
                    seen.append(_parquet(read))
                else:
                    texts.append(read)
            except UnreadableError as error:
                skipped[listed.key] = str(error)
        for text, one in zip(texts, self._texts(texts), strict=True):
            if one is None:
                skipped[text.key] = _unknown(text)
            else:
                seen.append(one)
        return Found(tuple(_kinds(sorted(seen, key=lambda one: one.key))), dict(sorted(skipped.items())))

    def _texts(self, texts: Sequence[Text]) -> Iterator[_Seen | None]:
        if not texts:
            return
        found = json_columns(self._duckdb(), texts)
        for number, text in enumerate(texts):
            if number in found:
                columns, records = found[number]
                yield _seen(text, Format("json", text.compression), columns, records)
            elif text.text.lstrip().startswith(("{", "[")):
                yield None  # broken JSON, which has commas too
            else:
                csv = csv_columns(self._duckdb(), text)
                if csv is None:
                    yield None
                else:
                    kind = Format("csv", text.compression, csv.delimiter, csv.header, csv.quoted)
                    yield _seen(text, kind, csv.columns, csv.records)

    def _duckdb(self) -> Any:
        import duckdb

        if not hasattr(self._thread, "db"):
            self._thread.db = duckdb.connect(
                config={
                    "threads": 1,
                    "memory_limit": _MEMORY,
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                }
            )
        return self._thread.db


def _seen(text: Text, kind: Format, columns: Mapping[str, HiveType], records: int) -> _Seen:
    return _Seen(text.key, kind, columns, records, text.stored, text.whole)


def _parquet(file: ParquetFile) -> _Seen:
    try:
        metadata = pq.read_metadata(pa.BufferReader(file.footer))
        schema = metadata.schema.to_arrow_schema()
    except (pa.ArrowException, OSError) as error:
        raise UnreadableError(f"its Parquet footer is corrupt: {error}") from error
    columns: dict[str, HiveType] = {}
    for column in schema:
        columns = merged_columns(columns, {column.name.lower(): from_arrow(column.type)})
    return _Seen(file.key, Format("parquet"), columns, metadata.num_rows, file.stored, True)


def _kinds(seen: Iterable[_Seen]) -> Iterator[Kind]:
    """Objects of equal format and columns together, in the order of their first keys."""
    alike: list[list[_Seen]] = []
    for one in seen:
        group = next((some for some in alike if (some[0].format, some[0].columns) == (one.format, one.columns)), None)
        if group is None:
            alike.append([one])
        else:
            group.append(one)
    for group in alike:
        yield Kind(
            group[0].format,
            group[0].columns,
            tuple(one.key for one in group),
            sum(one.records for one in group),
            sum(one.stored for one in group),
            all(one.whole for one in group),
        )


def _unknown(text: Text) -> str:
    if text.text.lstrip().startswith(("{", "[")):
        return "it is classified UNKNOWN: it begins like JSON and is none"
    return "it is classified UNKNOWN: it is neither JSON, nor CSV, nor Parquet"
