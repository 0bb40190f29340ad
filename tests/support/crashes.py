"""Ending what runs of a sandbox as a crash does, whichever runtime it has."""

import json
import os
import signal
from typing import Any

import psutil

from amp_sandbox.runtime.compose import engine, project
from amp_sandbox.settings import COMPOSE, Settings
from support.sandboxes import run
from support.waiting import eventually

# In a container: its first process is `init`, whose child watches the scheduler.
_KILL_WORKERS = """
import psutil
scheduler = psutil.Process(1).children()[0].children()[0]
for one in scheduler.children(recursive=True):
    if one.ppid() != scheduler.pid:
        one.kill()
"""


def service(settings: Settings, name: str) -> dict[str, Any]:
    """What `sandbox status` tells of a service."""
    services = json.loads(run(settings, "status", "--json").stdout)["services"]
    return next(dict(one) for one in services if one["name"] == name)


def crash(settings: Settings, name: str) -> None:
    """End a service as a crash does, and wait for its manager to have another one up."""
    pid = service(settings, name)["pid"]
    if settings.runtime == COMPOSE:
        # All but `init`, whose end is then the container's.
        _in_container(settings, name, "sh", "-c", "kill -9 -1")
    else:
        os.kill(pid, signal.SIGKILL)
    eventually(
        lambda: service(settings, name), lambda seen: seen["pid"] not in (None, pid), timeout=60, what=f"another {name}"
    )


def kill_task_workers(settings: Settings) -> None:
    """End the processes of Airflow's scheduler that run tasks now."""
    if settings.runtime == COMPOSE:
        _in_container(settings, "airflow_scheduler", "/opt/amp-sandbox/.venv/bin/python", "-c", _KILL_WORKERS)
        return
    scheduler = psutil.Process(service(settings, "airflow_scheduler")["pid"])
    for one in scheduler.children(recursive=True):
        if one.ppid() != scheduler.pid:
            one.kill()


def _in_container(settings: Settings, name: str, *command: str) -> None:
    engine.run("exec", project.containers(settings.home)[name].id, *command)
