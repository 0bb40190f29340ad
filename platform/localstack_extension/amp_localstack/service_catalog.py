"""LocalStack's index of all AWS services, built once an environment instead of once a sandbox.

LocalStack needs the index to tell which service a request is for, and builds it on the first request: four seconds in
which it reads every service model of botocore. It keeps it below its state folder, where a new sandbox has none.
Here it is kept in the Python environment, and copied to where LocalStack looks for it.

Run as a module, it builds the index ahead of time: `python -m amp_localstack.service_catalog`.

**Left out:** an environment that cannot be written to: LocalStack then builds the index as before.
"""

import logging
import os
import shutil
import sys
from pathlib import Path

from localstack.aws import spec

log = logging.getLogger(__name__)


def provide(folder: Path) -> None:
    """Put the index into LocalStack's cache folder, building it if there is none yet."""
    wanted = folder / spec._get_catalog_filename()
    if wanted.exists():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(build(), wanted)
    except OSError as error:
        log.warning("the service index could not be kept for the next start: %s", error)


def build() -> Path:
    """The index's file in this environment; its name carries the versions it is of."""
    name: str = spec._get_catalog_filename()
    kept = Path(sys.prefix, name)
    if not kept.exists():
        unfinished = kept.with_suffix(f".{os.getpid()}")  # two sandboxes may start at once
        spec.build_service_index_cache(str(unfinished))
        unfinished.replace(kept)
    return kept


if __name__ == "__main__":
    build()
