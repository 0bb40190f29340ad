import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.waiting import eventually

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import airflow, spark
from amp_sandbox.runtime.compose import container
from amp_sandbox.runtime.service import Service
from amp_sandbox.settings import Settings


def test_the_home_is_prepared_once(settings: Settings) -> None:
    container.prepare(settings, ("localstack", "spark_master"))
    state = paths.state_dir(settings.home)
    assert (state / "localstack" / "tmp").is_dir()
    assert spark.cluster_conf(settings.home).stat().st_mode & 0o777 == 0o600
    password = airflow.login(settings)
    (state / "kept").touch()
    container.prepare(settings, ("localstack", "spark_master"))
    assert (state / "kept").exists()
    assert airflow.login(settings) == password


def test_a_service_is_the_same_command_as_in_the_process_runtime(tmp_path: Path) -> None:
    service = Service("x", Path("/python"), ("-m", "x"), tmp_path, 1, "P", "/")
    assert container.command_of(service) == ["/python", "-m", "x"]
    nice = Service("x", Path("/python"), ("-m", "x"), tmp_path, 1, "P", "/", niceness=10)
    assert container.command_of(nice) == ["/usr/bin/nice", "-n", "10", "/python", "-m", "x"]


def test_an_unknown_service_is_an_error_that_tells_the_known_ones(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_HOME", str(settings.home))
    before = os.umask(0o022)
    try:
        with pytest.raises(SandboxError, match="network, catalog_api, localstack"):
            container.main(["nothing"])
    finally:
        os.umask(before)


def test_waiting_goes_on_until_it_is_so(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([False, False, True])
    slept: list[float] = []
    monkeypatch.setattr(container.time, "sleep", slept.append)
    container.wait("something", lambda: next(answers))
    assert slept == [container.POLL_SECONDS]


def script(tmp_path: Path, body: str) -> Service:
    return Service("x", Path(sys.executable), ("-c", body), tmp_path, 1, "P", "/")


def test_a_service_that_ends_by_itself_ends_its_container_alike(tmp_path: Path) -> None:
    configuration = tmp_path / "airflow.cfg"
    configuration.write_text("one")
    assert container.run_until_changed(script(tmp_path, "raise SystemExit(7)"), configuration) == 7


def test_a_service_is_ended_when_its_configuration_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "CONFIGURATION_SECONDS", 0.05)
    configuration, ready = tmp_path / "airflow.cfg", tmp_path / "ready"
    configuration.write_text("one")
    body = f"import pathlib, time; pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"

    def change() -> None:
        eventually(ready.exists, bool, timeout=30, what="the service to run")
        configuration.write_text("two")

    changing = threading.Thread(target=change)
    changing.start()
    assert container.run_until_changed(script(tmp_path, body), configuration) == -signal.SIGTERM
    changing.join()


def test_asked_to_stop_the_service_is_asked(tmp_path: Path) -> None:
    """As an engine does it: the signal goes to the container's process."""
    configuration, ready, asked = (tmp_path / name for name in ("airflow.cfg", "ready", "asked"))
    configuration.write_text("one")
    body = (
        "import pathlib, signal, sys, time\n"
        f"def stop(*_): pathlib.Path({str(asked)!r}).touch(); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        f"pathlib.Path({str(ready)!r}).touch()\n"
        "time.sleep(60)"
    )
    program = (
        "import sys; from pathlib import Path\n"
        "from amp_sandbox.runtime.compose import container\n"
        "from amp_sandbox.runtime.service import Service\n"
        f"service = Service('x', Path(sys.executable), ('-c', {body!r}), Path('/'), 1, 'P', '/')\n"
        f"sys.exit(container.run_until_changed(service, Path({str(configuration)!r})))"
    )
    process = subprocess.Popen([sys.executable, "-c", program])
    try:
        eventually(ready.exists, bool, timeout=30, what="the service to run")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
    assert asked.exists()
