import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from supervisor.options import ServerOptions

from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import supervisord
from amp_sandbox.runtime.service import Service
from amp_sandbox.settings import Settings


def service(home: Path, *arguments: str, **environment: str) -> Service:
    return Service(
        name="tiny",
        python=Path("/usr/bin/python3"),
        arguments=arguments,
        directory=home,
        port=4566,
        port_setting="SANDBOX_LOCALSTACK_PORT",
        health_path="/health",
        environment=environment,
    )


def parsed(text: str, home: Path) -> ServerOptions:
    """The configuration as supervisord itself reads it."""
    for name in ("run", "logs"):
        (home / name).mkdir(parents=True, exist_ok=True)
    file = home / "run" / "supervisord.conf"
    file.write_text(text)
    options = ServerOptions()
    options.realize(["-c", str(file)])
    return options


@pytest.mark.parametrize("name", ["home", "with space", "o'brien", "semi;colon", "häuschen", "a,b=c"])
def test_supervisord_reads_what_was_meant(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    home.mkdir()
    settings = Settings(home=home)
    options = parsed(
        supervisord.render(settings, [service(home, "-m", str(home / "code"), ROOT=str(home), PORT="1")]), home
    )
    program = options.process_group_configs[0].process_configs[0]
    process = program.make_process()
    assert process.get_execv_args()[1] == ["/usr/bin/python3", "-m", str(home / "code")]
    assert program.environment == {"ROOT": str(home), "PORT": "1"}
    assert program.directory == str(home)
    assert program.stdout_logfile == str(home / "logs" / "tiny.log")
    assert program.autorestart
    assert program.killasgroup
    assert options.pidfile == str(home / "run" / "supervisord.pid")


def test_an_on_demand_service_waits_and_steps_back(tmp_path: Path) -> None:
    waiting = replace(service(tmp_path, "-m", "x"), on_demand=True, niceness=10)
    options = parsed(supervisord.render(Settings(home=tmp_path), [waiting]), tmp_path)
    program = options.process_group_configs[0].process_configs[0]
    assert not program.autostart
    assert program.autorestart, "killed at work, it comes back"
    assert program.command.startswith('"nice" "-n" "10" "/usr/bin/python3"')


text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30)


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=text)
def test_an_environment_value_arrives_as_it_was_or_is_refused(tmp_path: Path, value: str) -> None:
    settings = Settings(home=tmp_path)
    try:
        config = supervisord.render(settings, [service(tmp_path, "-m", "x", VALUE=value)])
    except SandboxError:
        assume(False)
    program = parsed(config, tmp_path).process_group_configs[0].process_configs[0]
    assert program.environment == {"VALUE": value}


@pytest.mark.parametrize("name", ['dou"ble', "per%cent", "back\\slash", "a ;b", "a #b", "new\nline"])
def test_what_the_file_format_cannot_say_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SandboxError, match="SANDBOX_HOME"):
        supervisord.render(Settings(home=tmp_path / name), [])


def test_the_socket_is_in_the_home_and_closed_to_others(tmp_path: Path) -> None:
    home = Path("/short")
    assert supervisord.socket_path(home) == Path("/short/run/supervisord.sock")
    assert "chmod=0600" in supervisord.render(Settings(home=tmp_path), [])
    assert "inet_http_server" not in supervisord.render(Settings(home=tmp_path), [])


@pytest.mark.parametrize("length", range(60, 140, 5))
def test_a_sockets_path_is_short_enough_however_long_the_home(length: int) -> None:
    home = Path("/" + "h" * length)
    path = supervisord.socket_path(home)
    # Linux: 108 bytes with the final NUL, macOS 104 (man 7 unix, sys/un.h); supervisord binds `path` + "." + pid first.
    assert len(os.fsencode(path)) + len(".4194304") < 104
    assert path == supervisord.socket_path(home)
    assert path != supervisord.socket_path(Path(str(home) + "2"))


def test_a_socket_folder_that_others_can_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setattr(supervisord, "socket_path", lambda home: folder / "s.sock")
    with pytest.raises(SandboxError, match="not safe"):
        supervisord.start(Settings(home=tmp_path), [])


def test_a_socket_folder_that_is_a_link_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setattr(supervisord, "socket_path", lambda home: tmp_path / "link" / "s.sock")
    with pytest.raises(SandboxError, match="not safe"):
        supervisord.start(Settings(home=tmp_path), [])


def test_a_new_socket_folder_is_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisord, "socket_path", lambda home: tmp_path / "new" / "s.sock")
    supervisord._make_socket_dir(tmp_path)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_starts_are_counted_from_supervisords_log(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "supervisord.log").write_text(
        "2026-11-22 10:00:00,000 INFO spawned: 'localstack' with pid 10\n"
        "2026-11-22 10:00:00,001 INFO spawned: 'standins' with pid 11\n"
        "2026-11-22 10:01:00,000 WARN exited: localstack (terminated by SIGKILL; not expected)\n"
        "2026-11-22 10:01:01,000 INFO spawned: 'localstack' with pid 12\n"
    )
    assert supervisord.starts(tmp_path) == {"localstack": 2, "standins": 1}


def test_nothing_was_started_where_there_is_no_log(tmp_path: Path) -> None:
    assert supervisord.starts(tmp_path) == {}


def test_a_supervisord_that_does_not_run_does_not_answer(tmp_path: Path) -> None:
    assert not supervisord.Supervisor(tmp_path).answers()
