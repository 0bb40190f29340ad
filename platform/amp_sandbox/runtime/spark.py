"""The Spark cluster of a sandbox: its three services, what they are configured with, and the machine's size.

A master, one worker and the history server, out of the `pyspark` wheel. They are on-demand services: `up` does not
start them, the EMR stand-in does when a job run waits. One worker has the whole machine; the executors that it starts
come with a run and go with it. https://spark.apache.org/docs/3.5.6/spark-standalone.html

Who knows the secret in `cluster.conf`, a file that only its owner can read, may talk to the cluster; other users of the
machine cannot submit anything to it.

**Left out:** passwords on the web pages, which show job runs to every user of the machine and can change nothing; more
than one worker, which would be as many more JVMs on the same cores.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from amp_sandbox import paths
from amp_sandbox.aws import client_environment
from amp_sandbox.runtime import java
from amp_sandbox.runtime.service import Service, clean_environment
from amp_sandbox.settings import Settings, variable

MASTER, WORKER, HISTORY = "spark_master", "spark_worker", "spark_history"
CONNECTOR = paths.S3_CONNECTOR
CONNECTOR_CLASS = "amp.s3.S3FileSystem"
FAST_START = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
CLASS_ARCHIVE = "classes.jsa"
COMMITTER_FACTORY = "org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory"

NICENESS = 10
"""Of drivers and executors: whoever works at the machine, and the rest of the sandbox, comes first."""

_DAEMON_MEMORY = "384m"
# A run's driver and executor, with what a JVM and Python's workers need beyond the heap.
_RUN_MB = 3_200
_LARGE_MACHINE_MB = 15_000


@dataclass(frozen=True)
class Machine:
    """What Spark may take of this machine: `runs` at once, and the most that one may have.

    Two runs share the cores rather than split them: a run that is alone gets the whole machine.
    """

    cores: int
    runs: int
    executor_mb: int
    driver_mb: int

    @property
    def worker_cores(self) -> int:
        """Tasks at once on the worker, of all runs."""
        return self.cores * self.runs

    @property
    def worker_mb(self) -> int:
        """Memory for executors on the worker, of all runs."""
        return self.executor_mb * self.runs


def this_machine() -> Machine:
    """The size of the machine that this process runs on."""
    # What a container may use; macOS has no such thing.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return size(cores, psutil.virtual_memory().total // 1_000_000)


def size(cores: int, memory_mb: int) -> Machine:
    """How much of a machine Spark may take: half its memory, as LocalStack and the warehouse live there too."""
    runs = max(1, min(cores, memory_mb // 2 // _RUN_MB))
    large = memory_mb >= _LARGE_MACHINE_MB
    return Machine(cores, runs, executor_mb=2048 if large else 1024, driver_mb=2048 if large else 1024)


def spark_home() -> Path:
    """The folder of Spark in its Python environment."""
    return paths.environment_python("spark").parent.parent / "lib" / "python3.11" / "site-packages" / "pyspark"


def event_log_dir(home: Path) -> Path:
    """Where drivers write what the history server shows."""
    return paths.state_dir(home, "spark") / "events"


def cluster_conf(home: Path) -> Path:
    """The configuration that all Spark processes share, with the secret."""
    return paths.state_dir(home, "spark") / "cluster.conf"


def prepare(settings: Settings, environment: Mapping[str, str]) -> None:
    """Make what the services need to start, with a new secret; `environment` is the one to look for Java in."""
    event_log_dir(settings.home).mkdir(mode=0o700, parents=True, exist_ok=True)
    java.remember_candidates(settings.home, java.candidates(environment))
    write_private(cluster_conf(settings.home), _cluster_conf(settings, secrets.token_urlsafe(32)))


def write_private(path: Path, values: Mapping[str, str]) -> None:
    """Write a file of Spark properties that only its owner may read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.writelines(f"{_escaped(key, '#! :=')}={_escaped(value)}\n" for key, value in values.items())


def read_properties(path: Path) -> dict[str, str]:
    """What `_cluster_conf` was written as. Only for values without escapes, which ours are."""
    pairs = (line.split("=", 1) for line in path.read_text(encoding="ascii").splitlines() if "=" in line)
    return dict(pairs)


def spark_environment(settings: Settings, service: str) -> dict[str, str]:
    """What every Spark process's environment starts from. AWS's variables are what jobs get on EMR from their role."""
    python = paths.environment_python("spark")
    return (
        clean_environment(settings, service, python)
        | client_environment(settings)
        | {
            "JAVA_HOME": str(java.java_home(settings.home)),
            "SPARK_HOME": str(spark_home()),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_HOSTNAME": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(paths.state_dir(settings.home, service) / "tmp"),
            "PYSPARK_PYTHON": str(python),
            "PYSPARK_DRIVER_PYTHON": str(python),
        }
    )


def services(settings: Settings) -> tuple[Service, ...]:
    """The cluster's services."""
    return (_master(settings), _worker(settings), _history(settings))


