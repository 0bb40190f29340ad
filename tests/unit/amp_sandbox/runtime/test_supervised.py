from pathlib import Path

import pytest
from support.fake_supervisor import FakeSupervisor

from amp_sandbox import environments, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import ignore
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime import jupyter, supervised, supervisord
from amp_sandbox.runtime.service import Service
from amp_sandbox.runtime.services import table
from amp_sandbox.runtime.supervised import _require_environments, state_lost
from amp_sandbox.runtime.supervisord import ProcessInfo
from amp_sandbox.settings import Settings


def info(pid: int, started: int) -> ProcessInfo:
    return ProcessInfo("localstack", "RUNNING", pid, started, "")


@pytest.mark.parametrize(
    ("now", "lost"),
    [
        (info(10, 500), False),
        (info(11, 600), True),  # started again
        (info(10, 600), True),  # started again, and the pid came round
        (info(0, 500), True),  # stopped, or failed for good
        (None, False),
    ],
)
def test_state_is_lost_when_localstack_is_another_process(tmp_path: Path, now: ProcessInfo | None, lost: bool) -> None:
    homes.prepare(tmp_path, ())
    homes.write_instance(tmp_path, homes.Instance(pid=10, started=500))
    assert state_lost(tmp_path, now) is lost


def test_no_state_is_lost_where_none_was_recorded(tmp_path: Path) -> None:
    assert not state_lost(tmp_path, info(10, 500))


@pytest.mark.parametrize(("state", "told"), [("STOPPED", ["start notebooks"]), ("RUNNING", [])])
def test_jupyter_is_installed_and_started_when_somebody_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, told: list[str]
) -> None:
    settings = Settings(home=tmp_path)
    paths.warehouse_certificate(settings.home).parent.mkdir(parents=True)
    paths.warehouse_certificate(settings.home).touch()
    order: list[str] = []
    fake = FakeSupervisor({"notebooks": state})
    monkeypatch.setattr(supervisord, "Supervisor", lambda home: fake)
    monkeypatch.setattr(environments, "setup", lambda on_progress, *, notebooks: order.append(f"setup {notebooks}"))
    monkeypatch.setattr(supervised, "wait_healthy", lambda home, services, _: order.extend(s.name for s in services))
    supervised.start_notebooks(settings, ignore)
    assert fake.told == told
    assert order == ["setup True", "notebooks"]
    assert jupyter.token_file(settings).exists()


def test_a_start_needs_every_environment_but_jupyters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Service] = []
    monkeypatch.setattr(supervised, "_require_environments", asked.extend)
    supervised.require_installed(Settings(home=tmp_path))
    assert {one.name for one in table(Settings(home=tmp_path))} - {one.name for one in asked} == {"notebooks"}


def test_a_missing_environment_is_an_error_that_says_what_to_run(tmp_path: Path) -> None:
    service = Service("x", tmp_path / "python", (), tmp_path, 1, "P", "/")
    with pytest.raises(SandboxError) as caught:
        _require_environments([service])
    assert str(tmp_path / "python") in str(caught.value)
    assert caught.value.hint == "Run: make setup"
