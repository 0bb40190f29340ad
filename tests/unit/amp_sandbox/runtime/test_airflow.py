import configparser
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.fake_supervisor import FakeSupervisor

from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import airflow
from amp_sandbox.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A sandbox with Airflow's home as a fresh start makes it."""
    database = tmp_path / "empty.db"
    database.write_bytes(b"an empty database")
    monkeypatch.setattr(airflow, "template_database", lambda: database)
    settings = Settings(home=tmp_path / "home")
    airflow.prepare(settings)
    return settings


def configuration(settings: Settings) -> Mapping[str, Mapping[str, str]]:
    parser = configparser.ConfigParser()  # interpolates, as Airflow's does
    parser.read(airflow.home(settings) / "airflow.cfg")
    return {name: dict(parser[name]) for name in parser.sections()}


def test_a_fresh_home_has_no_runs_and_secrets_of_its_own(settings: Settings) -> None:
    assert (airflow.home(settings) / "airflow.db").read_bytes() == b"an empty database"
    user, password = airflow.login(settings)
    assert user == "admin"
    airflow.prepare(settings)
    assert airflow.login(settings)[1] != password


def test_what_holds_secrets_is_readable_by_its_owner_alone(settings: Settings) -> None:
    airflow.write_configuration(settings, {})
    secret = {"airflow.cfg", "passwords.json", "keys.json"}
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in airflow.home(settings).iterdir()}
    assert {modes[name] for name in secret} == {0o600}


def test_options_are_written_by_section_and_read_back_as_they_were(settings: Settings) -> None:
    options = {"amp.raw_bucket": "raw", "amp.at": "50 % of {{ ds }}", "core.dags_are_paused_at_creation": "False"}
    assert airflow.write_configuration(settings, options)
    written = configuration(settings)
    assert written["amp"] == {"raw_bucket": "raw", "at": "50 % of {{ ds }}"}
    assert written["core"]["dags_are_paused_at_creation"] == "False"
    assert len(written["core"]["fernet_key"]) == 44


def test_only_another_configuration_is_a_change(settings: Settings) -> None:
    assert airflow.write_configuration(settings, {"amp.days": "1"})
    assert not airflow.write_configuration(settings, {"amp.days": "1"})
    assert airflow.write_configuration(settings, {"amp.days": "2"})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("days", "1", "'days' is not an option"),
        (".days", "1", "'.days' is not an option"),
        ("amp.", "1", "'amp.' is not an option"),
        ("amp.days", "1\n[core]", "'amp.days' is not an option"),
        ("core.executor", "CeleryExecutor", "core.executor cannot be set"),
        ("core.fernet_key", "mine", "core.fernet_key cannot be set"),
        ("api.host", "0.0.0.0", "api.host cannot be set"),
    ],
)
def test_an_option_that_could_have_no_effect_is_refused(settings: Settings, name: str, value: str, told: str) -> None:
    with pytest.raises(SandboxError, match=told):
        airflow.write_configuration(settings, {name: value})
    assert not (airflow.home(settings) / "airflow.cfg").exists()


def test_without_an_environment_there_is_nothing_to_start(settings: Settings) -> None:
    with pytest.raises(SandboxError, match="nothing to run"):
        airflow.start(settings)


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> FakeSupervisor:
    """Airflow half up."""
    fake = FakeSupervisor(
        {
            "airflow_api": "RUNNING",
            "airflow_scheduler": "STOPPED",
            "airflow_dag_processor": "FATAL",
            "airflow_triggerer": "STARTING",
        }
    )
    monkeypatch.setattr(airflow, "Supervisor", lambda _, **__: fake)
    return fake


def test_what_does_not_run_is_started_and_all_is_waited_for(
    settings: Settings, supervisor: FakeSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[str] = []
    monkeypatch.setattr(airflow, "wait_healthy", lambda _, services, __: waited.extend(one.name for one in services))
    airflow.write_configuration(settings, {})
    assert airflow.start(settings)
    assert supervisor.told == ["start airflow_scheduler", "start airflow_dag_processor"]
    assert waited == ["airflow_api", "airflow_scheduler", "airflow_dag_processor", "airflow_triggerer"]
    supervisor.states = dict.fromkeys(supervisor.states, "RUNNING")
    assert not airflow.start(settings)


def test_only_what_runs_is_restarted(settings: Settings, supervisor: FakeSupervisor) -> None:
    airflow.restart(settings)
    assert supervisor.told == ["restart airflow_api", "restart airflow_triggerer"]


def test_components_listen_on_the_loopback_address_alone() -> None:
    by_name = {one.name: one for one in airflow.services(Settings())}
    arguments = by_name["airflow_api"].arguments
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    for name in ("airflow_scheduler", "airflow_triggerer"):
        assert "--skip-serve-logs" in by_name[name].arguments  # that would listen on every address
    assert "serve" not in " ".join(by_name["airflow_dag_processor"].arguments)
