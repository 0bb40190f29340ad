"""The runtime on the real supervisord, with tiny services in place of the sandbox's."""

import http.client
import json
import os
import shutil
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from support.sandboxes import own_settings
from support.waiting import eventually

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import Step
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime import processes, supervised
from amp_sandbox.runtime.down import down
from amp_sandbox.runtime.facts import ServiceStatus, Stopped
from amp_sandbox.runtime.reset import reset
from amp_sandbox.runtime.status import status
from amp_sandbox.runtime.supervisord import Supervisor, socket_path
from amp_sandbox.runtime.up import up
from amp_sandbox.settings import Settings, record_path

Behave = Callable[..., None]
NAMES = {"localstack", "standins", "catalog_api"}


def start(settings: Settings) -> None:
    assert up(settings, deploy=False).fresh


def service(settings: Settings, name: str) -> ServiceStatus:
    return next(service for service in status(settings).services if service.name == name)


def pid_of(settings: Settings, name: str) -> int:
    found = service(settings, name).pid
    assert found
    return found


def supervisord_pid(settings: Settings) -> int:
    return int((paths.run_dir(settings.home) / "supervisord.pid").read_text())


def listeners(settings: Settings) -> set[str]:
    """Addresses that processes of this sandbox listen on."""
    found = set()
    for process in processes.find(settings.home):
        for connection in process.net_connections(kind="inet"):
            if connection.status == psutil.CONN_LISTEN:
                found.add(connection.laddr.ip)
    return found


