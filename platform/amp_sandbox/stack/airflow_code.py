"""Airflow's part of the artifacts bucket, as MWAA reads it: the DAGs, and what they require.

https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-dag-folder.html

**Left out:** `plugins.zip` and a start-up script: there are none.
"""

from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.settings import Settings
from amp_sandbox.stack.package import files_of
from amp_sandbox.stack.uploads import sync

PREFIX = "airflow/"
REQUIREMENTS = "requirements.txt"


def upload(settings: Settings, present: dict[str, str]) -> int:
    """Bring the bucket up to date; answers how many objects were changed. `present` is what it holds, key -> ETag."""
    return sync(settings, PREFIX, _objects(paths.AIRFLOW), present)


def _objects(airflow: Path) -> dict[str, bytes]:
    dags = {f"{PREFIX}dags/{name}": path.read_bytes() for name, path in files_of(airflow / "dags")}
    return dags | {f"{PREFIX}{REQUIREMENTS}": (airflow / REQUIREMENTS).read_bytes()}
