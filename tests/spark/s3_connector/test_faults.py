"""Broken connections, throttling and lying answers: the data is intact, or the error is the right one."""

import base64
import hashlib
import os
from typing import Any

import pytest
from support.hadoop import HadoopFs, message
from support.s3_proxy import Fault, Proxy, error_xml

# Past the part of a file that is fetched as its tail (128 KiB), so that streamed reads are what is tested.
SIZE = 700_000
DATA = os.urandom(SIZE)
SLOW_DOWN = error_xml("SlowDown", "Please reduce your request rate.")
INTERNAL = error_xml("InternalError", "We encountered an internal error. Please try again.")


def write_parts(fs: HadoopFs, name: str, parts: int) -> None:
    """Write so many parts of 5 MiB (and one byte), the smallest that S3 takes."""
    out = fs.out(name)
    try:
        for number in range(parts):
            for _ in range(5):
                out.write(bytearray([number]) * (1 << 20))
        out.write(99)
    finally:
        out.close()


def uploads(s3: Any, bucket: str) -> list[str]:
    return [upload["Key"] for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


# --- reading -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "break_off",
    [
        {"cut_after": 100_000},
        {"end_after": 100_000},
        {"cut_after": 0},
        {"reset": True},
        {"status": 503, "body": SLOW_DOWN},
    ],
    ids=["reset in the body", "body ends early", "reset before the body", "reset before the answer", "SlowDown"],
)
def test_read_goes_on_where_it_broke(break_off: dict[str, Any], fs: HadoopFs, proxy: Proxy) -> None:
    fs.write("f", DATA)
    proxy.faults.append(Fault("GetObject", times=3, **break_off))
    assert fs.read("f") == DATA
    ranges = [seen.headers["range"] for seen in proxy.seen if seen.operation == "GetObject"]
    assert ranges[0] == f"bytes=0-{SIZE - 1}"
    if break_off.get("end_after"):
        assert ranges[1:4] == [f"bytes={start}-{SIZE - 1}" for start in (100_000, 200_000, 300_000)]


@pytest.mark.parametrize("cut", [{"cut_after": 5_000}, {"end_after": 5_000}, {"reset": True}])
def test_positioned_read_goes_on_where_it_broke(cut: dict[str, Any], fs: HadoopFs, proxy: Proxy) -> None:
    fs.write("f", DATA)
    stream = fs.open("f")
    for position in (10, SIZE - 50_000):  # in the middle, and in the tail
        proxy.faults.append(Fault("GetObject", times=3, **cut))
        assert fs.read_some(stream, 20_000, position) == (20_000, DATA[position : position + 20_000])
    stream.close()


def test_read_that_never_gets_on_fails_after_the_attempts_allowed(fs: HadoopFs, proxy: Proxy) -> None:
    fs.write("f", DATA)
    proxy.faults.append(Fault("GetObject", times=100, cut_after=0))
    assert "Exception" in message(lambda: fs.read("f"))
    assert proxy.operations().count("GetObject") == 4


def test_stalled_read_times_out_and_goes_on(make_fs: Any, proxy: Proxy) -> None:
    fs = make_fs(connection_timeout="300ms")
    fs.write("f", DATA)
    proxy.faults.append(Fault("GetObject", slow=1))
    assert fs.read("f") == DATA


def test_object_replaced_while_read_is_an_error_and_no_mixture(
    fs: HadoopFs, proxy: Proxy, s3: Any, bucket: str
) -> None:
    fs.write("f", DATA)
    stream = fs.open("f")
    s3.put_object(Bucket=bucket, Key="f", Body=b"z" * SIZE)
    assert "ObjectChangedException" in message(stream.read)
    # A server that does not heed If-Match says by the ETag that it is another object.
    proxy.faults.append(Fault("GetObject", drop_request_header="if-match"))
    assert "ObjectChangedException" in message(stream.read)
    stream.close()


def test_object_replaced_while_a_connection_breaks_is_an_error(
    fs: HadoopFs, proxy: Proxy, s3: Any, bucket: str
) -> None:
    fs.write("f", DATA)
    stream = fs.open("f")
    proxy.faults.append(Fault("GetObject", cut_after=1_000))
    replace = lambda: s3.put_object(Bucket=bucket, Key="f", Body=b"z" * SIZE)  # noqa: E731
    proxy.faults.append(Fault("GetObject", before=replace))
    buffer = fs.gateway.new_array(fs.jvm.byte, SIZE)
    assert "ObjectChangedException" in message(lambda: stream.readFully(buffer))
    stream.close()


