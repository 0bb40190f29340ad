import json
from pathlib import Path

import psutil
import pytest

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import processes
from amp_sandbox.settings import Settings, load_settings, record_path, record_settings, recorded_settings, variable


@pytest.fixture(autouse=True)
def _no_settings_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    paths.run_dir(tmp_path).mkdir()
    return tmp_path


@pytest.fixture
def _running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "find", lambda home: [psutil.Process()])


def test_defaults_are_the_documented_ports_and_names() -> None:
    settings = load_settings()
    assert settings.home == paths.REPOSITORY / ".sandbox"
    assert settings.localstack_url == "http://127.0.0.1:4566"
    assert settings.standins_url == "http://127.0.0.1:4570"
    assert settings.catalog_api_url == "http://127.0.0.1:8070"
    assert settings.raw_bucket == "amp-local-000000000000-raw"
    assert settings.topic_arn == "arn:aws:sns:us-east-1:000000000000:amp-catalog-changes-local"


def test_names_follow_the_stage() -> None:
    settings = Settings(stage="dev")
    assert settings.transformed_bucket == "amp-dev-000000000000-transformed"
    assert settings.dead_letter_queue_name == "amp-catalog-changes-dev-dlq"
    assert settings.function_name("catalog-ingest") == "catalog-ingest-dev"
    assert settings.stack_name == "amp-dev"


def test_the_environment_wins_over_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_LOCALSTACK_PORT", "14566")
    assert load_settings().localstack_port == 14566


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_LOCALSTACK_PORT", "")
    assert load_settings().localstack_port == 4566


def test_a_relative_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SANDBOX_HOME", "here/../there")
    assert load_settings().home == tmp_path.resolve() / "there"


@pytest.mark.usefixtures("_running")
def test_a_running_sandbox_gives_the_defaults(home: Path) -> None:
    record_settings(Settings(home=home, localstack_port=5001, buffer_seconds=9))
    settings = load_settings()
    assert (settings.localstack_port, settings.buffer_seconds, settings.standins_port) == (5001, 9, 4570)


@pytest.mark.usefixtures("_running")
def test_the_environment_wins_over_the_running_sandbox(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_settings(Settings(home=home, localstack_port=5001, standins_port=5002))
    monkeypatch.setenv("SANDBOX_LOCALSTACK_PORT", "6001")
    assert (load_settings().localstack_port, load_settings().standins_port) == (6001, 5002)


def test_a_record_that_no_process_stands_behind_is_ignored(home: Path) -> None:
    record_settings(Settings(home=home, localstack_port=5001))
    assert load_settings().localstack_port == 4566


@pytest.mark.usefixtures("_running")
@pytest.mark.parametrize("text", ["{", "[1]", ""])
def test_a_damaged_record_is_ignored(home: Path, text: str) -> None:
    record_path(home).write_text(text)
    assert recorded_settings(home) == {}
    assert load_settings().localstack_port == 4566


def test_the_record_says_nothing_of_the_home_so_that_a_moved_home_is_no_conflict(home: Path) -> None:
    record_settings(Settings(home=home))
    assert "home" not in json.loads(record_path(home).read_text())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDBOX_LOCALSTACK_PORT", "0"),
        ("SANDBOX_STANDINS_PORT", "65536"),
        ("SANDBOX_CATALOG_API_PORT", "many"),
        ("SANDBOX_STAGE", "Not_A_Stage"),
        ("SANDBOX_STAGE", "-a"),
        ("SANDBOX_BUFFER_SECONDS", "901"),
        ("SANDBOX_REGION", "here"),
        ("SANDBOX_ACCOUNT_ID", "12345"),
        ("SANDBOX_LOG_LEVEL", "LOUD"),
    ],
)
def test_an_invalid_value_is_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SandboxError) as caught:
        load_settings()
    assert f"{name}={value}: " in str(caught.value)


def test_one_port_for_two_services_is_an_error_that_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_STANDINS_PORT", "4566")
    with pytest.raises(SandboxError, match="SANDBOX_LOCALSTACK_PORT and SANDBOX_STANDINS_PORT are the same port, 4566"):
        load_settings()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().stage = "other"


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.usefixtures("_running")
def test_a_sandbox_of_another_home_is_not_asked(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_settings(Settings(home=home, localstack_port=5001))
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "other"))
    assert load_settings().localstack_port == 4566


@pytest.fixture
def dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout's file of variables."""
    monkeypatch.setattr(paths, "REPOSITORY", tmp_path)
    return tmp_path / ".env"


def test_a_file_that_compose_reads_too_gives_defaults(home: Path, dotenv: Path) -> None:
    dotenv.write_text("SANDBOX_LOCALSTACK_PORT=6001\nSANDBOX_STAGE=\nCOMPOSE_PROFILES=batch\nSANDBOX_OTHER=1\n")
    assert load_settings().localstack_port == 6001
    assert load_settings().stage == "local"


def test_the_environment_and_the_running_sandbox_win_over_the_file(
    home: Path, dotenv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dotenv.write_text("SANDBOX_LOCALSTACK_PORT=6001\nSANDBOX_STANDINS_PORT=6002\nSANDBOX_CATALOG_API_PORT=6003\n")
    monkeypatch.setenv("SANDBOX_LOCALSTACK_PORT", "7001")
    assert load_settings().standins_port == 6002
    monkeypatch.setattr(processes, "find", lambda _: [psutil.Process()])
    record_settings(load_settings().model_copy(update={"standins_port": 8002}))
    settings = load_settings()
    assert (settings.localstack_port, settings.standins_port, settings.catalog_api_port) == (7001, 8002, 6003)


def test_the_home_may_be_named_in_the_file(dotenv: Path, tmp_path: Path) -> None:
    dotenv.write_text(f"SANDBOX_HOME={tmp_path / 'there'}\n")
    assert load_settings().home == tmp_path / "there"


@pytest.mark.usefixtures("_running")
def test_a_home_that_is_named_wins_over_the_environments(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record_settings(Settings(home=home, localstack_port=14566))
    monkeypatch.setenv("SANDBOX_HOME", "/elsewhere")
    found = load_settings(home)
    assert (found.home, found.localstack_port) == (home, 14566)
