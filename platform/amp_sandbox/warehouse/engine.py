"""The warehouse's database: opened by one process, shared by its sessions."""

from dataclasses import dataclass
from pathlib import Path

from amp_sandbox.warehouse.session import Session


@dataclass(frozen=True)
class S3Access:
    """The S3 that external schemas, COPY and UNLOAD read and write: an endpoint, and the only buckets allowed."""

    endpoint: str  # host:port
    access_key_id: str
    secret_access_key: str
    region: str
    buckets: tuple[str, ...]


@dataclass(frozen=True)
class Options:
    """How a warehouse is run."""

    folder: Path
    superuser: str = "awsuser"
    superuser_password: str | None = None  # of the first start; None: the superuser cannot log on by password
    database: str = "amp"
    s3: S3Access | None = None
    memory: str = "2GB"
    threads: int = 2


class Warehouse:
    """The database and its sessions. `start` opens it, `stop` ends the sessions and closes it."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def start(self) -> None:
        """Open the database, made when there is none. Raises SandboxError when another process has it."""
        raise NotImplementedError

    def stop(self) -> None:
        """Cancel and close all sessions, write everything into the database's file, and close it. Safe twice."""
        raise NotImplementedError

    def connect(self, user: str, database: str | None = None, settings: dict[str, str] | None = None) -> Session:
        """A session of a user whom the caller has authenticated. Raises SqlError 28000 or 3D000."""
        raise NotImplementedError

    def session(self, pid: int) -> Session | None:
        """The session of that process id, for cancel requests and PG_TERMINATE_BACKEND."""
        raise NotImplementedError

    def sessions(self) -> list[Session]:
        """All sessions that are open."""
        raise NotImplementedError
