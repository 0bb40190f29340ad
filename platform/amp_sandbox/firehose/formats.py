"""The bytes of an S3 object: records joined and compressed.

https://docs.aws.amazon.com/firehose/latest/dev/create-destination.html (S3 compression)
"""

import gzip
import io
import zipfile
from collections.abc import Sequence

import cramjam

_GZIP_LEVEL = 6
_HADOOP_BLOCK = 256 * 1024
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def compress(chunks: Sequence[bytes], compression: str, name: str) -> bytes:
    """The chunks one after the other, compressed; `name` is that of the one file in a ZIP archive."""
    data = b"".join(chunks)
    match compression:
        case "GZIP":
            return gzip.compress(data, _GZIP_LEVEL, mtime=0)
        case "ZIP":
            return _zip(data, name)
        case "Snappy":
            return bytes(cramjam.snappy.compress(data))
        case "HADOOP_SNAPPY":
            return b"".join(
                _hadoop_block(data[start : start + _HADOOP_BLOCK]) for start in range(0, len(data), _HADOOP_BLOCK)
            )
    return data


def _zip(data: bytes, name: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(zipfile.ZipInfo(name, _ZIP_DATE), data, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def _hadoop_block(data: bytes) -> bytes:
    """A block of Hadoop's SnappyCodec: its length, then each compressed chunk after its own length."""
    chunk = bytes(cramjam.snappy.compress_raw(data))
    return len(data).to_bytes(4, "big") + len(chunk).to_bytes(4, "big") + chunk
