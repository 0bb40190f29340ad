from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from amp_sandbox.cli import cli
from amp_sandbox.runtime import running
from amp_sandbox.runtime.compose import engine
from amp_sandbox.settings import Settings, variable


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)
    monkeypatch.setattr(running, "running_settings", lambda: Settings(home=tmp_path))
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    return lambda *arguments, **options: CliRunner().invoke(cli, arguments, catch_exceptions=False, **options)


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks this machine's Docker engine."""
    monkeypatch.setattr(engine, "PROGRAM", "docker-of-no-machine")
