import stat
from pathlib import Path

import pytest

from amp_sandbox import installer
from amp_sandbox.errors import SandboxError


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A uv that fails with what is in the file beside it."""
    program = tmp_path / "uv"
    program.write_text('#!/bin/sh\ncat "$0.says" >&2; exit 2\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(installer, "program", lambda: str(program))
    return tmp_path / "uv.says"


def test_the_real_installer_answers() -> None:
    installer.uv(["--version"], "uv does not run")


def test_a_failure_has_the_end_of_the_installers_own_words(pretended: Path) -> None:
    pretended.write_text("\n".join(f"line {number}" for number in range(40)))
    with pytest.raises(SandboxError) as failure:
        installer.uv(["pip", "sync"], "The spark environment could not be installed.")
    assert failure.value.what == "The spark environment could not be installed."
    assert failure.value.why is not None
    assert failure.value.why.splitlines()[-1] == "line 39"
    assert len(failure.value.why.splitlines()) == 12
    assert failure.value.hint is None


@pytest.mark.parametrize(
    "said",
    [
        # uv 0.13.9 at an index that nobody serves, and with UV_OFFLINE=1
        "error: Failed to fetch: http://127.0.0.1:9/simple/six/\n  cause: tcp connect error",
        "hint: Packages were unavailable because the network was disabled. When the network is disabled, […]",
    ],
)
def test_an_index_out_of_reach_is_told_with_what_to_do(pretended: Path, said: str) -> None:
    pretended.write_text(said)
    with pytest.raises(SandboxError) as failure:
        installer.uv(["pip", "sync"], "failed")
    assert failure.value.hint is not None
    assert "UV_DEFAULT_INDEX" in failure.value.hint
