"""What the console says when there is nobody to ask."""

from pathlib import Path

import pytest

from amp_sandbox import paths
from amp_sandbox.console import platform_state as module
from amp_sandbox.console.platform_state import platform_state
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime import supervisord
from amp_sandbox.runtime.services import table
from amp_sandbox.runtime.supervisord import ProcessInfo
from amp_sandbox.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    paths.run_dir(tmp_path).mkdir()
    return Settings(home=tmp_path)


def pretend(monkeypatch: pytest.MonkeyPatch, settings: Settings, **states: str) -> None:
    info = {
        one.name: ProcessInfo(one.name, states.get(one.name, "STOPPED" if one.on_demand else "RUNNING"), 7, 100, "")
        for one in table(settings)
    }

    class Fake:
        def __init__(self, *_given: object) -> None:
            pass

        def info(self) -> dict[str, ProcessInfo]:
            return info

    monkeypatch.setattr(supervisord, "Supervisor", Fake)


def test_all_is_well(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, settings)
    homes.write_instance(settings.home, homes.Instance(7, 100, deployed=True))
    assert platform_state(settings) == module.Platform(True)


def test_no_supervisord(settings: Settings) -> None:
    found = platform_state(settings)
    assert (found.answers, found.advice) == (False, "sandbox status")


def test_lost_state(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, settings)
    homes.write_instance(settings.home, homes.Instance(6, 90, deployed=True))
    found = platform_state(settings)
    assert (found.answers, found.advice) == (False, "sandbox up")
    assert "state is gone" in found.problem


def test_nothing_deployed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, settings)
    homes.write_instance(settings.home, homes.Instance(7, 100))
    assert platform_state(settings) == module.Platform(False, "Nothing is deployed yet.", "sandbox deploy")


@pytest.mark.parametrize(
    ("service", "state", "answers"),
    [
        ("catalog_api", "STOPPED", True),
        ("warehouse", "BACKOFF", True),
        ("localstack", "FATAL", False),
        ("standins", "EXITED", False),
    ],
)
def test_a_service_that_does_not_run_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, service: str, state: str, answers: bool
) -> None:
    pretend(monkeypatch, settings, **{service: state})
    homes.write_instance(settings.home, homes.Instance(7, 100, deployed=True))
    found = platform_state(settings)
    assert (found.problem, found.answers) == (f"{service} does not run.", answers)
