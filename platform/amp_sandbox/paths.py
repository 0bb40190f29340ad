"""Where things are: the sandbox's own files, its Python environments, and the folders below a sandbox's home.

In a checkout, the files are the checkout's and the environments are made below it. An installed wheel carries the same
files, in the same places below one folder (`setup.py` puts them there), and its environments are in the user's cache.

**Left out:** documentation and tests in the wheel.
"""

import os
import sys
from pathlib import Path

BUNDLE = Path(__file__).resolve().with_name("_bundle")
IS_CHECKOUT = not BUNDLE.is_dir()

REPOSITORY = Path(__file__).resolve().parents[2] if IS_CHECKOUT else BUNDLE
PLATFORM = REPOSITORY / "platform"
TEMPLATE = PLATFORM / "template.yaml"
PARAMETERS = PLATFORM / "parameters"
REQUIREMENTS = PLATFORM / "requirements"
LOCALSTACK_EXTENSION = PLATFORM / "localstack_extension"
SERVICES = REPOSITORY / "services"
SEED_DATA = REPOSITORY / "seed_data"
SPARK = REPOSITORY / "spark"
S3_CONNECTOR = SPARK / "s3_connector" / "amp-s3-connector.jar"
AIRFLOW = REPOSITORY / "airflow"
DAGS = AIRFLOW / "dags"
MARTS = DAGS / "marts"
DAG_REPORTS = DAGS / "reports"
NOTEBOOKS = REPOSITORY / "notebooks"
DOCS = REPOSITORY / "docs"

SANDBOX_PYTHON = REPOSITORY / ".venv" / "bin" / "python" if IS_CHECKOUT else Path(sys.executable)
DEFAULT_HOME = (REPOSITORY if IS_CHECKOUT else Path()) / ".sandbox"
SETUP_COMMAND = "make setup" if IS_CHECKOUT else "sandbox setup"

ENVIRONMENTS_VARIABLE = "SANDBOX_ENVIRONMENTS"


def _environments() -> Path:
    if given := os.environ.get(ENVIRONMENTS_VARIABLE):
        return Path(given).expanduser().absolute()
    if IS_CHECKOUT:
        return REPOSITORY / ".envs"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "amp-sandbox" / (BUNDLE / "release").read_text().strip()


ENVIRONMENTS = _environments()


def environment_python(name: str) -> Path:
    """The interpreter of one of the environments that `sandbox setup` makes."""
    return ENVIRONMENTS / name / "bin" / "python"


def run_dir(home: Path) -> Path:
    """Files of the running sandbox: supervisord's configuration, its pid, its socket and what was recorded of it."""
    return home / "run"


def logs_dir(home: Path) -> Path:
    """One log file for each service, and supervisord's own."""
    return home / "logs"


def state_dir(home: Path, service: str | None = None) -> Path:
    """What the services keep; all of it, or one service's part."""
    return home / "state" / service if service else home / "state"


def warehouse_certificate(home: Path) -> Path:
    """The certificate of the warehouse's TLS, which is its own authority."""
    return state_dir(home, "warehouse") / "tls" / "server.crt"
