"""What a service of a sandbox is, and the environment that each starts from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.settings import Settings


@dataclass(frozen=True)
class Service:
    """One long-running process.

    One that is `on_demand` is not started with the others: supervisord knows it, and what needs it starts it. So does
    `up` when it is asked for the service's `profile`.

    A service without a health check of its own has another's `port` and `health_path`, and `health_member` is where
    that one's answer speaks of it.
    """

    name: str
    python: Path
    arguments: tuple[str, ...]
    directory: Path
    port: int
    port_setting: str
    health_path: str
    environment: Mapping[str, str] = field(default_factory=dict)
    priority: int = 10  # the highest stops first
    ready_seconds: float = 60  # how long `up` waits for its health check
    stop_seconds: int = 10  # from asking it to stop to killing it
    on_demand: bool = False
    profile: str | None = None
    health_member: str | None = None
    niceness: int = 0
    other_ports: tuple[tuple[int, str], ...] = ()  # ports it listens on besides, and the settings that move them

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


def clean_environment(settings: Settings, service: str, python: Path) -> dict[str, str]:
    """What every service's environment starts from. Its own folder is its HOME and holds its temporary files."""
    home = paths.state_dir(settings.home, service)
    return {
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        # Whoever looks for AWS credentials beyond those given finds none, neither in files nor on the network.
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