def java_options(temporary: str) -> str:
    """What keeps a JVM from writing to /tmp, which it does whatever TMPDIR says, and from IPv6; and what starts fast.

    The folder is relative to where the process runs, as some homes have characters that would have to be quoted. The
    archive of classes is there too, if there is one: see `class_archive`. Without it, or when it is another Java's, a
    JVM starts as usual, and would warn of it in the output of jobs.

    On a laptop a run spends most of its time on compiling Spark itself, for the second time and for speed that it ends
    too soon to see. One that goes on for long asks for the JVM's second compiler with
    `spark.executor.extraJavaOptions=-XX:TieredStopAtLevel=4`.
    """
    archive = f"-XX:SharedArchiveFile={temporary}/{CLASS_ARCHIVE} -Xlog:cds*=off"
    return f"-XX:-UsePerfData {FAST_START} {archive} -Djava.net.preferIPv4Stack=true -Djava.io.tmpdir={temporary}"


def mark_started(home: Path) -> None:
    """Note that a master starts, where nobody else tells one from the next: in a container."""
    paths.state_dir(home, MASTER).joinpath("started").write_text(secrets.token_hex(8))


def started_mark(home: Path) -> str | None:
    """What tells the master that was started last from those before; None when none was."""
    try:
        return paths.state_dir(home, MASTER).joinpath("started").read_text()
    except FileNotFoundError:
        return None


def work_dir(home: Path) -> Path:
    """Where the worker keeps a folder for each executor, with its output."""
    return paths.state_dir(home, WORKER) / "work"


def _master(settings: Settings) -> Service:
    listen = {"--port": settings.spark_master_port, "--webui-port": settings.spark_master_ui_port}
    service = _service(settings, MASTER, "master.Master", {"--host": "127.0.0.1", **listen}, "spark_master_ui_port")
    return replace(service, other_ports=((settings.spark_master_port, variable("spark_master_port")),))


def _worker(settings: Settings) -> Service:
    machine = this_machine()
    options = {
        "--host": "127.0.0.1",
        "--webui-port": settings.spark_worker_ui_port,
        "--cores": machine.worker_cores,
        "--memory": f"{machine.worker_mb}m",
        "--work-dir": work_dir(settings.home),
    }
    service = _service(settings, WORKER, "worker.Worker", options, "spark_worker_ui_port")
    # Executors inherit the worker's place behind everything else on the machine.
    return replace(service, arguments=(*service.arguments, settings.spark_master_url), niceness=NICENESS)


def _history(settings: Settings) -> Service:
    service = _service(settings, HISTORY, "history.HistoryServer", {}, "spark_history_port", health_path="/")
    return replace(service, niceness=NICENESS)  # it starts beside the first driver, which is waited for


def _service(
    settings: Settings, name: str, program: str, options: Mapping[str, object], port: str, health_path: str = "/json/"
) -> Service:
    given = {**options, "--properties-file": cluster_conf(settings.home)}
    return Service(
        name=name,
        python=spark_home() / "bin" / "spark-class",
        arguments=(f"org.apache.spark.deploy.{program}", *(str(word) for pair in given.items() for word in pair)),
        directory=paths.state_dir(settings.home, name),
        port=getattr(settings, port),
        port_setting=variable(port),
        health_path=health_path,
        priority=40,
        stop_seconds=5,
        on_demand=True,
        environment=spark_environment(settings, name)
        | {
            "SPARK_LOCAL_IP": settings.listen_address,  # of its web page; the cluster itself talks on --host
            "SPARK_DAEMON_MEMORY": _DAEMON_MEMORY,
            "SPARK_DAEMON_JAVA_OPTS": java_options("tmp"),
        },
    )


def _cluster_conf(settings: Settings, secret: str) -> dict[str, str]:
    events = event_log_dir(settings.home).as_uri()
    return {
        "spark.authenticate": "true",
        "spark.authenticate.secret": secret,
        # A port that is taken is an error. The next one would be another service's.
        "spark.port.maxRetries": "0",
        "spark.ui.killEnabled": "false",
        "spark.master.rest.enabled": "false",
        "spark.master.ui.decommission.allow.mode": "DENY",
        "spark.worker.cleanup.enabled": "true",
        "spark.worker.cleanup.appDataTtl": "3600",
        "spark.history.fs.logDirectory": events,
        "spark.history.ui.port": str(settings.spark_history_port),
        "spark.history.fs.update.interval": "2s",
        "spark.history.fs.cleaner.enabled": "true",
        "spark.history.fs.cleaner.maxNum": "200",
        "spark.eventLog.dir": events,
        "spark.executor.defaultJavaOptions": java_options("../../../tmp"),
    }


def _escaped(text: str, also: str = "") -> str:
    """A key or value of a Java properties file."""
    special = "\\" + also
    escaped = "".join(f"\\{c}" if c in special else _unicode(c) for c in text)
    return f"\\{escaped}" if escaped.startswith(" ") else escaped


def _unicode(character: str) -> str:
    if " " <= character <= "~":
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