def test_server_without_ranges_is_an_error(fs: HadoopFs, proxy: Proxy) -> None:
    fs.write("f", DATA)
    stream = fs.open("f")
    stream.seek(10)
    proxy.faults.append(Fault("GetObject", times=9, drop_request_header="range"))
    assert "asked s3://" in message(stream.read)
    stream.close()


# --- every operation ---------------------------------------------------------------------------------------------

OPERATIONS = {
    "HeadObject": lambda fs: fs.status("d/f"),
    "List": lambda fs: fs.ls("d"),
    "PutObject": lambda fs: fs.write("d/g"),
    "CopyObject": lambda fs: fs.rename("d", "n"),
    "DeleteObjects": lambda fs: fs.delete("d"),
    "DeleteObject": lambda fs: fs.delete("d/f"),
    "CreateUpload": lambda fs: write_parts(fs, "big", 1),
    "UploadPart": lambda fs: write_parts(fs, "big", 1),
    "CompleteUpload": lambda fs: write_parts(fs, "big", 1),
}
FAULTS = {
    "503": {"status": 503, "body": SLOW_DOWN, "forward": False},
    "500": {"status": 500, "body": INTERNAL, "forward": False},
    "an error page that is no XML": {"status": 502, "body": "<html><br></html>", "forward": False},
    "reset": {"reset": True, "forward": False},
    "lost answer": {"reset": True},
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_passing_fault_is_not_noticed(operation: str, fault: str, make_fs: Any, proxy: Proxy) -> None:
    fs = make_fs(multipart_size=5 << 20)
    fs.write("d/f", b"abc")
    expected = OPERATIONS[operation](fs)
    fs.delete("n")
    fs.delete("big")
    fs.write("d/f", b"abc")
    fs.delete("d/g")
    proxy.clear()
    proxy.faults.append(Fault(operation, times=2, **FAULTS[fault]))
    assert OPERATIONS[operation](fs) == expected
    assert proxy.operations().count(operation) >= 3


def test_lasting_fault_is_s3s_own_error(fs: HadoopFs, proxy: Proxy) -> None:
    proxy.faults.append(Fault("HeadObject", times=99, status=503))
    proxy.faults.append(Fault("List", times=99, status=503, body=SLOW_DOWN))
    text = message(lambda: fs.ls(""))
    assert "SlowDown (HTTP 503): Please reduce your request rate" in text
    assert proxy.operations() == ["List"] * 4


# --- writing -----------------------------------------------------------------------------------------------------


def test_error_inside_a_200_of_complete_is_tried_again(make_fs: Any, proxy: Proxy, s3: Any, bucket: str) -> None:
    fs = make_fs(multipart_size=5 << 20)
    proxy.faults.append(Fault("CompleteUpload", times=2, status=200, body=INTERNAL, forward=False))
    write_parts(fs, "big", 3)
    body = s3.get_object(Bucket=bucket, Key="big")["Body"].read()
    assert body == bytes(5 << 20) + b"\x01" * (5 << 20) + b"\x02" * (5 << 20) + b"c"


@pytest.mark.parametrize("operation", ["CreateUpload", "UploadPart", "CompleteUpload"])
@pytest.mark.parametrize("status", [403, 503], ids=str)
def test_failed_upload_leaves_nothing(
    operation: str, status: int, make_fs: Any, proxy: Proxy, s3: Any, bucket: str, keys: Any
) -> None:
    fs = make_fs(multipart_size=5 << 20, attempts_maximum=2)
    code = "AccessDenied" if status == 403 else "SlowDown"
    proxy.faults.append(Fault(operation, times=99, status=status, body=error_xml(code), forward=False))
    assert code in message(lambda: write_parts(fs, "big", 3))
    assert keys() == []
    assert uploads(s3, bucket) == []


def test_error_inside_a_200_for_ever_leaves_nothing(
    make_fs: Any, proxy: Proxy, s3: Any, bucket: str, keys: Any
) -> None:
    fs = make_fs(multipart_size=5 << 20)
    proxy.faults.append(Fault("CompleteUpload", times=99, status=200, body=INTERNAL, forward=False))
    assert "InternalError (HTTP 200)" in message(lambda: write_parts(fs, "big", 1))
    assert (keys(), uploads(s3, bucket)) == ([], [])


def test_failed_put_leaves_nothing_and_close_does_not_try_again(fs: HadoopFs, proxy: Proxy, keys: Any) -> None:
    proxy.faults.append(Fault("PutObject", times=99, status=403, body=error_xml("AccessDenied"), forward=False))
    out = fs.out("f")
    out.write(1)
    assert "AccessDeniedException" in message(out.close)
    out.close()
    assert keys() == []
    assert proxy.operations().count("PutObject") == 1


def test_write_after_a_failed_part_fails(make_fs: Any, proxy: Proxy, keys: Any) -> None:
    fs = make_fs(multipart_size=5 << 20, fast_upload_active_blocks=1)
    proxy.faults.append(Fault("UploadPart", times=99, status=403, body=error_xml("AccessDenied"), forward=False))
    out = fs.out("f")

    def write_on() -> None:
        for _ in range(20):
            out.write(bytearray(1 << 20))

    assert "AccessDenied" in message(write_on)
    assert "AccessDenied" in message(out.close)
    assert keys() == []


def test_aborted_stream_publishes_nothing(make_fs: Any, s3: Any, bucket: str, keys: Any) -> None:
    fs = make_fs(multipart_size=5 << 20)
    for size in (1, 11 << 20):
        out = fs.out("f")
        out.write(bytearray(size))
        out.abort()
        out.close()
    assert (keys(), uploads(s3, bucket)) == ([], [])


@pytest.mark.parametrize("parts", [0, 2], ids=["PUT", "multipart"])
def test_create_without_overwrite_survives_a_lost_answer(
    parts: int, make_fs: Any, proxy: Proxy, s3: Any, bucket: str
) -> None:
    fs = make_fs(multipart_size=5 << 20)
    proxy.faults += [Fault("PutObject", reset=True), Fault("CompleteUpload", reset=True)]
    out = fs.out("f", overwrite=False)
    for _ in range(5 * parts + 1):
        out.write(bytearray(1 << 20))
    out.close()
    assert s3.head_object(Bucket=bucket, Key="f")["ContentLength"] == (5 * parts + 1) << 20


def test_create_without_overwrite_loses_to_one_that_was_faster(fs: HadoopFs, s3: Any, bucket: str) -> None:
    out = fs.out("f", overwrite=False)
    out.write(1)
    s3.put_object(Bucket=bucket, Key="f", Body=b"theirs")
    assert "FileAlreadyExistsException" in message(out.close)
    assert fs.read("f") == b"theirs"


def test_memory_and_parallelism_are_bounded(make_fs: Any, proxy: Proxy, s3: Any, bucket: str) -> None:
    """200 MiB pass through a JVM of 128 MiB (conftest), no more than two parts at once."""
    fs = make_fs(multipart_size=5 << 20, fast_upload_active_blocks=2)
    zeros = fs.gateway.new_array(fs.jvm.byte, 1 << 20)
    out = fs.out("f")
    for _ in range(200):
        out.write(zeros, 0, 1 << 20)
    out.close()
    assert s3.head_object(Bucket=bucket, Key="f")["ContentLength"] == 200 << 20
    assert proxy.most_at_once["UploadPart"] <= 2


def test_parts_carry_their_md5(make_fs: Any, proxy: Proxy) -> None:
    fs = make_fs(multipart_size=5 << 20)
    write_parts(fs, "big", 1)
    fs.write("f", b"abc")
    for seen in proxy.seen:
        if seen.operation in ("PutObject", "UploadPart", "DeleteObjects"):
            assert seen.headers["content-md5"] == base64.b64encode(hashlib.md5(seen.body).digest()).decode()


# --- deleting and renaming ---------------------------------------------------------------------------------------

REFUSED_KEY = """<DeleteResult><Error><Key>d/f</Key><Code>{}</Code><Message>no</Message></Error></DeleteResult>"""


def test_keys_that_cannot_be_deleted_are_named(fs: HadoopFs, proxy: Proxy) -> None:
    fs.write("d/f")
    proxy.faults.append(Fault("DeleteObjects", status=200, body=REFUSED_KEY.format("AccessDenied"), forward=False))
    text = message(lambda: fs.delete("d"))
    assert "1 of 1 objects could not be deleted: DELETE s3://" in text
    assert "/d/f: AccessDenied" in text


def test_keys_that_fail_for_now_are_deleted_again(fs: HadoopFs, proxy: Proxy, keys: Any) -> None:
    fs.write("d/f")
    fs.write("d/g")
    proxy.faults.append(
        Fault("DeleteObjects", times=2, status=200, body=REFUSED_KEY.format("InternalError"), forward=False)
    )
    assert fs.delete("d")
    assert [seen.body.count(b"<Key>") for seen in proxy.seen if seen.operation == "DeleteObjects"] == [2, 1, 1]


def test_error_inside_a_200_of_copy_is_tried_again(fs: HadoopFs, proxy: Proxy) -> None:
    fs.write("f", b"abc")
    proxy.faults.append(Fault("CopyObject", times=2, status=200, body=INTERNAL, forward=False))
    fs.rename("f", "g")
    assert fs.read("g") == b"abc"


def test_failed_rename_leaves_the_source_whole(fs: HadoopFs, proxy: Proxy) -> None:
    for number in range(20):
        fs.write(f"d/{number}", b"abc")
    proxy.faults.append(Fault("CopyObject", times=1, status=403, body=error_xml("AccessDenied"), forward=False))
    text = message(lambda: fs.rename("d", "n"))
    assert "the source is whole, the target may hold a part of it" in text
    assert len(fs.ls("d")) == 20


@pytest.mark.parametrize("status", [None, 403], ids=["copied", "failed"])
def test_large_objects_are_copied_in_parts(
    status: int | None, make_fs: Any, proxy: Proxy, s3: Any, bucket: str
) -> None:
    fs = make_fs(multipart_size=5 << 20, multipart_threshold=6 << 20)
    body = os.urandom(12 << 20)
    s3.put_object(Bucket=bucket, Key="d/f", Body=body, ContentType="text/plain", Metadata={"of": "ours"})
    if status:
        proxy.faults.append(Fault("UploadPartCopy", status=status, body=error_xml("AccessDenied"), forward=False))
        assert "AccessDenied" in message(lambda: fs.rename("d", "n"))
        assert (uploads(s3, bucket), fs.ls("d")) == ([], [f"f file:{12 << 20}"])
        return
    fs.rename("d", "n")
    copied = s3.get_object(Bucket=bucket, Key="n/f")
    assert (copied["Body"].read() == body, copied["ContentType"], copied["Metadata"]) == (
        True,
        "text/plain",
        {"of": "ours"},
    )
    assert proxy.operations().count("UploadPartCopy") == 3


# --- answers that are not to be trusted --------------------------------------------------------------------------


def test_doctype_and_entities_are_refused(fs: HadoopFs, proxy: Proxy) -> None:
    evil = (
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><ListBucketResult><Name>&e;</Name></ListBucketResult>'
    )
    proxy.faults.append(Fault("List", times=99, status=200, body=evil, forward=False))
    assert "DOCTYPE is disallowed" in message(lambda: fs.ls(""))


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "AccessDenied", "java.nio.file.AccessDeniedException"),
        (403, "InvalidAccessKeyId", "asked with access key test"),
        (301, "PermanentRedirect", "is in another region than us-east-1; set fs.s3a.endpoint.region"),
        (404, "NoSuchBucket", 'The bucket "'),
        (400, "InvalidRequest", "InvalidRequest (HTTP 400)"),
    ],
)
def test_refusal_is_the_exception_hadoop_knows(
    status: int, code: str, expected: str, fs: HadoopFs, proxy: Proxy
) -> None:
    proxy.faults.append(Fault("List", status=status, body=error_xml(code), forward=False))
    text = message(lambda: fs.ls("d"))
    assert expected in text
    assert "secret-of-the-test" not in text
    assert proxy.operations() == ["List"]


def test_nothing_answers(make_fs: Any) -> None:
    fs = make_fs(endpoint="http://127.0.0.1:1")
    assert "No S3 answers at http://127.0.0.1:1" in message(lambda: fs.ls(""))


def test_missing_bucket_is_named_by_every_operation(gateway: Any, proxy: Proxy) -> None:
    given = {"fs.s3a.endpoint": proxy.url, "fs.s3a.access.key": "a", "fs.s3a.secret.key": "b"}
    gone = HadoopFs(gateway.jvm, gateway, "s3a://no-such-bucket", given)
    for action in (gone.exists, gone.ls, gone.status, gone.mkdirs, gone.write, gone.read, gone.delete, gone.files):
        assert 'java.io.IOException: The bucket "no-such-bucket" does not exist at http' in message(
            lambda action=action: action("d/f")
        )
    gone.java.close()
