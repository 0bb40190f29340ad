"""Sandboxes of tiny services, so that the runtime is tested in seconds, on the real supervisord."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.sandboxes import own_settings

from amp_sandbox.runtime import supervised
from amp_sandbox.runtime.compose import manager
from amp_sandbox.runtime.down import down
from amp_sandbox.runtime.service import Service, clean_environment
from amp_sandbox.settings import Settings, variable

SCRIPT = Path(__file__).with_name("tiny_service.py")
# The sandbox's own names, as supervision treats LocalStack specially.
NAMES = {
    "localstack": "localstack_port",
    "standins": "standins_port",
    "catalog_api": "catalog_api_port",
    "spark_master": "spark_master_ui_port",
}
ON_DEMAND = {"spark_master"}

Behave = Callable[..., None]
READY_SECONDS = 10.0


def tiny_service(settings: Settings, name: str, behaviour: str = "") -> Service:
    """A service of that name which runs the script."""
    port: int = getattr(settings, NAMES[name])
    python = Path(sys.executable)
    return Service(
        name=name,
        python=python,
        arguments=(str(SCRIPT), str(port), behaviour),
        directory=settings.home / "state" / name,
        port=port,
        port_setting=variable(NAMES[name]),
        health_path="/health",
        environment=clean_environment(settings, name, python),
        ready_seconds=2 if behaviour == "sick" and name not in ON_DEMAND else READY_SECONDS,
        stop_seconds=1,
        on_demand=name in ON_DEMAND,
    )


@pytest.fixture
def behave(monkeypatch: pytest.MonkeyPatch) -> Behave:
    """Replaces the table of services by tiny ones, with the behaviours given by name."""

    def use(**behaviours: str) -> None:
        def table(settings: Settings) -> tuple[Service, ...]:
            return tuple(tiny_service(settings, name, behaviours.get(name, "")) for name in NAMES)

        for module in (supervised, manager):
            monkeypatch.setattr(module, "table", table)

    use()
    return use


@pytest.fixture
def settings(tmp_path: Path, behave: Behave) -> Iterator[Settings]:
    """Settings of a sandbox of tiny services in a new home; what a test leaves running is stopped."""
    own = own_settings(tmp_path / "home")
    yield own
    down(own)
