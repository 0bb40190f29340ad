import gzip
import io
import zipfile

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.firehose import formats


def unhadoop(body: bytes) -> bytes:
    """Hadoop's BlockDecompressorStream: a block's length, then chunks, each after its own, until the block is full."""
    data, at = b"", 0
    while at < len(body):
        wanted = len(data) + int.from_bytes(body[at : at + 4], "big")
        at += 4
        while len(data) < wanted:
            size = int.from_bytes(body[at : at + 4], "big")
            data += bytes(cramjam.snappy.decompress_raw(body[at + 4 : at + 4 + size]))
            at += 4 + size
    return data


def unzip(body: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.namelist() == ["object"]
        return archive.read("object")


READERS = {
    "UNCOMPRESSED": lambda body: body,
    "GZIP": gzip.decompress,
    "ZIP": unzip,
    "Snappy": lambda body: bytes(cramjam.snappy.decompress(body)),
    "HADOOP_SNAPPY": unhadoop,
}


@pytest.mark.parametrize("compression", READERS)
@given(chunks=st.lists(st.binary(max_size=50), min_size=1, max_size=10))
def test_an_object_holds_its_records_one_after_the_other(compression: str, chunks: list[bytes]) -> None:
    body = formats.compress(chunks, compression, "object")
    assert READERS[compression](body) == b"".join(chunks)  # type: ignore[no-untyped-call]


def test_large_objects_are_several_hadoop_blocks() -> None:
    data = bytes(range(256)) * 3000
    assert unhadoop(formats.compress([data], "HADOOP_SNAPPY", "object")) == data