def crash(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/crash")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        connection.getresponse()


def test_up_starts_everything_and_down_leaves_nothing(settings: Settings) -> None:
    told: list[Step] = []
    assert up(settings, told.append, deploy=False).fresh
    assert {step.name for step in told if step.state == "done"} == NAMES | {"run as processes"}
    seen = status(settings)
    assert seen.running
    assert seen.healthy
    assert not seen.deployed
    started = [service for service in seen.services if service.pid]
    assert {service.name for service in started} == NAMES
    assert all(service.memory_bytes > 1e6 and service.restarts == 0 for service in started)
    assert listeners(settings) == {"127.0.0.1"}

    assert set(down(settings).services) == NAMES
    assert processes.find(settings.home) == []
    assert not socket_path(settings.home).exists()
    seen = status(settings)
    assert not seen.running
    assert not seen.healthy
    assert {service.state for service in seen.services} == {"stopped"}


def test_an_on_demand_service_waits_until_it_is_started(settings: Settings) -> None:
    start(settings)
    waiting = service(settings, "spark_master")
    assert (waiting.state, waiting.healthy, waiting.pid) == ("waiting", True, None)
    assert up(settings, deploy=False).restarted == (), "what waits has not failed"
    Supervisor(settings.home).start("spark_master")
    seen = eventually(lambda: service(settings, "spark_master"), lambda seen: seen.state == "running", timeout=15)
    assert seen.healthy
    Supervisor(settings.home).stop("spark_master")
    eventually(lambda: service(settings, "spark_master"), lambda seen: seen.state == "waiting", timeout=10)
    Supervisor(settings.home).start("spark_master")
    assert "spark_master" in down(settings).services
    assert processes.find(settings.home) == []


def test_an_on_demand_service_that_does_not_answer_yet_is_coming_up(settings: Settings, behave: Behave) -> None:
    behave(spark_master="sick")
    start(settings)
    Supervisor(settings.home).start("spark_master")
    seen = service(settings, "spark_master")
    assert (seen.state, seen.healthy) == ("coming up", True)
    late = eventually(lambda: service(settings, "spark_master"), lambda seen: not seen.healthy, timeout=30)
    assert late.state == "running"


def test_down_is_safe_when_nothing_runs_and_when_nothing_ever_ran(settings: Settings) -> None:
    assert down(settings).services == ()
    assert not settings.home.exists()
    start(settings)
    down(settings)
    assert down(settings).services == ()


def test_up_again_changes_nothing(settings: Settings) -> None:
    start(settings)
    before = {process.pid for process in processes.find(settings.home)}
    again = up(settings, deploy=False)
    assert not again.fresh
    assert again.restarted == ()
    assert {process.pid for process in processes.find(settings.home)} == before


def test_only_the_owner_can_talk_to_supervisord(settings: Settings) -> None:
    start(settings)
    assert socket_path(settings.home).stat().st_mode & 0o777 == 0o600
    assert settings.home.stat().st_mode & 0o077 == 0


def test_nothing_of_the_shells_environment_reaches_a_service(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/of/the/user")
    start(settings)
    for process in processes.find(settings.home):
        assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONPATH"} & process.environ().keys(), process


def test_a_very_long_home_works(tmp_path: Path, behave: Behave) -> None:
    long = own_settings(tmp_path / ("long " * 20) / ("h" * 60))
    try:
        start(long)
        assert not socket_path(long.home).is_relative_to(long.home)
        assert status(long).healthy
    finally:
        down(long)
    assert not socket_path(long.home).exists()


def test_two_sandboxes_run_side_by_side(settings: Settings, tmp_path: Path) -> None:
    other = own_settings(tmp_path / "other")
    start(settings)
    try:
        start(other)
        down(settings)
        assert status(other).healthy
    finally:
        down(other)


def test_a_busy_port_is_named_with_its_setting_and_its_holder(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", settings.standins_port)), pytest.raises(SandboxError) as caught:
        up(settings, deploy=False)
    text = str(caught.value)
    assert f"In use on 127.0.0.1: port {settings.standins_port}." in text
    assert f"held by process {os.getpid()} (" in text
    assert "SANDBOX_STANDINS_PORT moves it" in text
    assert processes.find(settings.home) == []


def test_another_sandbox_on_the_port_is_named(settings: Settings, tmp_path: Path) -> None:
    start(settings)
    second = Settings.model_validate(settings.model_dump() | {"home": tmp_path / "second"})
    with pytest.raises(SandboxError, match=f"of the sandbox in {settings.home}"):
        up(second, deploy=False)
    assert status(settings).healthy


def test_a_service_that_crashes_at_the_start_is_shown_with_its_last_lines(settings: Settings, behave: Behave) -> None:
    behave(catalog_api="crash")
    told: list[Step] = []
    with pytest.raises(SandboxError) as caught:
        up(settings, told.append, deploy=False)
    assert caught.value.what.startswith("catalog_api did not start")
    assert "something is wrong here" in str(caught.value.why)
    assert "catalog_api" in {step.name for step in told if step.state == "failed"}
    assert processes.find(settings.home) == []
    assert not record_path(settings.home).exists()
    # The log stays, to look into.
    assert "something is wrong here" in (settings.home / "logs" / "catalog_api.log").read_text()


def test_a_service_that_never_becomes_healthy_is_an_error(settings: Settings, behave: Behave) -> None:
    behave(standins="sick")
    with pytest.raises(SandboxError, match="standins did not start: not healthy within 2 s"):
        up(settings, deploy=False)
    assert processes.find(settings.home) == []


def test_keep_leaves_the_others_running(settings: Settings, behave: Behave) -> None:
    behave(catalog_api="crash")
    with pytest.raises(SandboxError):
        up(settings, deploy=False, keep=True)
    assert eventually(lambda: service(settings, "localstack"), lambda seen: seen.healthy, timeout=5)
    assert not status(settings).healthy


def test_a_crashed_service_is_restarted_and_counted(settings: Settings) -> None:
    start(settings)
    before = pid_of(settings, "standins")
    crash(settings.standins_port)
    seen = eventually(
        lambda: service(settings, "standins"), lambda s: s.healthy and s.pid != before, timeout=10, what="the restart"
    )
    assert seen.restarts == 1
    assert not status(settings).state_lost


def test_a_crash_of_localstack_is_noticed_and_up_starts_afresh(settings: Settings) -> None:
    start(settings)
    homes.mark_deployed(settings)
    assert status(settings).deployed
    kept = paths.state_dir(settings.home, "standins") / "checkpoints"
    kept.write_text("of records that are gone")
    os.kill(pid_of(settings, "localstack"), signal.SIGKILL)
    seen = eventually(
        lambda: status(settings), lambda s: all(x.healthy for x in s.services), timeout=10, what="the restart"
    )
    assert seen.state_lost
    assert not seen.healthy
    assert not seen.deployed

    assert up(settings, deploy=False).fresh
    assert not kept.exists()
    assert status(settings).healthy


def test_a_service_that_failed_for_good_is_shown_and_started_again_by_up(settings: Settings) -> None:
    start(settings)
    Supervisor(settings.home)._rpc.stopProcess("standins")
    assert service(settings, "standins").state == "stopped"
    assert not status(settings).healthy
    assert up(settings, deploy=False).restarted == ("standins",)
    assert status(settings).healthy


def test_down_ends_functions_whose_localstack_left_them(settings: Settings, behave: Behave) -> None:
    behave(localstack="parent")
    start(settings)
    assert down(settings).leftovers == ("lambda/tiny",)
    assert processes.find(settings.home) == []


def test_down_ends_everything_after_supervisord_was_killed(settings: Settings, behave: Behave) -> None:
    behave(localstack="parent", standins="deaf")
    start(settings)
    os.kill(supervisord_pid(settings), signal.SIGKILL)
    eventually(
        lambda: status(settings).leftover_processes, lambda left: len(left) == 4, timeout=5, what="only leftovers"
    )
    stopped = down(settings)
    assert set(stopped.leftovers) == NAMES | {"lambda/tiny"}
    assert processes.find(settings.home) == []
    assert not record_path(settings.home).exists()


def test_down_ends_everything_after_its_home_was_deleted(settings: Settings) -> None:
    start(settings)
    shutil.rmtree(settings.home)
    stopped = down(settings)
    # The socket of supervisord is gone with the home, unless the home's path is too long to have it.
    assert {*stopped.services, *stopped.leftovers} - {"supervisord"} == NAMES
    assert processes.find(settings.home) == []


def test_down_leaves_a_folder_of_something_else_as_it_is(settings: Settings) -> None:
    settings.home.mkdir()
    assert down(settings) == Stopped()
    assert list(settings.home.iterdir()) == []


def test_up_clears_away_what_a_killed_supervisord_left(settings: Settings) -> None:
    start(settings)
    before = {process.pid for process in processes.find(settings.home)}
    os.kill(supervisord_pid(settings), signal.SIGKILL)
    start(settings)
    assert status(settings).healthy
    assert not before & {process.pid for process in processes.find(settings.home)}


def test_up_works_after_everything_was_killed(settings: Settings) -> None:
    start(settings)
    for process in processes.find(settings.home):
        process.kill()
    eventually(lambda: processes.find(settings.home), lambda left: not left, timeout=5)
    start(settings)


def test_other_settings_are_refused_while_it_runs(settings: Settings) -> None:
    start(settings)
    other = Settings.model_validate(settings.model_dump() | {"buffer_seconds": 60})
    with pytest.raises(SandboxError, match="SANDBOX_BUFFER_SECONDS: 1 \\(now 60\\)"):
        up(other, deploy=False)
    assert status(settings).healthy


def test_a_sandbox_of_another_version_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    start(settings)
    fewer = supervised.table(settings)[1:]
    monkeypatch.setattr(supervised, "table", lambda _: fewer)
    with pytest.raises(SandboxError, match="another version"):
        up(settings, deploy=False)


def test_a_fresh_start_has_no_state_and_keeps_the_last_log(settings: Settings) -> None:
    start(settings)
    stale = paths.state_dir(settings.home, "standins") / "ledger.sqlite"
    stale.write_text("of the last run")
    down(settings)
    assert stale.exists()
    start(settings)
    assert not stale.exists()
    assert "starting on" in (settings.home / "logs" / "standins.log.previous").read_text()


def test_the_deployment_follows_and_is_recorded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed: list[Settings] = []
    monkeypatch.setattr("amp_sandbox.stack.deploy", lambda s, on_progress: deployed.append(s))
    up(settings)
    assert deployed == [settings]
    assert status(settings).deployed
    up(settings)
    assert len(deployed) == 2


def test_a_failed_deployment_leaves_the_services_running(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise SandboxError("The template is wrong.")

    monkeypatch.setattr("amp_sandbox.stack.deploy", fail)
    with pytest.raises(SandboxError, match="The template is wrong"):
        up(settings)
    seen = status(settings)
    assert seen.healthy
    assert not seen.deployed


def test_two_commands_at_once_are_kept_apart(settings: Settings) -> None:
    homes.ensure(settings.home)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with homes.exclusive(settings.home):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert entered.wait(5)
        with pytest.raises(SandboxError, match="another command"):
            up(settings, deploy=False)
    finally:
        leave.set()
        thread.join()


def test_what_runs_is_recorded_for_other_shells(settings: Settings) -> None:
    start(settings)
    recorded = json.loads(record_path(settings.home).read_text())
    assert recorded["localstack_port"] == settings.localstack_port


def test_reset_throws_data_and_logs_away_and_deploys_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed: list[Settings] = []
    monkeypatch.setattr("amp_sandbox.stack.deploy", lambda s, on_progress: deployed.append(s))
    up(settings)
    before = pid_of(settings, "localstack")
    (paths.state_dir(settings.home) / "extra").write_text("data")
    assert reset(settings).fresh
    assert len(deployed) == 2
    assert pid_of(settings, "localstack") != before
    assert not (paths.state_dir(settings.home) / "extra").exists()
    assert [path for path in paths.logs_dir(settings.home).iterdir() if path.suffix == ".previous"] == []
    assert status(settings).healthy


def test_reset_deletes_nothing_from_a_folder_of_something_else(settings: Settings) -> None:
    state = paths.state_dir(settings.home)
    state.mkdir(parents=True)
    (state / "thesis.txt").write_text("of the user")
    with pytest.raises(SandboxError, match="cannot be the home"):
        reset(settings)
    assert (state / "thesis.txt").read_text() == "of the user"
