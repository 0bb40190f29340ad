import os
from pathlib import Path

import pytest
from support.fake_docker import CORE, FakeEngine

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import Step, ignore
from amp_sandbox.runtime import airflow, jupyter
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.compose import manager, project
from amp_sandbox.runtime.facts import ServiceStatus
from amp_sandbox.runtime.services import table
from amp_sandbox.settings import Settings, record_settings, recorded_settings


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch, docker: FakeEngine, settings: Settings) -> None:
    """Services are as healthy as their containers, and there is something to copy out of those."""

    def copied(container: project.Container, inside: Path, outside: Path) -> None:
        outside.parent.mkdir(parents=True, exist_ok=True)
        outside.write_text(f"{inside} of {container.service}")

    def waited(home: Path, services: object, on_progress: object, watch: object) -> None:
        docker.calls.append(("wait",))

    homes.ensure(settings.home)
    monkeypatch.setattr(project, "copy_out", copied)
    monkeypatch.setattr(manager, "wait_healthy", waited)
    monkeypatch.setattr(manager, "is_healthy", lambda service, timeout=2: is_there(docker, service.name))
    monkeypatch.setattr(manager, "require_free_ports", lambda services: None)
    monkeypatch.setattr(manager, "_logs", lambda container, count=None: f"last of {container.service}\n")


def running(docker: FakeEngine, settings: Settings, *services: str) -> None:
    """A sandbox as `bring_up` leaves it."""
    docker.start(*(services or CORE))
    docker.console = True
    homes.prepare(settings.home, ())
    record_settings(settings)
    localstack = project.containers(settings.home)["localstack"]
    homes.write_instance(settings.home, homes.Instance(localstack.pid, int(localstack.started), deployed=True))


def is_there(docker: FakeEngine, name: str) -> bool:
    return docker.console if name == "console" else name in docker.containers


def by_name(settings: Settings) -> dict[str, ServiceStatus]:
    return {service.name: service for service in manager.look(settings).services}


@pytest.mark.usefixtures("healthy")
def test_a_fresh_start_builds_what_is_missing_and_empties_the_home(docker: FakeEngine, settings: Settings) -> None:
    docker.images = {"amp-sandbox/core:t1"}
    assert manager.bring_up(settings, ignore, keep=False).fresh
    order = [call for call in docker.calls if call[0] in ("build", "compose", "wait")]
    assert order[0] == ("build", "spark")
    assert {"down", "--volumes"} <= set(order[1])
    assert {"up", "--detach", "--no-build"} <= set(order[2])
    assert order[3] == ("wait",)
    assert set(project.containers(settings.home)) == set(CORE)
    assert recorded_settings(settings.home)["runtime"] == "compose"
    assert homes.read_instance(settings.home) is not None


@pytest.mark.usefixtures("healthy")
def test_what_this_machine_reads_of_the_home_is_copied_out(docker: FakeEngine, settings: Settings) -> None:
    manager.bring_up(settings, ignore, keep=False)
    certificate = paths.warehouse_certificate(settings.home)
    assert certificate.read_text() == "/var/lib/amp-sandbox/state/warehouse/tls/server.crt of warehouse"
    passwords = airflow.passwords_file(settings)
    assert passwords.read_text() == "/var/lib/amp-sandbox/state/airflow/passwords.json of network"
    assert passwords.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("healthy")
def test_of_a_running_sandbox_only_what_does_not_run_is_started(docker: FakeEngine, settings: Settings) -> None:
    running(docker, settings)
    docker.kill("standins")
    del docker.containers["catalog_api"]
    started = manager.bring_up(settings, ignore, keep=False)
    assert (started.fresh, started.restarted) == (False, ("catalog_api", "standins"))
    assert docker.told("up")[0][-2:] == ("catalog_api", "standins")
    assert not docker.told("down")


@pytest.mark.usefixtures("healthy")
def test_the_console_comes_and_goes_with_the_containers(docker: FakeEngine, settings: Settings) -> None:
    manager.bring_up(settings, ignore, keep=False)
    seen = manager.glance(settings)
    assert seen is not None
    assert (seen.running, seen.state_lost) == (frozenset({*CORE, "console"}), False)
    assert by_name(settings)["console"].healthy
    docker.console = False
    assert not manager.look(settings).healthy
    assert manager.bring_up(settings, ignore, keep=False).restarted == ("console",)
    assert "console" in manager.stop(settings, ignore).services
    assert not docker.console
    assert manager.glance(settings) is None


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize("lost", ["localstack", "network"])
def test_all_is_started_afresh_when_the_state_or_the_network_is_gone(
    docker: FakeEngine, settings: Settings, lost: str
) -> None:
    running(docker, settings)
    docker.start(lost)  # again
    seen = manager.look(settings)
    assert seen.state_lost
    assert not seen.healthy
    assert not seen.deployed
    steps: list[Step] = []
    assert manager.bring_up(settings, steps.append, keep=False).fresh
    assert "LocalStack had lost its state: start afresh" in {step.name for step in steps}
    assert docker.told("down", "--volumes")
    assert not manager.look(settings).state_lost


