"""Raw objects: which there are, which of them can be read, and their lines.

Firehose writes gzipped lines of JSON. Spark, reading a gzip file that is cut off or altered, either ends the job or
(`spark.sql.files.ignoreCorruptFiles`) loses the rest of it silently. So every object is decompressed once beforehand,
on the executors and without keeping anything of it; one that cannot be is left out as a whole, for the quarantine to
name. Nothing of it reaches a table, not even the lines before the fault: when it is mended the next run reads all.

**Left out:** objects without compression, and of other kinds; they are named in quarantine too.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from amp_spark.storage import Entry

LINES = StructType([StructField(name, StringType()) for name in ("raw", "object", "raw_dt", "raw_type")])
"""A line, the URI of its object, and the `dt=` and `event_type=` of the folder the object is in."""

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Unreadable:
    """An object that cannot be read, and why."""

    uri: str
    reason: str


@dataclass(frozen=True)
class Objects:
    """Raw objects: those that can be read, and those that cannot."""

    readable: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]

    @property
    def uris(self) -> list[str]:
        """All of them."""
        return sorted([*self.readable, *(one.uri for one in self.unreadable)])


def check(session: SparkSession, found: Sequence[Entry]) -> Objects:
    """Find out which objects can be decompressed."""
    unreadable = [Unreadable(one.uri, "the object is empty") for one in found if not one.size]
    unreadable += [Unreadable(one.uri, "the object's name does not end in .gz") for one in found if _other(one)]
    rest = sorted({one.uri for one in found if one.size and not _other(one)})
    if rest:
        contents = session.read.format("binaryFile").load(rest).select("path", "content")
        corrupt = contents.rdd.flatMap(lambda row: _fault(row.path, row.content)).collect()
        unreadable += [Unreadable(_slashes(path), reason) for path, reason in corrupt]
    left_out = {one.uri for one in unreadable}
    readable = tuple(uri for uri in rest if uri not in left_out)
    return Objects(readable, tuple(sorted(unreadable, key=lambda one: one.uri)))


def lines(session: SparkSession, uris: Sequence[str]) -> DataFrame:
    """The lines of raw objects that are not blank."""
    if not uris:
        return session.createDataFrame([], LINES)
    read = session.read.text(list(uris)).select(
        F.col("value").alias("raw"), F.col("_metadata.file_path").alias("object")
    )
    return read.where(F.length(F.trim("raw")) > 0).select(
        "raw",
        "object",
        F.regexp_extract("object", "/dt=([^/]+)/[^/]+$", 1).alias("raw_dt"),
        F.regexp_extract("object", "/event_type=([^/]+)/", 1).alias("raw_type"),
    )


def _other(entry: Entry) -> bool:
    return bool(entry.size) and not entry.name.endswith(".gz")


def _slashes(uri: str) -> str:
    scheme, _, rest = uri.partition(":")
    return uri if rest.startswith("//") else f"{scheme}://{rest}"


def _fault(path: str, content: bytes) -> list[tuple[str, str]]:
    """What is wrong with an object, if anything: one entry or none."""
    try:
        _decompress(bytes(content))
    except (zlib.error, EOFError) as error:
        return [(path, f"corrupt gzip: {error}")]
    return []


def _decompress(data: bytes) -> None:
    """Go through all members of a gzip file, in bounded memory; raise zlib.error or EOFError when one is broken."""
    while data:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        member.decompress(data, _CHUNK)
        while not member.eof and member.unconsumed_tail:
            member.decompress(member.unconsumed_tail, _CHUNK)
        if not member.eof:
            raise EOFError("the object ends before its data does")
        data = member.unused_data
