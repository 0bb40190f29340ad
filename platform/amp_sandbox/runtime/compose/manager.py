"""The Compose runtime as the commands call it: containers brought up, stopped, looked at and read from.

LocalStack keeps its state in memory, so its container's last start is recorded, and another one means that the state
is gone. The others share the network of the container `network`, and lose their connections when that one starts again:
then all is started afresh too.

On the way down the containers' logs are kept as files, where the process runtime has them.

The console is no container, and is started, stopped and looked at here all the same (`console`).

**Left out:** watching the images of a sandbox that runs: an edit of the platform is built at the next fresh start.
"""

import contextlib
import itertools
import logging
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.environments import NOTEBOOKS
from amp_sandbox.errors import SandboxError
from amp_sandbox.installer import program
from amp_sandbox.progress import OnProgress, ignore, step
from amp_sandbox.runtime import airflow, log_files, processes, spark
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.compose import console, engine, images, notebooks, project
from amp_sandbox.runtime.compose.engine_tail import EngineTail
from amp_sandbox.runtime.compose.project import NETWORK, Container
from amp_sandbox.runtime.facts import (
    COMING_UP,
    STOPPED,
    WAITING,
    Glance,
    Line,
    ServiceStatus,
    Started,
    Status,
    Stopped,
    Tail,
    running_status,
)
from amp_sandbox.runtime.health import is_healthy
from amp_sandbox.runtime.ports import require_free_ports, require_same_settings
from amp_sandbox.runtime.readiness import last_lines, wait_healthy
from amp_sandbox.runtime.service import Service
from amp_sandbox.runtime.services import CONSOLE, LOCALSTACK, table
from amp_sandbox.settings import COMPOSE, Settings, record_settings

log = logging.getLogger(__name__)

CORE = "core"
LOOK_SECONDS = 1.0
# Of the engine's attempts to start a container that ends: more would end as well.
RESTARTS = 3
LOG_LINES = 15
BUILD_LOG = "build"
_FILES = (CONSOLE, BUILD_LOG)
"""What is no container's log."""

_PREFIX = re.compile(r"(?P<service>\S+?)-\d+\s+\| (?P<text>.*)")
_SPARK = (spark.MASTER, spark.WORKER, spark.HISTORY)
_IMAGES = dict.fromkeys(_SPARK, images.SPARK) | {NOTEBOOKS: images.NOTEBOOKS}
"""Of what is started later; the rest of that is Airflow."""


def is_running(home: Path) -> bool:
    """Whether any container of the sandbox lives; False also where there is no engine to ask."""
    try:
        return any(container.lives for container in project.containers(home).values())
    except engine.EngineError:
        return False


def require_installed(settings: Settings) -> None:
    """The `sandbox` command and what a deployment builds the functions with; the rest is in the images."""
    if not paths.SANDBOX_PYTHON.exists():
        raise SandboxError(
            "The sandbox is not installed completely.",
            f"Missing: {paths.SANDBOX_PYTHON}",
            f"Run: {paths.SETUP_COMMAND}",
        )
    program()


def bring_up(settings: Settings, on_progress: OnProgress, *, keep: bool) -> Started:
    """Start what has failed, or all afresh, with images built where they are missing."""
    found = project.containers(settings.home)
    if not any(container.lives for container in found.values()):
        _start_fresh(settings, found, on_progress, keep=keep)
        return Started(fresh=True)
    require_same_settings(settings)
    _require_not_paused(settings, found)
    if state_lost(settings.home, found):
        with step(on_progress, "LocalStack had lost its state: start afresh"):
            stop(settings, ignore)
        _start_fresh(settings, {}, on_progress, keep=keep)
        return Started(fresh=True)
    core = [service.name for service in _core(settings) if service.name != CONSOLE]
    failed = tuple(name for name in core if name not in found or not found[name].runs)
    if failed:
        project.compose(settings, "up", "--detach", "--no-recreate", *failed, tag=_tag_of(found), profile=CORE)
    shown = (CONSOLE,) if console.start(settings) else ()
    wait_healthy(settings.home, _core(settings), on_progress, lambda: ContainerWatch(settings))
    _record(settings)
    return Started(fresh=False, restarted=(*failed, *shown))


