"""The Spark properties of one run: the job's own, made to fit this machine.

What a job asks for is done where it makes sense here. Where it does not, the run goes on with what this machine has,
and a note says so at the head of the driver's log: a job that asks for 50 executors on EMR is to run unchanged.

**Left out:** containers, so `spark.kubernetes.*` has no effect, which is noted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from amp_sandbox.aws import client_environment
from amp_sandbox.emr_containers.job_config import JobConfig
from amp_sandbox.runtime import spark
from amp_sandbox.runtime.spark import Machine
from amp_sandbox.settings import Settings

_UNITS = {"k": 1 / 1024, "m": 1, "g": 1024, "t": 1024 * 1024}
_SIZE = re.compile(r"(\d+)\s*([kmgt]?)b?", re.IGNORECASE)
_SMALLEST_MB = 512  # Spark needs 450 MB for a driver or an executor, or does not start
_OWN_PREFIXES = ("spark.authenticate", "spark.ui.", "spark.eventLog.", "spark.submit.", "spark.network.crypto.")


@dataclass(frozen=True)
class RunConf:
    """Properties, and what is to be said about those that are not as the job wants them."""

    properties: Mapping[str, str]
    notes: tuple[str, ...]


def properties(settings: Settings, machine: Machine, job: JobConfig, name: str | None) -> RunConf:
    """The properties of a run, without the cluster's secret and without files."""
    wanted = {**job.defaults, **job.parameters.conf}
    own = _own(settings, job)
    notes = [
        f"{key}={value} has no effect: the sandbox sets {own[key]}" if key in own else f"{key} has no effect here"
        for key, value in wanted.items()
        if key in own or key.startswith(("spark.kubernetes.", *_OWN_PREFIXES))
    ]
    kept = {
        key: value
        for key, value in wanted.items()
        if key not in own and not key.startswith(("spark.kubernetes.", *_OWN_PREFIXES))
    }
    if name:
        kept.setdefault("spark.app.name", name)
    sizes, size_notes = _sizes(machine, kept)
    jar = str(spark.CONNECTOR)
    for key in ("spark.driver.extraClassPath", "spark.executor.extraClassPath"):
        kept[key] = f"{jar}:{kept[key]}" if kept.get(key) else jar
    return RunConf(kept | sizes | own, tuple(notes + size_notes))


def megabytes(text: str) -> int | None:
    """A size as Spark writes them; a number alone is in MiB. None when it is not one."""
    match = _SIZE.fullmatch(text.strip())
    return int(int(match[1]) * _UNITS[match[2].lower() or "m"]) if match else None


def connector(settings: Settings) -> dict[str, str]:
    """How Spark reaches the sandbox's S3."""
    aws = client_environment(settings)
    return {f"spark.hadoop.fs.{scheme}.impl": spark.CONNECTOR_CLASS for scheme in ("s3", "s3a", "s3n")} | {
        "spark.hadoop.fs.s3a.endpoint": settings.localstack_url,
        "spark.hadoop.fs.s3a.endpoint.region": settings.region,
        "spark.hadoop.fs.s3a.access.key": aws["AWS_ACCESS_KEY_ID"],
        "spark.hadoop.fs.s3a.secret.key": aws["AWS_SECRET_ACCESS_KEY"],
        "spark.hadoop.fs.s3a.path.style.access": "true",
        # For s3a:// Hadoop's defaults name a committer of its own connector's, which is not here.
        "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a": spark.COMMITTER_FACTORY,
    }


def _own(settings: Settings, job: JobConfig) -> dict[str, str]:
    """What the sandbox decides: where the cluster is, that nothing listens beyond this machine, how S3 is reached."""
    return connector(settings) | {
        "spark.master": settings.spark_master_url,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        # The history server shows runs while they go on; a web page of each driver's would be one more listener each.
        "spark.ui.enabled": "false",
        "spark.eventLog.enabled": str(job.event_log).lower(),
        "spark.eventLog.dir": spark.event_log_dir(settings.home).as_uri(),
    }


def _sizes(machine: Machine, wanted: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    notes: list[str] = []
    cores = _whole(wanted, "spark.executor.cores", machine.cores, machine.cores, notes)
    instances = _whole(wanted, "spark.executor.instances", 1, max(1, machine.cores // cores), notes)
    if wanted.get("spark.dynamicAllocation.enabled") == "true":
        instances = max(1, machine.cores // cores)
    each_mb = max(_SMALLEST_MB, machine.executor_mb // instances)
    sizes = {
        "spark.executor.cores": str(cores),
        "spark.cores.max": str(cores * instances),
        "spark.executor.instances": str(instances),
        "spark.executor.memory": _memory(wanted, "spark.executor.memory", min(1024, each_mb), each_mb, notes),
        "spark.driver.memory": _memory(wanted, "spark.driver.memory", 1024, machine.driver_mb, notes),
    }
    if wanted.get("spark.dynamicAllocation.enabled") == "true":
        del sizes["spark.executor.instances"]
        sizes["spark.dynamicAllocation.shuffleTracking.enabled"] = "true"
    return sizes, notes


def _whole(wanted: Mapping[str, str], key: str, default: int, most: int, notes: list[str]) -> int:
    given = wanted.get(key)
    if given is None:
        return default if default < most else most
    if not re.fullmatch(r"\d{1,6}", given) or int(given) < 1:
        notes.append(f"{key}={given} is no number of 1 or more; the sandbox uses {min(default, most)}")
        return min(default, most)
    if int(given) > most:
        notes.append(f"{key}={given} is more than a run gets on this machine; the sandbox uses {most}")
    return min(int(given), most)


def _memory(wanted: Mapping[str, str], key: str, default: int, most: int, notes: list[str]) -> str:
    given = wanted.get(key)
    size = megabytes(given) if given is not None else default
    if size is None:
        notes.append(f"{key}={given} is no size; the sandbox uses {default}m")
        size = default
    used = min(max(size, _SMALLEST_MB), most)
    if used < size:
        notes.append(f"{key}={given} is more than a run gets on this machine; the sandbox uses {used}m")
    elif used > size:
        notes.append(f"{key}={given} is less than Spark starts with; the sandbox uses {used}m")
    return f"{used}m"
