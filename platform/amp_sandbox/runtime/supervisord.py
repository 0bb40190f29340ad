"""Driving supervisord: its configuration, its start, and its XML-RPC interface on a Unix socket.

https://supervisord.org/configuration.html, https://supervisord.org/api.html

**Left out:** supervisorctl and supervisord's web page; `sandbox` is the only client, and there is no TCP
listener.
"""

import hashlib
import http.client
import os
import re
import socket
import subprocess
import xmlrpc.client
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime.processes import MARKER
from amp_sandbox.runtime.service import Service
from amp_sandbox.settings import Settings

NAME = "supervisord"
# Linux allows 107 bytes in a socket's path and macOS 103; supervisord binds a name with its pid added.
SOCKET_PATH_LIMIT = 103 - len(".12345678")
# Staying up for as long counts as started; failing earlier four times in a row is FATAL.
START_SECONDS = 5
LOG_BYTES = 10_000_000
# An on-demand service that nobody needs; any other service that is stopped was stopped by hand.
WAITING_STATE = "STOPPED"
STARTED_STATES = ("STARTING", "RUNNING")
FAILED_STATES = ("BACKOFF", "EXITED", "FATAL")


@dataclass(frozen=True)
class ProcessInfo:
    """What supervisord knows of a service. `started` is the second of its last start, 0 before the first."""

    name: str
    state: str
    pid: int
    started: int
    problem: str


class Supervisor:
    """A connection to the supervisord of a sandbox. Not to be shared between threads."""

    def __init__(self, home: Path, timeout: float = 5.0) -> None:
        transport = _UnixTransport(str(socket_path(home)), timeout)
        self._rpc: Any = xmlrpc.client.ServerProxy("http://supervisord", transport=transport).supervisor

    def answers(self) -> bool:
        """Whether supervisord runs and responds."""
        try:
            return cast(str, self._rpc.getState()["statename"]) == "RUNNING"
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False

    def info(self) -> dict[str, ProcessInfo]:
        """Every service by name."""
        return {
            i["name"]: ProcessInfo(i["name"], i["statename"], i["pid"], i["start"], i["spawnerr"])
            for i in self._rpc.getAllProcessInfo()
        }

    def start(self, name: str) -> None:
        """Start a service that is stopped or has failed, without waiting."""
        self._rpc.startProcess(name, False)

    def start_stopped(self, names: Iterable[str]) -> bool:
        """Start those of these services that do not run, without waiting; answers whether there were any."""
        info = self.info()
        stopped = [name for name in names if info[name].state not in STARTED_STATES]
        for name in stopped:
            self.start(name)
        return bool(stopped)

    def stop(self, name: str) -> None:
        """Stop a service, without waiting."""
        self._rpc.stopProcess(name, False)

    def restart(self, name: str) -> None:
        """Stop a service, wait until it has ended, and start it."""
        self._rpc.stopProcess(name, True)
        self._rpc.startProcess(name, False)

    def shutdown(self) -> None:
        """Begin to stop all services, the highest priority first, and then supervisord itself."""
        self._rpc.shutdown()


def socket_path(home: Path) -> Path:
    """The socket's place: in the home, or in a folder of ours below /tmp when the home's path is too long for one."""
    path = paths.run_dir(home) / "supervisord.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path("/tmp") / f"amp-sandbox-{os.getuid()}" / f"{digest}.sock"  # noqa: S108 - checked when made


def start(settings: Settings, services: Sequence[Service]) -> None:
    """Write the configuration and start supervisord, which starts the services. Its socket answers on return."""
    _make_socket_dir(settings.home)
    config = paths.run_dir(settings.home) / "supervisord.conf"
    config.write_text(render(settings, services), encoding="utf-8")
    result = subprocess.run(
        [paths.SANDBOX_PYTHON, "-m", "supervisor.supervisord", "--configuration", config],
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            MARKER: str(settings.home),
        },
        cwd=paths.run_dir(settings.home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise SandboxError("supervisord did not start.", (result.stderr or result.stdout).strip(), f"See {config}")


def render(settings: Settings, services: Sequence[Service]) -> str:
    """The configuration file. Everything in it is an absolute path, as supervisord leaves its folder."""
    run, logs = paths.run_dir(settings.home), paths.logs_dir(settings.home)
    sections = {
        "supervisord": {
            "logfile": _text(logs / "supervisord.log"),
            "logfile_maxbytes": "0",  # never rotated, as restarts are counted in it
            "pidfile": _text(run / "supervisord.pid"),
            "childlogdir": _text(logs),
            "nocleanup": "true",
            "umask": "077",
        },
        "unix_http_server": {"file": _text(socket_path(settings.home)), "chmod": "0600"},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
    }
    for service in services:
        sections[f"program:{service.name}"] = {
            "command": " ".join(f'"{_text(part)}"' for part in _command(service)),
            "directory": _text(service.directory),
            "environment": ",".join(f'{k}="{_text(v)}"' for k, v in service.environment.items()),
            "priority": str(service.priority),
            "autostart": str(not service.on_demand).lower(),
            "autorestart": "true",
            "startsecs": str(START_SECONDS),
            "startretries": "3",
            "stopsignal": "TERM",
            "stopwaitsecs": str(service.stop_seconds),
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": _text(logs / f"{service.name}.log"),
            "stdout_logfile_maxbytes": str(LOG_BYTES),
            "stdout_logfile_backups": "3",
        }
    return "\n".join(_section(name, values) for name, values in sections.items())


def starts(home: Path) -> dict[str, int]:
    """How often supervisord has started each service, from its log, the only place where it says so."""
    counts: dict[str, int] = {}
    try:
        text = (paths.logs_dir(home) / "supervisord.log").read_text(errors="replace")
    except FileNotFoundError:
        return counts
    for name in re.findall(r"INFO spawned: '([^']+)' with pid", text):
        counts[name] = counts.get(name, 0) + 1
    return counts


def _section(name: str, values: Mapping[str, str]) -> str:
    return "\n".join([f"[{name}]", *(f"{key}={value}" for key, value in values.items()), ""])


def _command(service: Service) -> tuple[str, ...]:
    nice = ("nice", "-n", str(service.niceness)) if service.niceness else ()
    return (*nice, str(service.python), *service.arguments)


def _text(value: object) -> str:
    """A value as supervisord reads it back; refuses what its file format has no way to say."""
    text = str(value)
    if re.search(r"[\"%\\\x00-\x1f\x7f]|\s[;#]|^[\s']|[\s']$", text):
        raise SandboxError(
            f"supervisord cannot be given {text!r}.",
            "Its configuration has no safe way to write double quotes, percent signs, backslashes, ' ;' or ' #'.",
            "Use another folder for the checkout, or for SANDBOX_HOME.",
        )
    return text


def _make_socket_dir(home: Path) -> None:
    directory = socket_path(home).parent
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.lstat()
    # Below /tmp anybody could have made it first, to put a socket of theirs in it.
    if directory.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise SandboxError(
            f"The folder {directory} is not safe to hold the sandbox's socket.",
            "It must be owned by you and closed to others.",
            "Remove it, or use a shorter SANDBOX_HOME.",
        )


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__()
        self._path, self._timeout = path, timeout

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._path, self._timeout)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