def start_spark(settings: Settings, on_progress: OnProgress) -> None:
    """Start the cluster's containers if they do not run: the stand-in cannot."""
    _start(settings, _SPARK, on_progress, wait=True)


def start_airflow(settings: Settings, on_progress: OnProgress, *, wait: bool = True) -> None:
    """Start Airflow's containers if they do not run, and those of Spark, which its DAGs need."""
    _start(settings, (*_SPARK, *(service.name for service in airflow.services(settings))), on_progress, wait=wait)


def start_notebooks(settings: Settings, on_progress: OnProgress) -> None:
    """Start Jupyter's container if it does not run."""
    notebooks.prepare(settings, on_progress)
    _start(settings, (NOTEBOOKS,), on_progress, wait=True)


def stop(settings: Settings, on_progress: OnProgress, *, clear: bool = False) -> Stopped:
    """Remove the containers and their network, and with `clear` the volume, which else stays until the next start."""
    try:
        found = project.containers(settings.home)
    except engine.EngineError:
        return Stopped()
    if not found and not (clear and project.volumes(settings.home)):
        return Stopped()
    with step(on_progress, "stop containers"):
        shown = {CONSOLE} if console.stop(settings) else set()
        _keep_logs(settings, found)
        volumes = ("--volumes",) if clear else ()
        project.compose(settings, "down", "--remove-orphans", *volumes, tag=_tag_of(found))
    running = {name for name, container in found.items() if container.runs and name != NETWORK}
    return Stopped(tuple(sorted(running | shown)))


def look(settings: Settings) -> Status:
    """What the engine and the health checks say."""
    services = table(settings)
    try:
        found = project.containers(settings.home)
        bytes_used = project.memory([container for container in found.values() if container.runs])
    except engine.EngineError as error:
        log.warning("%s %s", error.what, error.why or "")
        found, bytes_used = {}, {}
    if not any(container.lives for container in found.values()):
        states = tuple(ServiceStatus(s.name, STOPPED, False, None, s.port, s.url, None, 0, 0) for s in services)
        return Status(str(settings.home), False, False, False, False, (), states, COMPOSE)
    with ThreadPoolExecutor(len(services)) as pool:
        health = list(pool.map(is_healthy, services))
    states = tuple(
        _console_status(settings, service, healthy)
        if service.name == CONSOLE
        else _service_status(service, found.get(service.name), healthy, bytes_used.get(service.name, 0))
        for service, healthy in zip(services, health, strict=True)
    )
    return running_status(settings, states, COMPOSE, lost=state_lost(settings.home, found))


def glance(settings: Settings) -> Glance | None:
    """What the engine says; each look at it starts two programs, so do not look all the time."""
    try:
        found = project.containers(settings.home)
    except engine.EngineError:
        return None
    running = {name for name, container in found.items() if container.runs}
    if not running:
        return None
    return Glance(
        frozenset(running | {CONSOLE} if console.find(settings) else running), state_lost(settings.home, found)
    )


def log_names(settings: Settings) -> list[str]:
    """The services', that of the container with the network, and that of the images' build."""
    return [*(service.name for service in table(settings)), NETWORK, BUILD_LOG]


def log_lines(settings: Settings, source: str | None, count: int, *, follow: bool) -> Iterator[Line]:
    """From the engine while there are containers, else from the files that were kept of them.

    The console's is a file at all times; it is followed by itself only.
    """
    shown = log_files.known(source, log_names(settings), hidden=(NETWORK, BUILD_LOG))
    try:
        found = project.containers(settings.home)
    except engine.EngineError:
        found = {}
    if source in _FILES or not found:
        return log_files.lines(log_files.files(settings.home, shown), count, follow=follow)
    of_files = [name for name in shown if name in _FILES]
    return itertools.chain(
        log_files.lines(log_files.files(settings.home, of_files), count, follow=False),
        _engine_lines(settings, [name for name in shown if name in found], count, follow=follow),
    )


