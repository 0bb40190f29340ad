"""AWS in memory, as far as Glue's crawlers call it: a bucket, roles, and CloudWatch Logs."""

import gzip
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/crawler"
_START = datetime(2026, 11, 22, tzinfo=UTC).timestamp()


def aws_error(code: str, message: str = "told to") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def ndjson(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def gzipped(*records: Any) -> bytes:
    return gzip.compress(ndjson(*records), mtime=0)


def parquet(columns: Mapping[str, Any] | Any, **types: Any) -> bytes:
    """A Parquet file of these columns; `types` are the Arrow types of some."""
    arrays = {name: pa.array(values, types.get(name)) for name, values in columns.items()}
    file = io.BytesIO()
    pq.write_table(pa.table(arrays), file)
    return file.getvalue()


class FakeBuckets:
    """S3: `put` writes an object; `reads` counts the requests for each; `before_read` is called before one is read."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, bytes]] = {"lake": {}}
        self.modified: dict[str, float] = {}
        self.reads: list[str] = []
        self.before_read: Callable[[str], None] = lambda _key: None
        self.page_size = 1000

    def put(self, key: str, body: bytes, bucket: str = "lake") -> None:
        self.objects.setdefault(bucket, {})[key] = body
        self.modified[key] = _START + len(self.modified)

    def delete(self, prefix: str, bucket: str = "lake") -> None:
        found = self.objects[bucket]
        for key in [key for key in found if key.startswith(prefix)]:
            del found[key]

    def get_paginator(self, name: str) -> "FakeBuckets":
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        if Bucket not in self.objects:
            raise aws_error("NoSuchBucket", "The specified bucket does not exist")
        keys = sorted(key for key in self.objects[Bucket] if key.startswith(Prefix))
        for start in range(0, max(1, len(keys)), self.page_size):
            yield {"Contents": [self._listed(Bucket, key) for key in keys[start : start + self.page_size]]}

    def get_object(
        self,
        *,
        Bucket: str,
        Key: str,
        IfMatch: str,
        Range: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        self.before_read(Key)
        self.reads.append(Key)
        if Key not in self.objects[Bucket]:
            raise aws_error("NoSuchKey")
        body = self.objects[Bucket][Key]
        if self._listed(Bucket, Key)["ETag"] != IfMatch:
            raise aws_error("PreconditionFailed")
        if Range is not None:
            start, end = map(int, re.findall(r"\d+", Range))
            body = body[start : end + 1]
        return {"Body": io.BytesIO(body)}

    def _listed(self, bucket: str, key: str) -> dict[str, Any]:
        body = self.objects[bucket][key]
        return {
            "Key": key,
            "Size": len(body),
            "ETag": f'"{hashlib.md5(body).hexdigest()}"',
            "LastModified": datetime.fromtimestamp(self.modified[key], UTC),
        }


class FakeRoles:
    """IAM, with one role."""

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803
        if RoleName != "crawler":
            raise aws_error("NoSuchEntity")
        return {}


class FakeLogs:
    """CloudWatch Logs: the messages, by stream of the crawlers' group."""

    def __init__(self) -> None:
        self.streams: dict[str, list[str]] = {}
        self.group: str | None = None
        self.down = False

    def create_log_group(self, *, logGroupName: str) -> None:  # noqa: N803
        if self.down:
            raise aws_error("ServiceUnavailable")
        if self.group is not None:
            raise aws_error("ResourceAlreadyExistsException")
        self.group = logGroupName

    def create_log_stream(self, *, logGroupName: str, logStreamName: str) -> None:  # noqa: N803
        assert logGroupName == self.group
        if logStreamName in self.streams:
            raise aws_error("ResourceAlreadyExistsException")
        self.streams[logStreamName] = []

    def put_log_events(
        self,
        *,
        logGroupName: str,
        logStreamName: str,
        logEvents: Sequence[Mapping[str, Any]],  # noqa: N803
    ) -> None:
        assert logGroupName == self.group
        self.streams[logStreamName] += [event["message"] for event in logEvents]


class FakeAws:
    """All of them; `aws("s3")` is one."""

    def __init__(self) -> None:
        self.s3, self.logs, self.iam = FakeBuckets(), FakeLogs(), FakeRoles()

    def __call__(self, service: str) -> Any:
        return getattr(self, service)
