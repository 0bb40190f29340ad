"""One JVM, one S3 server (moto) and one faulty proxy for all tests of the connector; a new bucket for each test."""

import logging
import os
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from py4j.java_gateway import JavaGateway
from support.hadoop import HadoopFs, start_jvm
from support.s3_proxy import Proxy

# Small enough that the tests of bounded memory mean something.
HEAP = "128m"


@pytest.fixture(scope="session")
def gateway() -> Iterator[JavaGateway]:
    gateway = start_jvm(HEAP)
    yield gateway
    gateway.shutdown()


@pytest.fixture(scope="session")
def s3_port() -> Iterator[int]:
    os.environ.setdefault("MOTO_S3_DEFAULT_MULTIPART_UPLOAD_MIN_SIZE", "1")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture(scope="session")
def s3(s3_port: int) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{s3_port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="session")
def running_proxy(s3_port: int) -> Iterator[Proxy]:
    proxy = Proxy(s3_port)
    proxy.start()
    yield proxy
    proxy.stop()


@pytest.fixture
def proxy(running_proxy: Proxy) -> Proxy:
    running_proxy.clear()
    return running_proxy


def settings(endpoint: str, **more: Any) -> dict[str, Any]:
    """Settings of a file system that retries fast; `more` are fs.s3a keys with _ for the dots."""
    return {
        "fs.s3a.endpoint": endpoint,
        "fs.s3a.access.key": "test",
        "fs.s3a.secret.key": "secret-of-the-test",
        "fs.s3a.retry.interval": "1ms",
        "fs.s3a.attempts.maximum": 4,
    } | {f"fs.s3a.{name.replace('_', '.')}": value for name, value in more.items()}


@pytest.fixture
def make_fs(gateway: JavaGateway, bucket: str, proxy: Proxy) -> Iterator[Any]:
    """Make a file system on the test's bucket, through the proxy."""
    made = []

    def make(base: str = "", scheme: str = "s3a", **more: Any) -> HadoopFs:
        endpoint = more.pop("endpoint", proxy.url)
        made.append(HadoopFs(gateway.jvm, gateway, f"{scheme}://{bucket}{base}", settings(endpoint, **more)))
        return made[-1]

    yield make
    for fs in made:
        fs.java.close()


@pytest.fixture
def fs(make_fs: Any) -> HadoopFs:
    return make_fs()


@pytest.fixture
def keys(s3: Any, bucket: str) -> Any:
    """All keys of the test's bucket, as any other reader sees them."""

    def list_keys() -> list[str]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return sorted(item["Key"] for page in pages for item in page.get("Contents", []))

    return list_keys
