"""What must be so before services are started: their ports are free, and the settings are those of what runs.

**Left out:** holding the ports until the services have them.
"""

from collections.abc import Sequence

from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import processes
from amp_sandbox.runtime.health import is_free
from amp_sandbox.runtime.service import Service
from amp_sandbox.settings import Settings, recorded_settings, variable


def require_free_ports(services: Sequence[Service]) -> None:
    """Raises SandboxError that names who holds which port when one is taken."""
    listen = [s for s in services if s.health_member is None]
    ports = [(s.name, *port) for s in listen for port in ((s.port, s.port_setting), *s.other_ports)]
    busy = [(name, port, setting) for name, port, setting in ports if not is_free(port)]
    if busy:
        lines = [
            f"Port {port} for {name} is held by {processes.holder_of_port(port) or 'an unknown process'}; "
            f"{setting} moves it."
            for name, port, setting in busy
        ]
        _, port, setting = busy[0]
        raise SandboxError(
            f"In use on 127.0.0.1: {', '.join(f'port {port}' for _, port, _ in busy)}.",
            "\n".join(lines),
            f"Stop what holds it, or choose another port, such as: {setting}={port + 100}",
        )


def require_same_settings(settings: Settings) -> None:
    """Raises SandboxError when the sandbox that runs was started with other settings than these."""
    recorded = recorded_settings(settings.home)
    now = settings.model_dump(mode="json")
    changed = [f"{variable(k)}: {v} (now {now[k]})" for k, v in recorded.items() if now.get(k) != v]
    if changed:
        raise SandboxError(
            f"The sandbox in {settings.home} runs with other settings.",
            "\n".join(changed),
            "Stop it first (sandbox down), or run a second one with its own SANDBOX_HOME and ports.",
        )
