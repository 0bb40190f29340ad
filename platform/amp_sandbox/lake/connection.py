"""DuckDB connections that read the sandbox's S3.

httpfs is loaded from the file that PyPI's `duckdb-extension-httpfs` ships; nothing is downloaded, now or when a query
would like another extension. The credentials are the sandbox's test ones; the user's own are never looked up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from amp_sandbox import aws, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings

_LAKE_ACCESS = """
CREATE SECRET sandbox (
    TYPE s3, KEY_ID $key_id, SECRET $secret, REGION $region, ENDPOINT $endpoint, URL_STYLE 'path', USE_SSL false
)
"""

# Leaves room for the sandbox itself on a laptop; 2 million records in an audit take 1.8 GB.
_MEMORY = "4GB"


@contextmanager
def private(settings: Settings) -> Iterator[Any]:
    """An in-memory database of its own that reads the sandbox's S3; what does not fit spills into the home."""
    with local(paths.state_dir(settings.home, "duckdb")) as db:
        db.load_extension(str(httpfs()))
        db.execute(
            _LAKE_ACCESS,
            {
                "key_id": aws.ACCESS_KEY_ID,
                "secret": aws.SECRET_ACCESS_KEY,
                "region": settings.region,
                "endpoint": settings.localstack_url.partition("//")[2],
            },
        )
        yield db


@contextmanager
def local(spill: Path | None = None) -> Iterator[Any]:
    """An in-memory database of its own that reads local files. Without `spill` it has to do with memory."""
    import duckdb

    db = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": str(spill or ""),
            "memory_limit": _MEMORY,
        }
    )
    try:
        db.execute("SET TimeZone = 'UTC'")
        db.execute("SET enable_progress_bar = false")  # commands show their own
        yield db
    finally:
        db.close()


def httpfs() -> Path:
    """The file of DuckDB's httpfs extension. Raises SandboxError when it is of another version."""
    import duckdb

    package = find_spec("duckdb_extension_httpfs")
    folder = Path(package.origin).parent if package and package.origin else Path()
    path = folder / "extensions" / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"
    if not path.is_file():
        what = f"The installed duckdb-extension-httpfs does not fit DuckDB {duckdb.__version__}."
        raise SandboxError(what, f"Missing: {path}", f"Run: {paths.SETUP_COMMAND}")
    return path