@pytest.mark.usefixtures("healthy")
def test_a_paused_sandbox_keeps_its_state_and_is_not_gone_on_with_unasked(
    docker: FakeEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(docker, settings)
    for service in CORE:
        docker.pause(service)
    monkeypatch.setattr(manager, "is_healthy", lambda service, timeout=2: False)
    assert manager.is_running(settings.home)
    seen = manager.look(settings)
    assert (seen.running, seen.healthy, seen.state_lost) == (True, False, False)
    assert by_name(settings)["localstack"].state == "paused"
    for start in (
        lambda: manager.bring_up(settings, ignore, keep=False),
        lambda: manager.start_airflow(settings, ignore),
    ):
        with pytest.raises(SandboxError, match="is paused") as refused:
            start()
        assert f"{project.name(settings.home)} unpause" in str(refused.value.hint)
    assert not docker.told("down")
    assert not docker.told("up")


@pytest.mark.usefixtures("healthy")
def test_other_settings_are_refused_while_it_runs(docker: FakeEngine, settings: Settings) -> None:
    running(docker, settings)
    with pytest.raises(SandboxError, match="runs with other settings"):
        manager.bring_up(settings.model_copy(update={"localstack_port": 4999}), ignore, keep=False)


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize("keep", [True, False])
def test_a_start_that_fails_leaves_nothing_unless_told_to(
    docker: FakeEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch, keep: bool
) -> None:
    def fails(*_: object) -> None:
        raise SandboxError("localstack did not start")

    monkeypatch.setattr(manager, "wait_healthy", fails)
    with pytest.raises(SandboxError, match="localstack did not start"):
        manager.bring_up(settings, ignore, keep=keep)
    assert bool(docker.containers) is keep
    assert bool(recorded_settings(settings.home)) is keep


@pytest.mark.usefixtures("healthy")
def test_down_keeps_the_logs_and_the_volume(docker: FakeEngine, settings: Settings) -> None:
    running(docker, settings)
    docker.kill("warehouse")
    assert manager.stop(settings, ignore).services == ("catalog_api", "console", "localstack", "standins")
    assert docker.containers == {}
    assert not docker.told("down", "--volumes")
    assert (paths.logs_dir(settings.home) / "localstack.log").read_text() == "last of localstack\n"
    assert [line.text for line in manager.log_lines(settings, "warehouse", 5, follow=False)] == ["last of warehouse"]
    assert manager.stop(settings, ignore).services == ()  # safe to repeat


@pytest.mark.usefixtures("healthy")
def test_what_is_left_is_cleared_when_asked_to(docker: FakeEngine, settings: Settings) -> None:
    manager.bring_up(settings, ignore, keep=False)
    manager.stop(settings, ignore)
    assert docker.volume
    manager.stop(settings, ignore, clear=True)
    assert not docker.volume
    before = len(docker.told("down"))
    manager.stop(settings, ignore, clear=True)
    assert len(docker.told("down")) == before


@pytest.mark.usefixtures("healthy")
def test_spark_and_airflow_are_started_with_the_images_that_run(docker: FakeEngine, settings: Settings) -> None:
    running(docker, settings)
    docker.images = {"amp-sandbox/spark:t1"}
    manager.start_spark(settings, ignore)
    manager.start_spark(settings, ignore)
    (started,) = docker.told("up")
    assert set(started[-3:]) == {"spark_master", "spark_worker", "spark_history"}
    assert not docker.told("build")
    manager.start_airflow(settings, ignore, wait=False)
    assert docker.told("build") == [("build", "airflow")]
    assert len(docker.told("up")[1][docker.told("up")[1].index("--no-build") + 1 :]) == 4


@pytest.mark.usefixtures("healthy")
def test_what_starts_later_is_made_of_the_code_as_it_is_then(docker: FakeEngine, settings: Settings) -> None:
    running(docker, settings)
    docker.start(*CORE, tag="t0")
    docker.images = {"amp-sandbox/core:t0", "amp-sandbox/spark:t0"}
    manager.start_airflow(settings, ignore)
    assert docker.told("build") == [("build", "airflow", "spark")]
    assert docker.containers["airflow_api"]["Config"]["Image"].endswith(":t1")
    assert docker.containers["localstack"]["Config"]["Image"].endswith(":t0")


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize("uid", [0, 1000])
def test_jupyter_has_an_image_of_its_own_and_is_whoever_may_be(
    docker: FakeEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch, uid: int
) -> None:
    given: list[tuple[str, int, int]] = []
    monkeypatch.setattr(os, "getuid", lambda: uid)
    monkeypatch.setattr(os, "chown", lambda path, user, group: given.append((path.name, user, group)))
    manager.bring_up(settings, ignore, keep=False)
    docker.images = {"amp-sandbox/spark:t1"}
    steps: list[Step] = []
    manager.start_notebooks(settings, steps.append)
    assert docker.told("build") == [("build", "core", "spark"), ("build", "notebooks")]
    assert docker.told("up")[1][-1] == "notebooks"
    assert jupyter.token_file(settings).exists()
    if uid:
        assert given == []
        assert project.variables(settings, "")["AMP_SANDBOX_NOTEBOOKS_USER"] == f"1000:{os.getgid()}"
    else:
        assert {"notebooks", "token", "warehouse.crt"} <= {name for name, *_ in given}
        assert {(user, group) for _, user, group in given} == {(10001, 10001)}
        assert "notebooks can be run but not saved" in {step.name for step in steps}
        assert project.variables(settings, "")["AMP_SANDBOX_NOTEBOOKS_USER"] == "10001:10001"


@pytest.mark.usefixtures("healthy")
def test_status_tells_of_every_service(docker: FakeEngine, settings: Settings) -> None:
    running(docker, settings)
    seen = manager.look(settings)
    assert [service.name for service in seen.services] == [service.name for service in table(settings)]
    assert (seen.running, seen.healthy, seen.deployed, seen.runtime) == (True, True, True, "compose")
    found = by_name(settings)
    assert (found["localstack"].state, found["localstack"].memory_bytes) == ("running", 1_572_864)
    assert (found["spark_worker"].state, found["spark_worker"].healthy) == ("waiting", True)


@pytest.mark.usefixtures("healthy")
def test_a_container_that_ended_is_not_healthy_and_shows_its_last_lines(docker: FakeEngine, settings: Settings) -> None:
    running(docker, settings)
    docker.kill("warehouse")
    warehouse = by_name(settings)["warehouse"]
    assert (warehouse.state, warehouse.healthy, warehouse.pid) == ("exited", False, None)
    assert warehouse.last_log_lines == ("last of warehouse",)
    assert not manager.look(settings).healthy


def test_a_sandbox_without_containers_does_not_run(docker: FakeEngine, settings: Settings) -> None:
    seen = manager.look(settings)
    assert (seen.running, seen.healthy) == (False, False)
    assert {service.state for service in seen.services} == {"stopped"}
    assert not manager.is_running(settings.home)


def test_without_an_engine_nothing_runs_and_there_is_nothing_to_stop(settings: Settings) -> None:
    assert not manager.is_running(settings.home)
    assert manager.stop(settings, ignore).services == ()
    assert not manager.look(settings).running


@pytest.mark.parametrize(
    ("state", "restarts", "problem"),
    [
        ("running", 0, None),
        ("restarting", 1, None),
        ("restarting", 3, "it ended with exit code 1"),
        ("exited", 0, "it ended with exit code 1"),
    ],
)
def test_waiting_ends_when_a_container_will_not_start(
    docker: FakeEngine, settings: Settings, state: str, restarts: int, problem: str | None
) -> None:
    docker.start("localstack")
    docker.containers["localstack"]["RestartCount"] = restarts
    docker.containers["localstack"]["State"] |= {"Status": state, "ExitCode": 1}
    services = {service.name: service for service in table(settings)}
    watch = manager.ContainerWatch(settings)
    assert watch.problem(services["localstack"]) == problem
    assert watch.problem(services["standins"]) == "there is no container"


def test_an_unknown_log_is_an_error_that_tells_the_known_ones(docker: FakeEngine, settings: Settings) -> None:
    with pytest.raises(SandboxError, match=r"localstack, .*network, build, lambda/<function>"):
        manager.log_lines(settings, "supervisord", 5, follow=False)
