from pathlib import Path

import pytest

from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import OnProgress, ignore
from amp_sandbox.runtime import supervised
from amp_sandbox.runtime.facts import Started
from amp_sandbox.runtime.up import PROFILES, up
from amp_sandbox.settings import PROCESS, Settings


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was started, where nothing really starts."""
    names: list[str] = []

    def bring_up(settings: Settings, on_progress: OnProgress, *, keep: bool) -> Started:
        names.append("core")
        return Started(fresh=True)

    monkeypatch.setattr(supervised, "bring_up", bring_up)
    monkeypatch.setattr(supervised, "require_installed", lambda settings: None)
    monkeypatch.setattr(supervised, "start_airflow", lambda settings, on_progress: names.append("airflow"))
    monkeypatch.setattr(supervised, "start_notebooks", lambda settings, on_progress: names.append("notebooks"))
    return names


@pytest.mark.parametrize(
    ("profile", "more"),
    [("core", []), ("batch", ["airflow"]), ("bi", ["notebooks"]), ("everything", ["airflow", "notebooks"])],
)
def test_a_profile_is_the_core_and_what_belongs_to_it(
    tmp_path: Path, started: list[str], profile: str, more: list[str]
) -> None:
    assert profile in PROFILES
    up(Settings(home=tmp_path, runtime=PROCESS), ignore, deploy=False, profile=profile)
    assert started == ["core", *more]


def test_a_profile_that_there_is_not_is_refused_before_anything_starts(tmp_path: Path, started: list[str]) -> None:
    with pytest.raises(SandboxError, match="no profile 'all'") as refused:
        up(Settings(home=tmp_path, runtime=PROCESS), ignore, profile="all")
    assert "everything" in str(refused.value.hint)
    assert started == []
