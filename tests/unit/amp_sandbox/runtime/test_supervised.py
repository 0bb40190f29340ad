from pathlib import Path

import pytest

from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime import home as homes
from amp_sandbox.runtime.service import Service
from amp_sandbox.runtime.supervised import _require_environments, state_lost
from amp_sandbox.runtime.supervisord import ProcessInfo


def info(pid: int, started: int) -> ProcessInfo:
    return ProcessInfo("localstack", "RUNNING", pid, started, "")


@pytest.mark.parametrize(
    ("now", "lost"),
    [
        (info(10, 500), False),
        (info(11, 600), True),  # started again
        (info(10, 600), True),  # started again, and the pid came round
        (info(0, 500), True),  # stopped, or failed for good
        (None, False),
    ],
)
def test_state_is_lost_when_localstack_is_another_process(tmp_path: Path, now: ProcessInfo | None, lost: bool) -> None:
    homes.prepare(tmp_path, ())
    homes.write_instance(tmp_path, homes.Instance(pid=10, started=500))
    assert state_lost(tmp_path, now) is lost


def test_no_state_is_lost_where_none_was_recorded(tmp_path: Path) -> None:
    assert not state_lost(tmp_path, info(10, 500))


def test_a_missing_environment_is_an_error_that_says_what_to_run(tmp_path: Path) -> None:
    service = Service("x", tmp_path / "python", (), tmp_path, 1, "P", "/")
    with pytest.raises(SandboxError) as caught:
        _require_environments([service])
    assert str(tmp_path / "python") in str(caught.value)
    assert caught.value.hint == "Run: make setup"
