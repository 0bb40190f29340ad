"""The Spark code in the artifacts bucket, where job runs fetch it: each job as it is, what they share as one zip file.

On AWS it is a copy of the same two: docs/how-to/shipping.md.
"""

from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.settings import Settings
from amp_sandbox.stack.package import zip_folder
from amp_sandbox.stack.uploads import sync

PREFIX = "spark/"
LIBRARY = "amp_spark"


def job_uri(settings: Settings, job: str) -> str:
    """Where the script of a job is."""
    return f"s3://{settings.artifacts_bucket}/{PREFIX}jobs/{job}.py"


def library_uri(settings: Settings) -> str:
    """Where the package is that the jobs share."""
    return f"s3://{settings.artifacts_bucket}/{PREFIX}{LIBRARY}.zip"


def upload(settings: Settings, present: dict[str, str]) -> int:
    """Bring the bucket up to date; answers how many objects were changed. `present` is what it holds, key -> ETag."""
    return sync(settings, PREFIX, _objects(paths.SPARK), present)


def _objects(spark: Path) -> dict[str, bytes]:
    jobs = {f"{PREFIX}jobs/{path.name}": path.read_bytes() for path in sorted((spark / "jobs").glob("*.py"))}
    return jobs | {f"{PREFIX}{LIBRARY}.zip": zip_folder(spark / LIBRARY, prefix=f"{LIBRARY}/")}
