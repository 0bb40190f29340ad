"""Raw objects: which there are, which of them can be read, and their lines.

Firehose writes gzipped lines of JSON. Spark, reading a gzip file that is cut off or altered, either ends the job or
(`spark.sql.files.ignoreCorruptFiles`) loses the rest of it silently. So when Spark cannot read, every object is
decompressed once, on the executors and without keeping anything of it; one that cannot be is left out as a whole, for
the quarantine to name, and the rest is read again. Nothing of it reaches a table, not even the lines before the fault:
when it is mended the next run reads all. Objects are as a rule sound, and then they are read once.

**Left out:** objects without compression, and of other kinds; they are named in quarantine too.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from amp_spark.schemas import empty
from amp_spark.storage import Entry, with_slashes

LINES = StructType([StructField(name, StringType()) for name in ("raw", "object", "raw_dt", "raw_type")])
"""A line, the URI of its object, and the `dt=` and `event_type=` of the folder the object is in."""

_CHUNK = 1 << 20

T = TypeVar("T")


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


def objects_of(found: Sequence[Entry]) -> Objects:
    """Objects that are there, by their size and name: those called readable are presumed to be so."""
    unreadable = [Unreadable(one.uri, "the object is empty") for one in found if not one.size]
    unreadable += [Unreadable(one.uri, "the object's name does not end in .gz") for one in found if _other(one)]
    readable = sorted({one.uri for one in found if one.size and not _other(one)})
    return Objects(tuple(readable), _sorted(unreadable))


def read_lines(session: SparkSession, objects: Objects, work: Callable[[DataFrame], T]) -> tuple[Objects, T]:
    """Do what reads all lines of the objects; answers the objects too, as they have turned out to be.

    When it fails, and there are objects that cannot be decompressed, it is done once more without them. So it must not
    write anything.
    """
    try:
        return objects, work(lines(session, objects.readable))
    except (Py4JJavaError, PySparkException):
        checked = check(session, objects)
        if checked == objects:
            raise
    return checked, work(lines(session, checked.readable))


def check(session: SparkSession, objects: Objects) -> Objects:
    """Find out which objects can be decompressed."""
    if not objects.readable:
        return objects
    contents = session.read.format("binaryFile").load(list(objects.readable)).select("path", "content")
    corrupt = contents.rdd.flatMap(lambda row: fault(row.path, row.content)).collect()
    faults = [Unreadable(with_slashes(path), reason) for path, reason in corrupt]
    left_out = {one.uri for one in faults}
    readable = tuple(uri for uri in objects.readable if uri not in left_out)
    return Objects(readable, _sorted([*objects.unreadable, *faults]))


def lines(session: SparkSession, uris: Sequence[str]) -> DataFrame:
    """The lines of raw objects that are not blank."""
    if not uris:
        return empty(session, LINES)
    read = _text(session, uris).select(F.col("value").alias("raw"), F.col("_metadata.file_path").alias("object"))
    return read.where(F.length(F.trim("raw")) > 0).select(
        "raw",
        "object",
        F.regexp_extract("object", "/dt=([^/]+)/[^/]+$", 1).alias("raw_dt"),
        F.regexp_extract("object", "/event_type=([^/]+)/", 1).alias("raw_type"),
    )


def _text(session: SparkSession, uris: Sequence[str]) -> DataFrame:
    """The objects as text: by folder where the folders hold just these, as each object named is asked for by itself."""
    folders = sorted({uri.rsplit("/", 1)[0] for uri in uris})
    whole = session.read.option("pathGlobFilter", "*.gz").text(folders)
    if sorted(map(with_slashes, whole.inputFiles())) == sorted(uris):
        return whole
    return session.read.text(list(uris))


def _sorted(unreadable: Sequence[Unreadable]) -> tuple[Unreadable, ...]:
    return tuple(sorted(unreadable, key=lambda one: one.uri))


def _other(entry: Entry) -> bool:
    return bool(entry.size) and not entry.name.endswith(".gz")


def fault(path: str, content: bytes) -> list[tuple[str, str]]:
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
