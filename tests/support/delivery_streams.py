"""Firehose delivery streams of a test's own on a running sandbox, and the bucket that they deliver to."""

import json
import uuid
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from support.waiting import eventually

LANDING_SECONDS = 20.0
_PREFIX = "it-"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


class Lake:
    """A bucket, and a role for delivery streams to write to it."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.client = client
        self._token = uuid.uuid4().hex[:8]
        self.bucket = f"firehose-{self._token}"
        self.role_name = f"firehose-{self._token}"
        client("s3").create_bucket(Bucket=self.bucket)
        role = client("iam").create_role(RoleName=self.role_name, AssumeRolePolicyDocument=json.dumps(_TRUST))
        self.role_arn: str = role["Role"]["Arn"]

    def new_name(self) -> str:
        """A name that no other stream has."""
        return f"{_PREFIX}{self._token}-{uuid.uuid4().hex[:8]}"

    def objects(self, prefix: str) -> dict[str, bytes]:
        """The objects below a prefix by key, the oldest first."""
        s3 = self.client("s3")
        listed = s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        keys = [entry["Key"] for entry in sorted(listed, key=lambda entry: entry["LastModified"])]
        return {key: s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}

    def landed(self, prefix: str, ready: Callable[[dict[str, bytes]], bool] = bool) -> dict[str, bytes]:
        """The objects below a prefix once they are as expected; by default, once there is one."""
        what = f"objects below {prefix}"
        return eventually(lambda: self.objects(prefix), ready, timeout=LANDING_SECONDS, what=what)

    def close(self) -> None:
        """Remove the bucket, once no delivery stream writes to it any more, and the role."""
        eventually(self.names, lambda names: not names, timeout=30, what="the delivery streams' end")
        s3 = self.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            entries = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
            if entries:
                s3.delete_objects(Bucket=self.bucket, Delete={"Objects": entries})
        s3.delete_bucket(Bucket=self.bucket)
        self.client("iam").delete_role(RoleName=self.role_name)

    def names(self) -> list[str]:
        """The delivery streams made for this lake that are still there."""
        start = f"{_PREFIX}{self._token}"
        answer = self.client("firehose").list_delivery_streams(Limit=1000, ExclusiveStartDeliveryStreamName=start)
        return [name for name in answer["DeliveryStreamNames"] if name.startswith(start)]


class DeliveryStreams:
    """Delivery streams into a lake; those of `create` are deleted together."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.client = lake.client("firehose")
        self._created: list[str] = []

    def request(self, name: str, **destination: Any) -> dict[str, Any]:
        """CreateDeliveryStream's input for a stream that delivers at once, below `<name>/data/` and `<name>/errors/`.

        `destination` changes its destination.
        """
        plain = {
            "RoleARN": self.lake.role_arn,
            "BucketARN": f"arn:aws:s3:::{self.lake.bucket}",
            "Prefix": f"{name}/data/",
            "ErrorOutputPrefix": f"{name}/errors/",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
        }
        return {"DeliveryStreamName": name, "ExtendedS3DestinationConfiguration": plain | destination}

    def create(self, name: str | None = None, source: str | None = None, **destination: Any) -> str:
        """Make a delivery stream, with a Kinesis stream's ARN as its source if given, and wait until it is ACTIVE."""
        name = name or self.lake.new_name()
        request = self.request(name, **destination)
        if source is not None:
            request["DeliveryStreamType"] = "KinesisStreamAsSource"
            request["KinesisStreamSourceConfiguration"] = {"KinesisStreamARN": source, "RoleARN": self.lake.role_arn}
        self.client.create_delivery_stream(**request)
        self._created.append(name)
        self.settled(name, "ACTIVE")
        return name

    def describe(self, name: str) -> dict[str, Any]:
        """DescribeDeliveryStream's description."""
        found: dict[str, Any] = self.client.describe_delivery_stream(DeliveryStreamName=name)
        return found["DeliveryStreamDescription"]  # type: ignore[no-any-return]

    def settled(self, name: str, status: str) -> dict[str, Any]:
        """The description of a stream once it has a status."""
        return eventually(
            lambda: self.describe(name),
            lambda seen: seen["DeliveryStreamStatus"] == status,
            timeout=10,
            what=f"{name} to be {status}",
        )

    def put(self, name: str, *records: bytes) -> dict[str, Any]:
        """PutRecordBatch, and its answer."""
        batch = [{"Data": data} for data in records]
        answer: dict[str, Any] = self.client.put_record_batch(DeliveryStreamName=name, Records=batch)
        assert answer["FailedPutCount"] == 0
        return answer

    def data(self, name: str) -> bytes:
        """What has landed of a stream, in the order of the objects."""
        return b"".join(self.lake.objects(f"{name}/data/").values())

    def errors(self, name: str) -> list[dict[str, Any]]:
        """The lines of a stream's error output, with `rawData` decoded."""
        lines = [line for body in self.lake.objects(f"{name}/errors/").values() for line in body.splitlines()]
        found = [json.loads(line) for line in lines]
        return [line | {"rawData": b64decode(line["rawData"])} for line in found]

    def delete(self, names: Iterable[str]) -> None:
        """Begin to delete streams; `Lake.close` waits for the end."""
        for name in names:
            self.client.delete_delivery_stream(DeliveryStreamName=name)

    def delete_all(self) -> None:
        """Begin to delete the streams that are there still of those created; one may go meanwhile by itself."""
        for name in set(self._created) & set(self.lake.names()):
            with suppress(self.client.exceptions.ResourceNotFoundException):
                self.delete([name])


@contextmanager
def delivery_streams(lake: Lake) -> Iterator[DeliveryStreams]:
    """Delivery streams that are deleted at the end."""
    streams = DeliveryStreams(lake)
    try:
        yield streams
    finally:
        streams.delete_all()


def processing(**processors: Mapping[str, str]) -> dict[str, Any]:
    """A ProcessingConfiguration of processors by type, each with its parameters."""
    return {
        "ProcessingConfiguration": {
            "Enabled": True,
            "Processors": [
                {
                    "Type": kind,
                    "Parameters": [{"ParameterName": k, "ParameterValue": v} for k, v in parameters.items()],
                }
                for kind, parameters in processors.items()
            ],
        }
    }
