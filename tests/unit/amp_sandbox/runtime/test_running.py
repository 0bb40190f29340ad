from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.waiting import eventually

from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime.processes import MARKER
from amp_sandbox.runtime.running import running_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def process_of_another_home(tmp_path: Path) -> Iterator[None]:
    process = psutil.Popen(["/bin/sleep", "60"], env={MARKER: str(tmp_path / "other")})
    yield
    process.kill()
    process.wait()


@pytest.mark.usefixtures("process_of_another_home")
def test_a_home_without_processes_is_refused_by_name_whoever_else_runs(home: Path) -> None:
    with pytest.raises(SandboxError, match="does not run") as refused:
        running_settings()
    assert str(home) in str(refused.value)
    assert "sandbox up" in str(refused.value)


def test_a_home_with_a_process_is_accepted(home: Path) -> None:
    process = psutil.Popen(["/bin/sleep", "60"], env={MARKER: str(home)})
    # The system shows a process's environment a moment after it has been started.
    eventually(process.environ, lambda seen: MARKER in seen, timeout=10, what="the environment of the process")
    try:
        assert running_settings().home == home
    finally:
        process.kill()
        process.wait()
