"""The Spark code in the artifacts bucket, where job runs fetch it: each job as it is, what they share as one zip file.

On AWS it is a copy of the same two: docs/shipping.md.
"""

import hashlib
from pathlib import Path

from amp_sandbox import aws, paths
from amp_sandbox.settings import Settings
from amp_sandbox.stack.package import zip_folder

PREFIX = "spark/"
LIBRARY = "amp_spark"


def job_uri(settings: Settings, job: str) -> str:
    """Where the script of a job is."""
    return f"s3://{settings.artifacts_bucket}/{PREFIX}jobs/{job}.py"


def library_uri(settings: Settings) -> str:
    """Where the package is that the jobs share."""
    return f"s3://{settings.artifacts_bucket}/{PREFIX}{LIBRARY}.zip"


def upload(settings: Settings, present: dict[str, str]) -> int:
    """Upload what differs from what is in the bucket, by key and ETag; answers how many objects that were."""
    s3 = aws.client(settings, "s3")
    new = {key: body for key, body in _objects(paths.SPARK).items() if present.get(key) != _etag(body)}
    for key, body in new.items():
        s3.put_object(Bucket=settings.artifacts_bucket, Key=key, Body=body)
    return len(new)


def _objects(spark: Path) -> dict[str, bytes]:
    jobs = {f"{PREFIX}jobs/{path.name}": path.read_bytes() for path in sorted((spark / "jobs").glob("*.py"))}
    return jobs | {f"{PREFIX}{LIBRARY}.zip": zip_folder(spark / LIBRARY, prefix=f"{LIBRARY}/")}


def _etag(body: bytes) -> str:
    """S3's ETag of an object that was put in one piece."""
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
