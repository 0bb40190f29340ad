"""An Airflow and an S3 that do what a test says, for the MWAA stand-in."""

import io
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from amp_sandbox.mwaa.gateway import RestAnswer, RestCall

BUCKET = "artifacts"
REQUIREMENTS = "airflow/requirements.txt"


class FakeAirflow:
    """Keeps what it was told; `failing` is asked before it is configured or stopped, `answer` answers calls."""

    url = "http://127.0.0.1:8080"

    def __init__(self) -> None:
        self.configured: list[Mapping[str, str]] = []
        self.stops = 0
        self.calls: list[RestCall] = []
        self.failing: Callable[[Mapping[str, str] | None], None] = lambda _: None
        self.answer: Callable[[RestCall], RestAnswer] = lambda _: RestAnswer(200, {})

    def configure(self, options: Mapping[str, str]) -> None:
        self.failing(options)
        self.configured.append(options)

    def stop(self) -> None:
        self.failing(None)
        self.stops += 1

    def call(self, call: RestCall) -> RestAnswer:
        self.calls.append(call)
        return self.answer(call)


class FakeS3:
    """One bucket; objects by key, or by key and version."""

    def __init__(self) -> None:
        self.objects: dict[str | tuple[str, str], str] = {}

    def head_bucket(self, **asked: Any) -> dict[str, Any]:
        if asked["Bucket"] != BUCKET:
            raise _error("404", "Not Found", "HeadBucket")
        return {}

    def get_object(self, **asked: Any) -> dict[str, Any]:
        key = (asked["Key"], asked["VersionId"]) if "VersionId" in asked else asked["Key"]
        if key not in self.objects:
            raise _error("NoSuchKey", "The specified key does not exist.", "GetObject")
        return {"Body": io.BytesIO(self.objects[key].encode())}


def create_request(**given: Any) -> dict[str, Any]:
    """A request for an environment that is made."""
    asked = {
        "Name": "amp",
        "ExecutionRoleArn": "arn:aws:iam::000000000000:role/airflow",
        "SourceBucketArn": f"arn:aws:s3:::{BUCKET}",
        "DagS3Path": "airflow/dags",
        "NetworkConfiguration": {"SubnetIds": ["subnet-a", "subnet-b"], "SecurityGroupIds": ["sg-a"]},
    }
    return {name: value for name, value in (asked | given).items() if value is not None}


def _error(code: str, message: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
