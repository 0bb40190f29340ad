import bz2
import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.glue_fakes import FakeBuckets, ndjson, parquet

from amp_sandbox.glue.crawls.listing import S3Object
from amp_sandbox.glue.crawls.reading import (
    FETCHED_BYTES,
    TEXT_BYTES,
    ParquetFile,
    Text,
    UnreadableError,
    read_object,
)


def read(body: bytes) -> Text | ParquetFile:
    buckets = FakeBuckets()
    buckets.put("x", body)
    (page,) = buckets.paginate(Bucket="lake", Prefix="x")
    (entry,) = page["Contents"]
    return read_object(buckets, "lake", S3Object("x", len(body), entry["ETag"].strip('"'), 0))


LINES = ndjson(*({"n": number, "text": "x" * 100} for number in range(20_000)))


@pytest.mark.parametrize(
    ("name", "body"), [("none", LINES), ("gzip", gzip.compress(LINES, mtime=0)), ("bzip2", bz2.compress(LINES))]
)
def test_whole_lines_of_the_beginning_are_read(name: str, body: bytes) -> None:
    found = read(body)
    assert isinstance(found, Text)
    assert (found.compression, found.whole) == (name, False)
    assert LINES.decode().startswith(found.text)
    assert found.text.endswith("\n")
    assert 0.4 * TEXT_BYTES < len(found.text) <= TEXT_BYTES
    assert found.stored <= min(len(body), FETCHED_BYTES)


def test_gzip_in_several_parts_is_read_to_its_end() -> None:
    found = read(gzip.compress(b'{"a": 1}\n') + gzip.compress(b'{"a": 2}\n'))
    assert isinstance(found, Text)
    assert (found.text, found.whole) == ('{"a": 1}\n{"a": 2}\n', True)


def test_the_footer_of_a_large_parquet_file_is_found() -> None:
    columns = {f"column_{number:04}": pa.array([float(number)] * 3) for number in range(2000)}
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="none")
    found = read(file.getvalue())
    assert len(file.getvalue()) > 100_000
    assert isinstance(found, ParquetFile)
    assert pq.read_metadata(pa.BufferReader(found.footer)).num_columns == 2000


def test_a_large_parquet_files_data_is_not_read() -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"n": list(range(300_000))}), file, compression="none")
    found = read(file.getvalue())
    assert isinstance(found, ParquetFile)
    assert len(found.footer) < len(file.getvalue()) / 10
    assert pq.read_metadata(pa.BufferReader(found.footer)).num_rows == 300_000


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"PK\x03\x04zip", "ZIP is not supported"),
        (b"\x28\xb5\x2f\xfdx", "Zstandard is not supported"),
        (b"ORCx", "ORC is not supported"),
        (gzip.compress(b"", mtime=0), "it is empty"),
        (b" \n\n", "it is empty"),
        (b"x" * (FETCHED_BYTES + 1), "its first line is longer"),
        (parquet({"a": [1]})[:8], "no footer"),
        (b"PAR1" + b"\xff\xff\xff\x7f" + b"PAR1", "footer is longer than the file"),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        read(body)
