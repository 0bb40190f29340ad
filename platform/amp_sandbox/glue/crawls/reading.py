"""The beginning of an object: what it is, and as much of its content as a schema is inferred from.

Formats and compressions are told by content, never by name, as AWS's classifiers do.
https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html

**Left out:** formats and compressions other than JSON, CSV and Parquet, plain, gzip or bzip2: an object of one of them
is skipped, and its reason names what it is.
"""

import bz2
import codecs
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from amp_sandbox.glue.crawls.listing import S3Object

FETCHED_BYTES = 512 * 1024
"""How much of an object is fetched, from its beginning; of a Parquet file, its footer."""
TEXT_BYTES = 1024 * 1024
"""How much text is looked at, after decompression."""

_FOOTER_BYTES = 64 * 1024
_PARQUET = b"PAR1"
# What an object is that starts so, and that is not read here.
_OTHERS = {
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"PK\x03\x04": "ZIP",
    b"\xfd7zXZ": "xz",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\xff\x06\x00\x00sNaPpY": "Snappy",
    b"ORC": "ORC",
    b"Obj\x01": "Avro",
    b"PARE": "encrypted Parquet",
}


class UnreadableError(Exception):
    """Why an object tells nothing about its schema."""


@dataclass(frozen=True)
class Text:
    """The beginning of an object of text, in whole lines; `stored` bytes of the object hold it."""

    key: str
    stored: int
    compression: str
    text: str
    whole: bool


@dataclass(frozen=True)
class ParquetFile:
    """The footer of a Parquet file."""

    key: str
    stored: int
    footer: bytes


@dataclass(frozen=True)
class _Content:
    """The beginning of an object's content, which so many bytes of it hold."""

    content: bytes
    stored: int
    whole: bool


def read_object(s3: Any, bucket: str, listed: S3Object) -> Text | ParquetFile:
    """Read an object's beginning, or a Parquet file's footer; raises `UnreadableError`."""
    head = _fetch(s3, bucket, listed, 0, min(listed.size, FETCHED_BYTES))
    if head.startswith(_PARQUET):
        return ParquetFile(listed.key, listed.size, _footer(s3, bucket, listed, head))
    whole = len(head) == listed.size
    if head.startswith(b"\x1f\x8b"):
        return _text(listed, "gzip", _decompressed(head, whole, "gzip", lambda: zlib.decompressobj(31)))
    if head.startswith(b"BZh"):
        return _text(listed, "bzip2", _decompressed(head, whole, "bzip2", bz2.BZ2Decompressor))
    for start, name in _OTHERS.items():
        if head.startswith(start):
            raise UnreadableError(f"{name} is not supported")
    content = head[:TEXT_BYTES]
    return _text(listed, "none", _Content(content, len(content), whole and content == head))


def _fetch(s3: Any, bucket: str, listed: S3Object, start: int, length: int) -> bytes:
    # IfMatch: what was listed, or nothing; parts of two objects would be no object at all.
    wanted = {"Bucket": bucket, "Key": listed.key, "IfMatch": f'"{listed.etag}"'}
    if length < listed.size:
        wanted["Range"] = f"bytes={start}-{start + length - 1}"
    try:
        body: bytes = s3.get_object(**wanted)["Body"].read()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        gone = {"NoSuchKey": "it is gone since it was listed", "PreconditionFailed": "it changed since it was listed"}
        raise UnreadableError(gone.get(code, f"S3 answers {code}: {error.response['Error'].get('Message')}")) from error
    return body


def _footer(s3: Any, bucket: str, listed: S3Object, head: bytes) -> bytes:
    """The end of a Parquet file, from before its footer on."""
    whole = len(head) == listed.size
    tail = head if whole else _fetch(s3, bucket, listed, listed.size - _FOOTER_BYTES, _FOOTER_BYTES)
    if not tail.endswith(_PARQUET) or len(tail) < 12:
        raise UnreadableError("the Parquet file has no footer: it is written only in part")
    length = int.from_bytes(tail[-8:-4], "little") + 8
    if length + len(_PARQUET) > listed.size:
        raise UnreadableError("the Parquet file's footer is longer than the file")
    return tail if length <= len(tail) else _fetch(s3, bucket, listed, listed.size - length, length)


def _decompressed(head: bytes, whole: bool, name: str, new: Callable[[], Any]) -> _Content:
    """The first `TEXT_BYTES` of what was compressed, perhaps in several parts."""
    text, rest = b"", head
    while rest and len(text) < TEXT_BYTES:
        part = new()
        try:
            text += part.decompress(rest, TEXT_BYTES - len(text))
        except (zlib.error, OSError, EOFError) as error:
            raise UnreadableError(f"its {name} compression is corrupt: {error}") from error
        if not part.eof:
            if whole and len(text) < TEXT_BYTES:
                raise UnreadableError(f"its {name} compression is corrupt: it ends too early")
            return _Content(text, len(head) - len(getattr(part, "unconsumed_tail", b"")), False)
        rest = part.unused_data
    return _Content(text, len(head) - len(rest), whole and not rest)


def _text(listed: S3Object, compression: str, found: _Content) -> Text:
    content = found.content
    if not found.whole:
        cut = content.rfind(b"\n") + 1
        if not cut:
            raise UnreadableError(f"its first line is longer than {len(content)} bytes")
        content = content[:cut]
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" in content:
        raise UnreadableError("it is binary, of no known format")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is not UTF-8: {error.reason} at byte {error.start}") from error
    if not text.strip():
        raise UnreadableError("it is empty")
    return Text(listed.key, max(1, found.stored), compression, text, found.whole)
