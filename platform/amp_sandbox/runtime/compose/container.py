"""`python -m amp_sandbox.runtime.compose.container SERVICE`: what a container starts with.

`network` prepares the home, once, and then only keeps the network. Every other waits for that, and for what it needs
besides, and becomes the service: the same command with the same environment as in the process runtime. Jupyter's home
is another, which `sandbox notebooks` prepares.

Airflow's components are watched rather than become: their configuration is the deployment's to write, and when it
changes the container ends, for the engine to start it again.

**Left out:** deciding when a container is started and stopped, which is Compose's and the engine's.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.environments import NOTEBOOKS
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import airflow, class_archive, java, jupyter, spark
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.compose.project import NETWORK
from amp_sandbox.runtime.health import is_healthy
from amp_sandbox.runtime.service import Service
from amp_sandbox.runtime.services import STANDINS, table
from amp_sandbox.settings import Settings, load_settings

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
CONFIGURATION_SECONDS = 1.0


def main(arguments: list[str]) -> None:
    """Become the service; returns only when there is nothing more to run."""
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.umask(0o077)
    (name,) = arguments
    settings = load_settings()
    services = {service.name: service for service in table(settings)}
    if name == NETWORK:
        prepare(settings, tuple(services))
        os.execvp("sleep", ["sleep", "infinity"])  # noqa: S606 - no shell, and the image's own
    if name not in services:
        raise SandboxError(f"There is no service {name!r}.", hint=f"Known: {', '.join([NETWORK, *services])}")
    service = services[name]
    prepared = jupyter.token_file(settings) if name == NOTEBOOKS else _prepared(settings.home)
    wait(f"{prepared} to be there", prepared.exists)
    _make_ready(settings, service, services)
    os.chdir(service.directory)
    if service.profile == airflow.PROFILE and name in {one.name for one in airflow.services(settings)}:
        sys.exit(run_until_changed(service, airflow.configuration_file(settings)))
    command = command_of(service)
    os.execve(command[0], command, service.environment)  # noqa: S606 - no shell is wanted


def prepare(settings: Settings, services: tuple[str, ...]) -> None:
    """Make the home as a fresh start needs it, unless it is made already; a container that restarts finds it so."""
    marker = _prepared(settings.home)
    if marker.exists():
        return
    homes.ensure(settings.home)
    homes.prepare(settings.home, services)
    spark.prepare(settings, os.environ)
    airflow.prepare_secrets(settings)
    marker.touch()


def command_of(service: Service) -> list[str]:
    """The command line of a service."""
    nice = ["/usr/bin/nice", "-n", str(service.niceness)] if service.niceness else []
    return [*nice, str(service.python), *service.arguments]


def run_until_changed(service: Service, configuration: Path) -> int:
    """Run a service until it ends, or until its configuration is another; its exit code."""
    wait(f"{configuration} to be written by a deployment", configuration.exists)
    read = configuration.read_bytes()
    child = subprocess.Popen(command_of(service), env=dict(service.environment))
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda number, _frame: child.send_signal(number))
    while child.poll() is None:
        try:
            child.wait(CONFIGURATION_SECONDS)
        except subprocess.TimeoutExpired:
            if configuration.exists() and configuration.read_bytes() != read:
                log.info("the configuration has changed: %s starts again", service.name)
                child.terminate()
                child.wait()
    return child.returncode


def wait(what: str, ready: Callable[[], bool]) -> None:
    """Wait for a condition, however long: what it waits for may be started by hand."""
    if not ready():
        log.info("waiting for %s", what)
    while not ready():
        time.sleep(POLL_SECONDS)


def _make_ready(settings: Settings, service: Service, services: dict[str, Service]) -> None:
    """What a service has to find when it starts, and another one does for it in the process runtime."""
    if service.name in (STANDINS, spark.MASTER, spark.WORKER, spark.HISTORY):
        try:
            found = java.provide(settings.home)
        except java.NoJavaError as error:
            raise SandboxError("Spark does not start.", str(error)) from None
    if service.name == spark.MASTER:
        spark.mark_started(settings.home)
    if service.name == spark.WORKER:
        class_archive.link(found.home, service.directory / "tmp")
        # A worker that finds no master asks again later and later.
        wait("the Spark master", lambda: is_healthy(services[spark.MASTER]))
    if service.name == airflow.API:
        airflow.prepare_database(settings)
    elif service.name in {one.name for one in airflow.services(settings)}:
        wait("Airflow's database", lambda: airflow.has_database(settings))


def _prepared(home: Path) -> Path:
    return paths.run_dir(home) / "prepared"


if __name__ == "__main__":
    main(sys.argv[1:])
