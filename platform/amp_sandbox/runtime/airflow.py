"""Airflow as services of a sandbox: API server, scheduler, DAG processor and triggerer.

They are on-demand services: `up --profile batch` starts them, and so does a call to an environment of MWAA. What its
deployment says (where the DAGs are, the options of the DAGs) is in `airflow.cfg`; what makes it Airflow on a laptop is
set here, in the environment of the processes, which no option wins over.
https://airflow.apache.org/docs/apache-airflow/3.2.1/howto/set-config.html

Tasks are children of the scheduler (`LocalExecutor`), the metadata is in SQLite, and one user may log in, with a
password that is made at each fresh start. Whoever can read the home's files can read it.

**Left out:** logs of tasks in CloudWatch, where MWAA has them: they are in the home, and on the web page. Airflow sends
no usage data of its own since 3.2, so there is nothing to turn off.
"""

import base64
import configparser
import io
import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.aws import client_environment
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import OnProgress, ignore
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.health import is_healthy
from amp_sandbox.runtime.readiness import wait_healthy
from amp_sandbox.runtime.service import Service, clean_environment
from amp_sandbox.runtime.supervisord import STARTED_STATES, Supervisor
from amp_sandbox.settings import COMPOSE, Settings, variable

API, SCHEDULER, DAG_PROCESSOR, TRIGGERER = (
    "airflow_api",
    "airflow_scheduler",
    "airflow_dag_processor",
    "airflow_triggerer",
)
PROFILE = "batch"
USER = "admin"

_STATE = "airflow"
_TASKS_AT_ONCE = 4
"""Most of a task's time is the work of others that it waits for, but each is a Python process."""

_DATABASE_SECONDS = 60
"""How long who wants to write waits for the others; after the five seconds of the driver's own a busy machine fails."""

_RESTART_SECONDS = 30
"""Of one component; one that does not end by itself is killed after a sixth of it."""


def services(settings: Settings) -> tuple[Service, ...]:
    """Airflow's components. Only the API server listens; it knows how the others are by their heartbeats."""
    return (
        _service(settings, API, "api-server", "--host", settings.listen_address, "--port", str(settings.airflow_port)),
        _service(settings, SCHEDULER, "scheduler", "--skip-serve-logs", member="scheduler"),
        _service(settings, DAG_PROCESSOR, "dag-processor", member="dag_processor"),
        _service(settings, TRIGGERER, "triggerer", "--skip-serve-logs", member="triggerer"),
    )


def template_database() -> Path:
    """An empty metadata database of Airflow's, made with its environment: to make one takes longer than all else."""
    return paths.environment_python("airflow").parents[1] / "airflow.db"


def home(settings: Settings) -> Path:
    """AIRFLOW_HOME: configuration, metadata, logs and a copy of the DAGs."""
    return paths.state_dir(settings.home, _STATE)


def passwords_file(settings: Settings) -> Path:
    """Where the user's password is, for `login`."""
    return home(settings) / "passwords.json"


def configuration_file(settings: Settings) -> Path:
    """Where `write_configuration` writes."""
    return home(settings) / "airflow.cfg"


def prepare(settings: Settings) -> None:
    """Make Airflow's home for a fresh start: no runs, a new password, new keys."""
    prepare_secrets(settings)
    prepare_database(settings)


def prepare_database(settings: Settings) -> None:
    """Give Airflow an empty database, if it has none."""
    database = _database(settings)
    if not database.exists():
        part = database.with_suffix(".part")
        shutil.copyfile(template_database(), part)
        part.replace(database)


def has_database(settings: Settings) -> bool:
    """Whether `prepare_database` was called."""
    return _database(settings).exists()


def prepare_secrets(settings: Settings) -> None:
    """Make Airflow's home with a new password and new keys; what configures it needs them, also before it starts."""
    folder = home(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    homes.write_private(passwords_file(settings), json.dumps({USER: secrets.token_urlsafe(18)}))
    keys = {
        "core.fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "api.secret_key": secrets.token_urlsafe(32),
        "api_auth.jwt_secret": secrets.token_urlsafe(64),
    }
    homes.write_private(_keys_file(settings), json.dumps(keys))


def login(settings: Settings) -> tuple[str, str]:
    """The name and the password of Airflow's user."""
    return USER, json.loads(passwords_file(settings).read_text())[USER]


def write_configuration(settings: Settings, options: Mapping[str, str]) -> bool:
    """Write `airflow.cfg` from options named `section.key`, as MWAA names them; answers whether it changed.

    Raises SandboxError when an option is not named so, or is one of those that are set for this machine.
    https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-env-variables.html
    """
    fixed = _options_of_this_machine(settings)
    keys: dict[str, str] = json.loads(_keys_file(settings).read_text())
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    for name, value in (keys | dict(options)).items():
        section, _, key = name.partition(".")
        if not section or not key or "\n" in value:
            raise SandboxError(f"{name!r} is not an option of Airflow.", "Options are named section.key, on one line.")
        if name in options and name in (fixed | keys):
            raise SandboxError(f"The option {name} cannot be set.", "The sandbox sets it for this machine.")
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, key, value.replace("%", "%%"))
    text = io.StringIO()
    parser.write(text)
    file = configuration_file(settings)
    if file.exists() and file.read_text() == text.getvalue():
        return False
    homes.write_private(file, text.getvalue())
    return True


