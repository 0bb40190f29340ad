"""A PostgreSQL server of a benchmark's own, where PostgreSQL is installed: what the warehouse's wire is compared with.

It listens on 127.0.0.1 alone, as long as the block runs, with its data in a temporary folder. PostgreSQL refuses to run
as root, so root has it run as another user. What makes a server safe and slow to write to is off: it is only read.

**Left out:** servers that run already, and installations elsewhere than Debian's folder and PATH.
"""

import getpass
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.ports import free_ports

_FOLDERS = "/usr/lib/postgresql/*/bin"  # Debian's
_UNPRIVILEGED = ("postgres", "nobody")
_USER = "bench"
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "fsync": "off",
    "jit": "off",
}


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, of the newest version; None when it is not installed."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    folders = [path for path in Path("/").glob(_FOLDERS.lstrip("/")) if (path / "initdb").exists()]
    return max(folders, key=lambda path: int(path.parent.name), default=None)


@contextmanager
def server(folder: Path) -> Iterator[dict[str, Any]]:
    """Run a server by the programs of a folder; gives what a client connects with."""
    owner = _owner()
    [port] = free_ports(1)
    password = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="amp-bench-postgresql-") as home:
        data, secret = Path(home) / "data", Path(home) / "password"
        secret.write_text(password)
        if owner is not None:
            for path in (Path(home), secret):
                shutil.chown(path, owner)
        who = ("-U", _USER, "-A", "scram-sha-256", f"--pwfile={secret}")
        _run(owner, folder / "initdb", "-D", data, *who, "-E", "UTF8", "--locale=C", "--no-sync")
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in {**_OPTIONS, "port": port}.items())
        control = (folder / "pg_ctl", "-D", data, "-w", "-t", "60")
        _run(owner, *control, "-l", Path(home) / "log", "-o", options, "start")
        try:
            yield {"host": "127.0.0.1", "port": port, "user": _USER, "password": password, "dbname": "postgres"}
        finally:
            _run(owner, *control, "-m", "immediate", "stop")


def _owner() -> str | None:
    """Whom the server runs as; None for whoever runs this."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in _UNPRIVILEGED if name in known), getpass.getuser())


def _run(owner: str | None, *command: str | Path | int) -> None:
    arguments: Sequence[str] = [str(part) for part in command]
    done = subprocess.run(
        arguments,
        user=owner,
        group=None if owner is None else pwd.getpwnam(owner).pw_gid,
        extra_groups=None if owner is None else [],
        cwd="/",
        # pg_ctl's server keeps what it is given open, so nothing may wait for its end.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments[:1])} failed ({done.returncode})")
