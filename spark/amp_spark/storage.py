"""Files by URI, through the Hadoop FileSystem that Spark itself uses: `s3://`, `file://` or any other scheme.

**Left out:** atomic replacement. On S3 an object is replaced at once, a folder object by object.
"""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from amp_spark.errors import JobError

_LISTED_AT_ONCE = 8
_MISSING = ("java.io.FileNotFoundException", "java.nio.file.NoSuchFileException")
_NO_BUCKET = ("UnknownStoreException", "NoSuchBucket", "bucket does not exist")


@dataclass(frozen=True)
class Entry:
    """A file or folder."""

    uri: str
    name: str
    is_folder: bool
    size: int


def require_root(session: SparkSession, uri: str) -> None:
    """Raise JobError when a bucket, or the folder in its place, is not there."""
    with _told(uri):
        try:
            # A path of its own: the bucket alone is none to some file systems.
            there = _files(session, uri).exists(_path(session, f"{uri}/"))
        except Py4JJavaError as error:
            if not _is(error, _MISSING):
                raise
            there = False
    if not there:
        raise JobError(f"{uri} does not exist; create the bucket first, or correct the argument")


def entries(session: SparkSession, uri: str) -> tuple[Entry, ...]:
    """What a folder holds, by name; nothing when it does not exist. Names that begin with _ or . are left out."""
    with _told(uri):
        try:
            found = _files(session, uri).listStatus(_path(session, uri))
        except Py4JJavaError as error:
            if _is(error, _MISSING):
                return ()
            raise
        listed = [_entry(status) for status in found]
    return tuple(sorted((one for one in listed if one.name[:1] not in "_."), key=lambda one: one.name))


def entries_of(session: SparkSession, uris: Sequence[str]) -> list[tuple[Entry, ...]]:
    """What several folders hold. They are listed at the same time, as each is a request of its own."""
    with ThreadPoolExecutor(_LISTED_AT_ONCE) as pool:
        return list(pool.map(lambda uri: entries(session, uri), uris))


def exists(session: SparkSession, uri: str) -> bool:
    """Whether there is a file or folder."""
    with _told(uri):
        return bool(_files(session, uri).exists(_path(session, uri)))


def delete(session: SparkSession, uri: str) -> None:
    """Delete a file or a folder with what is in it, if it exists."""
    with _told(uri):
        _files(session, uri).delete(_path(session, uri), True)


def write_text(session: SparkSession, uri: str, text: str) -> None:
    """Write one file, in place of one that is there."""
    with _told(uri):
        stream = _files(session, uri).create(_path(session, uri), True)
        try:
            stream.write(bytearray(text.encode()))
        finally:
            stream.close()


def with_slashes(uri: str) -> str:
    """A URI as Spark writes it in `_metadata.file_path`: Java writes one without a host with one slash."""
    return re.sub(r"^(\w+):/(?!/)", r"\1:///", uri)


def _files(session: SparkSession, uri: str) -> Any:
    return _path(session, uri).getFileSystem(session.sparkContext._jsc.hadoopConfiguration())


def _path(session: SparkSession, uri: str) -> Any:
    return session.sparkContext._jvm.org.apache.hadoop.fs.Path(uri)


def _entry(status: Any) -> Entry:
    path = status.getPath()
    return Entry(
        with_slashes(path.toUri().toString()), path.getName(), bool(status.isDirectory()), int(status.getLen())
    )


@contextmanager
def _told(uri: str) -> Iterator[None]:
    """Errors of the file system as one line."""
    try:
        yield
    except Py4JJavaError as error:
        what = str(error.java_exception.toString()).splitlines()[0]
        if any(sign in what for sign in _NO_BUCKET):
            raise JobError(f"the bucket of {uri} does not exist; create it first") from None
        raise JobError(f"{uri} cannot be used: {what}") from None


def _is(error: Py4JJavaError, classes: Sequence[str]) -> bool:
    return error.java_exception.getClass().getName() in classes