def start(settings: Settings, on_progress: OnProgress = ignore) -> bool:
    """Start what does not run of Airflow and wait until all of it is healthy; answers whether anything was started.

    Raises SandboxError when there is no environment to run, or a component does not start.
    """
    started = begin(settings)
    if settings.runtime != COMPOSE:  # where they are healthy, or it is an error already
        wait_healthy(settings.home, services(settings), on_progress)
    return started


def begin(settings: Settings) -> bool:
    """`start` without waiting, for who has something else to do meanwhile."""
    if not configuration_file(settings).exists():
        raise SandboxError(
            "Airflow has nothing to run.", "No environment of MWAA is deployed.", "Deploy one with: sandbox deploy"
        )
    if settings.runtime == COMPOSE:
        _require_containers(settings)
        return False
    return Supervisor(settings.home).start_stopped(one.name for one in services(settings))


def restart(settings: Settings) -> None:
    """Have the components that run read their configuration again. Runs of DAGs go on afterwards.

    Containers see for themselves that it has changed.
    """
    if settings.runtime == COMPOSE:
        return
    supervisor = Supervisor(settings.home, timeout=_RESTART_SECONDS)
    info = supervisor.info()
    for name in (one.name for one in services(settings) if info[one.name].state in STARTED_STATES):
        supervisor.restart(name)


def _service(settings: Settings, name: str, command: str, *arguments: str, member: str | None = None) -> Service:
    python = paths.environment_python("airflow")
    return Service(
        name=name,
        python=python,
        arguments=("-m", "airflow", command, *arguments),
        directory=paths.state_dir(settings.home, name),
        port=settings.airflow_port,
        port_setting=variable("airflow_port"),
        health_path="/api/v2/monitor/health",
        health_member=member,
        priority=50,
        ready_seconds=180,  # four large Python programs at once: minutes, when the machine has other work
        stop_seconds=3,  # a scheduler waits for its tasks; what they did is gone with the sandbox
        on_demand=True,
        profile=PROFILE,
        environment=clean_environment(settings, name, python)
        | client_environment(settings)
        | {"AIRFLOW_HOME": str(home(settings)), "AIRFLOW_CONN_AWS_DEFAULT": "aws://"}
        | {_variable(option): value for option, value in _options_of_this_machine(settings).items()},
    )


def _require_containers(settings: Settings) -> None:
    """In a container, where nobody can start another one."""
    missing = [service.name for service in services(settings) if not is_healthy(service)]
    if missing:
        raise SandboxError(
            "Airflow does not run.",
            f"Not healthy: {', '.join(missing)}.",
            "Start it with: sandbox up --profile batch (or docker compose --profile batch up)",
        )


def _options_of_this_machine(settings: Settings) -> dict[str, str]:
    """What is not the environment's to say: where things are, and how soon a laptop's user sees them happen."""
    return {
        "core.executor": "LocalExecutor",
        "core.parallelism": str(_TASKS_AT_ONCE),
        "core.hostname_callable": "airflow.utils.net.get_host_ip_address",
        "core.auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "core.simple_auth_manager_users": f"{USER}:admin",
        "core.simple_auth_manager_passwords_file": str(passwords_file(settings)),
        "core.execution_api_server_url": f"{settings.airflow_url}/execution/",
        "core.min_serialized_dag_update_interval": "1",
        "core.load_examples": "False",
        "database.sql_alchemy_conn": f"sqlite:///{_database(settings)}?timeout={_DATABASE_SECONDS}",
        "api.base_url": settings.airflow_url,
        "api.host": settings.listen_address,
        "api.port": str(settings.airflow_port),
        "logging.base_log_folder": str(home(settings) / "logs"),
        "logging.colored_console_log": "False",
        "dag_processor.bundle_refresh_check_interval": "1",
        "dag_processor.min_file_process_interval": "60",
        "dag_processor.parsing_processes": "1",
        "scheduler.scheduler_idle_sleep_time": "0.5",
        "scheduler.job_heartbeat_sec": "2",
        "scheduler.scheduler_health_check_threshold": "20",
        # A killed scheduler's tasks are found by the next one; on MWAA that takes minutes.
        "scheduler.orphaned_tasks_check_interval": "10",
        "scheduler.task_instance_heartbeat_timeout": "30",
        "scheduler.task_instance_heartbeat_timeout_detection_interval": "5",
        "triggerer.job_heartbeat_sec": "2",
        "triggerer.triggerer_health_check_threshold": "20",
        "workers.missing_dag_retry_delay": "2",
    }


def _variable(option: str) -> str:
    section, _, key = option.partition(".")
    return f"AIRFLOW__{section.upper()}__{key.upper()}"


def _database(settings: Settings) -> Path:
    return home(settings) / "airflow.db"


def _keys_file(settings: Settings) -> Path:
    return home(settings) / "keys.json"
