from pathlib import Path

import pytest

from amp_sandbox.runtime.compose import engine
from amp_sandbox.runtime.compose.engine import EngineError


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    path = folder / "docker"
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    monkeypatch.setattr(engine, "PROGRAM", str(path))


def test_the_output_of_a_command_is_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, 'echo "$@ $MORE"')
    assert engine.run("ps", "--all", environment={"MORE": "x"}) == "ps --all x\n"


def test_a_command_that_fails_says_which_it_was_and_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, "echo no such volume >&2; exit 3")
    with pytest.raises(EngineError) as failed:
        engine.run("volume", "rm", "x")
    assert failed.value.what == "`docker volume rm x` failed."
    assert failed.value.why == "no such volume"


def test_a_command_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, "exec sleep 60")
    with pytest.raises(EngineError, match="did not end within"):
        engine.run("version", timeout=0.05)


def test_what_points_compose_elsewhere_is_not_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, "env")
    monkeypatch.setenv("COMPOSE_FILE", "other.yml")
    monkeypatch.setenv("DOCKER_CONTEXT", "mine")
    told = engine.run("compose").splitlines()
    assert "DOCKER_CONTEXT=mine" in told
    assert not [line for line in told if line.startswith("COMPOSE_")]


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("exit 1", "no Docker engine answers"),
        ('[ "$1" = version ] || exit 1', "Docker has no Compose"),
        ("echo 1.29.2", "Docker's Compose is 1.29.2, and 2 is needed"),
        ("echo 2.0.0", None),
        ("echo v2.39.1-desktop.1", None),
        ("echo 5.6.1", None),
    ],
)
def test_what_is_in_the_way_of_containers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, problem: str | None
) -> None:
    program(tmp_path, monkeypatch, script)
    assert engine.problem() == problem


def test_without_the_command_there_are_no_containers() -> None:
    assert engine.problem() == "there is no `docker` command"
    with pytest.raises(EngineError, match="no `docker` command"):
        engine.run("ps")


def test_a_long_command_tells_its_lines_and_keeps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, monkeypatch, "echo one; echo two >&2; exit 1")
    seen: list[str] = []
    log = tmp_path / "build.log"
    with pytest.raises(EngineError, match="failed") as failed:
        engine.run_logged("build", log=log, on_line=seen.append)
    assert seen == ["one", "two"]
    assert log.read_text() == "one\ntwo\n"
    assert failed.value.why == "one\ntwo"
