"""Where things are: the checkout, its Python environments, and the folders below a sandbox's home.

**Left out:** an installation outside a checkout. The package is installed in editable mode from the
repository, whose other folders (`services/`, `platform/template.yaml`, `.envs/`) it needs.
"""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PLATFORM = REPOSITORY / "platform"
TEMPLATE = PLATFORM / "template.yaml"
PARAMETERS = PLATFORM / "parameters"
SERVICES = REPOSITORY / "services"
SEED_DATA = REPOSITORY / "seed_data"
SPARK = REPOSITORY / "spark"
AIRFLOW = REPOSITORY / "airflow"
DAGS = AIRFLOW / "dags"
MARTS = DAGS / "marts"
NOTEBOOKS = REPOSITORY / "notebooks"
DOCS = REPOSITORY / "docs"

SANDBOX_PYTHON = REPOSITORY / ".venv" / "bin" / "python"
DEFAULT_HOME = REPOSITORY / ".sandbox"


def environment_python(name: str) -> Path:
    """The interpreter of one of the environments that `make setup` makes below `.envs/`."""
    return REPOSITORY / ".envs" / name / "bin" / "python"


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
