import json
from pathlib import Path

import pytest
from support.fake_docker import FakeEngine

from amp_sandbox.runtime.compose import project
from amp_sandbox.settings import Settings, variable


def test_each_home_has_a_project_of_its_own() -> None:
    names = {project.name(Path(home)) for home in ("/one", "/two", "/one/more")}
    assert len(names) == 3
    assert all(name.startswith("amp-sandbox-") and name.islower() for name in names)
    assert project.name(Path("/one")) == project.name(Path("/one"))


def test_every_setting_but_the_home_reaches_the_file(settings: Settings) -> None:
    given = project.variables(settings.model_copy(update={"runtime": "auto"}), "t1")
    settable = {name for name in given if name.startswith("SANDBOX_")}
    assert settable == {variable(name) for name in Settings.model_fields} - {"SANDBOX_HOME"}
    assert given[project.TAG_VARIABLE] == "t1"
    assert given["SANDBOX_RUNTIME"] == "compose"


def test_a_container_is_read_from_what_the_engine_tells(docker: FakeEngine, settings: Settings) -> None:
    docker.start("localstack")
    docker.start("standins")
    docker.kill("standins")
    found = project.containers(settings.home)
    assert found["localstack"].runs
    assert found["localstack"].started == 1795676460  # 2026-11-26T07:01:00Z
    assert found["localstack"].pid == 101
    assert not found["standins"].runs
    assert found["standins"].exit_code == 137


def test_without_containers_the_engine_is_asked_once(docker: FakeEngine, settings: Settings) -> None:
    assert project.containers(settings.home) == {}
    assert not docker.told("inspect")


@pytest.mark.parametrize(
    ("text", "size"),
    [("1.5MiB", 1_572_864), ("2GiB", 2 << 30), ("512B", 512), ("0B", 0), ("300kB", 300_000), ("8KiB", 8192)],
)
def test_sizes_as_the_engine_writes_them(text: str, size: int) -> None:
    assert project._bytes(text) == size


def test_memory_of_an_engine_in_another_machine_is_what_it_says(docker: FakeEngine, settings: Settings) -> None:
    docker.start("localstack", "standins")
    running = list(project.containers(settings.home).values())
    assert project.memory(running) == {"localstack": 1_572_864, "standins": 1_572_864}
    assert project.memory([]) == {}


def test_the_engines_answer_has_what_is_read_of_it() -> None:
    """As `docker inspect` of engine 20.10 answers, shortened."""
    told = json.loads(
        """{"Id": "ab12", "RestartCount": 2, "Config": {"Image": "amp-sandbox/spark:f00",
        "Labels": {"com.docker.compose.service": "standins", "com.docker.compose.project": "p"}},
        "State": {"Status": "restarting", "Running": true, "Pid": 0, "ExitCode": 1,
        "StartedAt": "2026-11-26T07:59:12.504118936Z"}}"""
    )
    container = project._container(told)
    assert (container.service, container.restarts, container.runs) == ("standins", 2, False)
