"""The AWS clients of the engine, and as much of their interfaces as it uses.

The engine does its own retries, with its state in view, so the clients make one attempt each. The credentials
are the sandbox's test ones, and nothing is read of the user's own AWS setup.
"""

import os
from dataclasses import dataclass
from typing import Any, Protocol

LAMBDA_TIMEOUT_SECONDS = 300
"""The longest a transform may take. https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html"""

_CONNECT_SECONDS = 5
_READ_SECONDS = 30


class S3(Protocol):
    """boto3's S3 client."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> Any:  # noqa: N803
        """Write an object whole."""

    def head_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803
        """Facts of an object."""

    def delete_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803
        """Remove an object."""


class Kinesis(Protocol):
    """boto3's Kinesis client."""

    def describe_stream_summary(self, *, StreamName: str) -> Any:  # noqa: N803
        """Facts of a stream."""

    def list_shards(self, **request: Any) -> Any:
        """A page of a stream's shards."""

    def get_shard_iterator(self, **request: Any) -> Any:
        """A position to read from."""

    def get_records(self, *, ShardIterator: str, Limit: int) -> Any:  # noqa: N803
        """The records after a position."""


class Lambda(Protocol):
    """boto3's Lambda client."""

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> Any:  # noqa: N803
        """Run a function."""


class Glue(Protocol):
    """boto3's Glue client."""

    def get_table(self, **request: Any) -> Any:
        """The newest version of a table."""

    def get_table_version(self, **request: Any) -> Any:
        """One version of a table."""


class Logs(Protocol):
    """boto3's CloudWatch Logs client."""

    def put_log_events(self, **request: Any) -> Any:
        """Append to a log stream."""


@dataclass(frozen=True)
class Clients:
    """The clients that deliveries are made with."""

    s3: S3
    kinesis: Kinesis
    lambda_: Lambda
    glue: Glue
    logs: Logs


def connect(endpoint: str, region: str) -> Clients:
    """Clients of the sandbox's AWS endpoint."""
    import boto3
    import botocore.session
    from botocore.config import Config

    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    session = boto3.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - LocalStack takes any
        region_name=region,
        botocore_session=core,
    )

    def client(service: str, read_seconds: int = _READ_SECONDS) -> Any:
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=read_seconds,
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=50,
            parameter_validation=False,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            proxies={},
            s3={"addressing_style": "path"},
        )
        return session.client(service, endpoint_url=endpoint, config=config)

    return Clients(
        s3=client("s3"),
        kinesis=client("kinesis"),
        lambda_=client("lambda", LAMBDA_TIMEOUT_SECONDS),
        glue=client("glue"),
        logs=client("logs"),
    )