def log_tail(settings: Settings, source: str) -> Tail:
    """Of the container, or of the file where there is one."""
    [name] = log_files.known(source, log_names(settings))
    container = None if name in _FILES else project.containers(settings.home).get(name)
    return EngineTail(container) if container else log_files.Tail(log_files.files(settings.home, [name])[name])


def state_lost(home: Path, found: Mapping[str, Container]) -> bool:
    """Whether LocalStack has started again since it was recorded, or the network that all share has."""
    recorded, localstack = homes.read_instance(home), found.get(LOCALSTACK)
    if recorded is None:
        return False
    if localstack is None or (localstack.pid, int(localstack.started)) != (recorded.pid, recorded.started):
        return True
    network = found.get(NETWORK)
    return network is None or not network.lives or network.started > localstack.started


class ContainerWatch:
    """`Watch` on containers. The engine is asked once a second, as each question is a process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._found: Mapping[str, Container] = {}
        self._asked: float | None = None

    def problem(self, service: Service) -> str | None:
        """What the engine says."""
        now = time.monotonic()
        if self._asked is None or now - self._asked >= LOOK_SECONDS:
            self._asked = now
            try:
                self._found = project.containers(self._settings.home)
            except engine.EngineError as error:
                return f"the engine does not answer ({error.why})"
        if service.name == CONSOLE:
            return None if console.find(self._settings) else "it has ended"
        container = self._found.get(service.name)
        if container is None:
            return "there is no container"
        if container.restarts >= RESTARTS or container.state in ("exited", "dead"):
            return f"it ended with exit code {container.exit_code}"
        return None

    def last_words(self, service: Service) -> str:
        """The end of its log."""
        if service.name == CONSOLE:
            told = last_lines(log_files.files(self._settings.home, [CONSOLE])[CONSOLE], LOG_LINES)
        else:
            container = project.containers(self._settings.home).get(service.name)
            told = _logs(container, LOG_LINES).splitlines() if container else []
        return "\n".join(["Its last lines:", *(f"  {line}" for line in told)]) if told else "It wrote nothing."


def _require_not_paused(settings: Settings, found: Mapping[str, Container]) -> None:
    """Somebody paused them for a reason; going on is theirs to say."""
    if paused := sorted(name for name, container in found.items() if container.state == project.PAUSED):
        raise SandboxError(
            "The sandbox is paused.",
            f"Paused containers: {', '.join(paused)}.",
            f"Go on with: docker compose --project-name {project.name(settings.home)} unpause",
        )


def _core(settings: Settings) -> list[Service]:
    return [service for service in table(settings) if not service.on_demand]


def _start_fresh(settings: Settings, found: Mapping[str, Container], on_progress: OnProgress, *, keep: bool) -> None:
    if found:
        stop(settings, on_progress)
    services = table(settings)
    require_free_ports([service for service in services if service.name != spark.MASTER])
    tag = images.tag()
    console.stop(settings)
    homes.prepare(settings.home, (CONSOLE, NOTEBOOKS))
    _build(settings, (images.CORE, images.SPARK), tag, on_progress)
    record_settings(settings)
    try:
        with step(on_progress, "start containers"):
            project.compose(settings, "down", "--volumes", "--remove-orphans", tag=tag)
            project.compose(settings, "up", "--detach", "--no-build", tag=tag, profile=CORE)
            console.start(settings)
        wait_healthy(settings.home, _core(settings), on_progress, lambda: ContainerWatch(settings))
        _record(settings)
    except BaseException:
        if not keep:
            console.stop(settings)
            stop(settings, ignore)
            homes.forget_run(settings.home)
        raise


def _start(settings: Settings, names: Sequence[str], on_progress: OnProgress, *, wait: bool) -> None:
    found = project.containers(settings.home)
    _require_not_paused(settings, found)
    missing = [name for name in names if name not in found or not found[name].runs]
    if missing:
        wanted = sorted({_IMAGES.get(name, images.AIRFLOW) for name in missing} | {images.SPARK})
        # What starts later is made of the code as it is then, as in the process runtime.
        tag = images.tag() if images.missing(wanted, _tag_of(found)) else _tag_of(found)
        _build(settings, wanted, tag, on_progress)
        project.compose(settings, "up", "--detach", "--no-recreate", "--no-build", *missing, tag=tag)
    services = [service for service in table(settings) if service.name in names]
    if wait and not all(is_healthy(service) for service in services):
        wait_healthy(settings.home, services, on_progress, lambda: ContainerWatch(settings))


def _build(settings: Settings, wanted: Sequence[str], tag: str, on_progress: OnProgress) -> None:
    if absent := images.missing(wanted, tag):
        images.build(absent, tag, paths.logs_dir(settings.home) / f"{BUILD_LOG}.log", on_progress)


def _tag_of(found: Mapping[str, Container]) -> str:
    """The tag of the images that run, so that nothing is made of others beside them."""
    return next((container.image.rpartition(":")[2] for container in found.values()), "")


def _record(settings: Settings) -> None:
    """Record LocalStack's start, and copy what commands on this machine read of the home."""
    found = project.containers(settings.home)
    localstack = found[LOCALSTACK]
    recorded = homes.read_instance(settings.home)
    started = int(localstack.started)
    if recorded is None or (recorded.pid, recorded.started) != (localstack.pid, started):
        homes.write_instance(settings.home, homes.Instance(localstack.pid, started))
    certificate = paths.warehouse_certificate(settings.home)
    project.copy_out(found["warehouse"], paths.warehouse_certificate(project.HOME), certificate)
    passwords = airflow.passwords_file(settings)
    project.copy_out(found[NETWORK], project.HOME / passwords.relative_to(settings.home), passwords)
    passwords.chmod(0o600)


