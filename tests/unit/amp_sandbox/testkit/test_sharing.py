from pathlib import Path

import pytest

from amp_sandbox import environments, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime.home import Instance, write_instance
from amp_sandbox.settings import PORTS, Settings
from amp_sandbox.testkit import sharing


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose sandbox seems to run."""
    monkeypatch.setattr(sharing, "running_settings", lambda home: Settings(home=home, localstack_port=14_566))
    paths.run_dir(tmp_path).mkdir()
    return tmp_path


def test_a_running_sandbox_is_used_with_its_own_settings(home: Path) -> None:
    write_instance(home, Instance(1, 1, deployed=True))
    assert sharing.attach(home).endpoint_url == "http://127.0.0.1:14566"


@pytest.mark.parametrize("instance", [None, Instance(1, 1, deployed=False)])
def test_a_sandbox_without_the_template_is_told_with_what_to_do(home: Path, instance: Instance | None) -> None:
    if instance:
        write_instance(home, instance)
    with pytest.raises(SandboxError, match=f"SANDBOX_HOME={home} sandbox deploy"):
        sharing.attach(home)


def test_a_new_sandbox_has_ports_of_its_own(tmp_path: Path) -> None:
    settings = sharing.new_settings(tmp_path)
    ports = [getattr(settings, name) for name in PORTS]
    assert len(set(ports)) == len(PORTS)
    assert settings.home == tmp_path


@pytest.mark.parametrize(
    ("missing", "asked", "chosen"),
    [
        ([], "auto", "process"),
        (["/x/python"], "auto", "auto"),
        ([], "compose", "compose"),
        (["/x/python"], "process", "process"),
    ],
    ids=["made", "not made", "containers asked for", "processes asked for"],
)
def test_a_new_sandbox_runs_as_processes_where_their_environments_were_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: list[str], asked: str, chosen: str
) -> None:
    monkeypatch.setattr(environments, "missing", lambda pythons: missing)
    monkeypatch.setenv("SANDBOX_RUNTIME", "auto")
    assert sharing.new_settings(tmp_path, asked).runtime == chosen


def test_a_new_sandbox_has_the_settings_that_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_BUFFER_SECONDS", "7")
    settings = sharing.new_settings(tmp_path, "process", stage="kit", airflow_port=18_080)
    assert (settings.stage, settings.airflow_port, settings.buffer_seconds) == ("kit", 18_080, 7)


def test_what_was_started_is_stopped_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[Path] = []
    monkeypatch.setattr(sharing, "down", lambda settings: stopped.append(settings.home))
    sharing.release(tmp_path)
    assert stopped == []
    started = sharing.acquire(tmp_path, start=lambda settings: None)
    assert sharing.acquire(tmp_path, start=lambda settings: pytest.fail("started twice")) == started
    sharing.release(tmp_path)
    sharing.release(tmp_path)
    assert stopped == [started.home]


def test_only_the_logs_of_a_stopped_sandbox_are_kept(tmp_path: Path) -> None:
    logs, state = paths.logs_dir(tmp_path / "home"), paths.state_dir(tmp_path / "home")
    assert sharing.keep_logs(tmp_path) is None
    for folder in (logs, state):
        folder.mkdir(parents=True)
        (folder / "file").write_text("text")
    assert sharing.keep_logs(tmp_path) == logs
    assert not state.exists()
