import pytest

from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import choice, supervised
from amp_sandbox.runtime.choice import Choice
from amp_sandbox.runtime.compose import engine, images, manager
from amp_sandbox.settings import Settings, load_settings, record_settings


@pytest.fixture(params=["none", "process", "compose"])
def runs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the sandbox runs with."""
    monkeypatch.setattr(supervised, "is_running", lambda home: request.param == "process")
    monkeypatch.setattr(manager, "is_running", lambda home: request.param == "compose")
    return str(request.param)


def of(**values: str) -> Settings:
    return Settings.model_validate(values)


@pytest.mark.parametrize("runs", ["none"], indirect=True)
@pytest.mark.parametrize(
    ("asked", "problem", "chosen"),
    [
        ("auto", None, Choice("compose", "a Docker engine answers")),
        ("auto", "no Docker engine answers", Choice("process", "no Docker engine answers")),
        ("process", None, Choice("process", "SANDBOX_RUNTIME says so")),
        ("compose", None, Choice("compose", "SANDBOX_RUNTIME says so")),
    ],
)
def test_the_runtime_follows_from_the_setting_and_the_machine(
    monkeypatch: pytest.MonkeyPatch, runs: str, asked: str, problem: str | None, chosen: Choice
) -> None:
    monkeypatch.setattr(engine, "problem", lambda: problem)
    monkeypatch.setattr(images, "missing", lambda wanted, tag: [])
    assert choice.choose(of(runtime=asked)) == chosen


@pytest.mark.parametrize("runs", ["none"], indirect=True)
def test_a_first_start_says_that_it_will_take_long_and_how_to_avoid_that(
    monkeypatch: pytest.MonkeyPatch, runs: str
) -> None:
    monkeypatch.setattr(engine, "problem", lambda: None)
    monkeypatch.setattr(images, "missing", lambda wanted, tag: list(wanted))
    assert choice.choose(of(runtime="auto")).why == (
        "a Docker engine answers; images are built first, which takes minutes (SANDBOX_RUNTIME=process does without)"
    )


@pytest.mark.parametrize("runs", ["none"], indirect=True)
def test_containers_that_cannot_be_had_are_an_error_that_says_why(runs: str) -> None:
    with pytest.raises(SandboxError, match="cannot run in containers") as refused:
        choice.choose(of(runtime="compose"))
    assert refused.value.why == "There is no `docker` command."
    assert "SANDBOX_RUNTIME=process" in str(refused.value.hint)


@pytest.mark.parametrize("runs", ["process", "compose"], indirect=True)
def test_a_sandbox_that_runs_goes_on_as_it_does(runs: str) -> None:
    assert choice.choose(of(runtime="auto")).name == runs
    assert choice.choose(of(runtime=runs)).name == runs
    other = {"process": "compose", "compose": "process"}[runs]
    with pytest.raises(SandboxError, match="Stop it first: sandbox down"):
        choice.choose(of(runtime=other))


@pytest.mark.parametrize(
    ("runs", "module"), [("none", supervised), ("process", supervised), ("compose", manager)], indirect=["runs"]
)
def test_commands_find_the_runtime_that_runs(runs: str, module: object) -> None:
    assert choice.of(of(runtime="auto")) is module


@pytest.mark.parametrize("runs", ["compose"], indirect=True)
def test_another_shell_knows_how_a_sandbox_runs(
    runs: str, monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SANDBOX_{name.upper()}", raising=False)
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    settings = load_settings()
    (settings.home / "run").mkdir()
    record_settings(settings.model_copy(update={"runtime": "compose", "localstack_port": 4999}))
    assert (load_settings().runtime, load_settings().localstack_port) == ("compose", 4999)
    monkeypatch.setenv("SANDBOX_RUNTIME", "auto")
    assert load_settings().runtime == "compose"