def _service_status(service: Service, container: Container | None, healthy: bool, memory: int) -> ServiceStatus:
    runs = container is not None and container.runs
    state = container.state if container else (WAITING if service.on_demand else "missing")
    uptime = max(0, int(time.time() - container.started)) if container and runs else None
    if service.on_demand and runs and not healthy and uptime is not None and uptime < service.ready_seconds:
        state = COMING_UP
    well = state == WAITING or (runs and (healthy or state == COMING_UP))
    told = _logs(container, LOG_LINES).splitlines() if container and not container.lives else []
    return ServiceStatus(
        name=service.name,
        state=state,
        healthy=well,
        pid=container.pid if container and runs else None,
        port=service.port,
        url=service.url,
        uptime_seconds=uptime,
        memory_bytes=memory,
        restarts=container.restarts if container else 0,
        last_log_lines=tuple(told),
    )


def _console_status(settings: Settings, service: Service, healthy: bool) -> ServiceStatus:
    process = console.find(settings)
    log_file = log_files.files(settings.home, [CONSOLE])[CONSOLE]
    return ServiceStatus(
        name=service.name,
        state="running" if process else "exited",
        healthy=healthy and process is not None,
        pid=process.pid if process else None,
        port=service.port,
        url=service.url,
        uptime_seconds=console.uptime_seconds(process) if process else None,
        memory_bytes=processes.memory(process.pid) if process else 0,
        restarts=0,
        last_log_lines=() if process else tuple(last_lines(log_file, LOG_LINES)),
    )


def _logs(container: Container | None, count: int | None = None) -> str:
    """What a container wrote, on both streams; nothing when the engine does not say."""
    if container is None:
        return ""
    tail = () if count is None else ("--tail", str(count))
    done = subprocess.run(
        [engine.PROGRAM, "logs", *tail, container.id],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return done.stdout if done.returncode == 0 else ""


def _keep_logs(settings: Settings, found: Mapping[str, Container]) -> None:
    with contextlib.suppress(FileNotFoundError):  # the home was deleted under it
        for name, path in log_files.files(settings.home, list(found)).items():
            path.write_text(_logs(found[name]))


def _engine_lines(settings: Settings, names: Sequence[str], count: int, *, follow: bool) -> Iterator[Line]:
    command = project.command(settings)
    arguments = ("logs", "--no-color", "--tail", str(count), *(("--follow",) if follow else ()))
    with subprocess.Popen(
        [engine.PROGRAM, *command, *arguments, *names],
        env=engine.environment_of(project.variables(settings, "")),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if told := _PREFIX.match(line.rstrip("\n")):
                    yield Line(told["service"], told["text"])
        finally:
            process.terminate()
