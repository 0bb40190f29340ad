"""What Spark does with objects that are cut off or altered: the jobs rely on its failing."""

import gzip

import pytest
from py4j.protocol import Py4JJavaError

from amp_spark.raw import fault

BODY = gzip.compress(b'{"a": 1}\n{"a": 2}\n', mtime=0)
TWO = BODY + gzip.compress(b'{"a": 3}\n', mtime=0)


@pytest.fixture(scope="module")
def read(spark):
    """Reads an object with the codec that Spark reads it with."""
    jvm = spark.sparkContext._jvm
    codec = jvm.org.apache.hadoop.io.compress.GzipCodec()
    codec.setConf(spark.sparkContext._jsc.hadoopConfiguration())

    def decompress(body):
        stream = codec.createInputStream(jvm.java.io.ByteArrayInputStream(bytearray(body)))
        return bytes(jvm.org.apache.commons.io.IOUtils.toByteArray(stream))

    return decompress


def test_a_sound_object_of_several_members_is_read_by_both(read):
    assert read(TWO) == b'{"a": 1}\n{"a": 2}\n{"a": 3}\n'
    assert fault("o", TWO) == []


@pytest.mark.parametrize(
    "bodies",
    [
        pytest.param([TWO[:end] for end in range(1, len(TWO)) if end != len(BODY)], id="cut off anywhere"),
        pytest.param([BODY + bytes(count) for count in range(1, 12)], id="zeros after it"),
        pytest.param([BODY[:-8] + bytes(4) + BODY[-4:], BODY[:-4] + b"\1\0\0\0"], id="another checksum or length"),
        pytest.param([b"plain text\n", b"\x1f\x8b", b"\0" * 40], id="no gzip at all"),
    ],
)
def test_spark_ends_with_an_error_where_the_check_names_a_fault(read, bodies):
    for body in bodies:
        assert fault("o", body) != [], body
        with pytest.raises(Py4JJavaError, match=r"java\.(io|util\.zip)\."):
            read(body)
