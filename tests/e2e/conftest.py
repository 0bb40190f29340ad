"""The sandbox as its users have it: through the `sandbox` command alone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.sandboxes import RUNTIME, own_settings, run, running
from xdist.scheduler import LoadScopeScheduling

from amp_sandbox.runtime.compose import engine
from amp_sandbox.settings import COMPOSE, Settings

SHARED = ("test_airflow.py", "test_console.py", "test_user.py")
"""Files whose tests use the fixture `sandbox`."""


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    """Where the tests are to run in containers, there has to be an engine."""
    if RUNTIME == COMPOSE and (problem := engine.problem()):
        pytest.skip(f"SANDBOX_RUNTIME=compose, and {problem}")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A sandbox, up and deployed, for all who use it as one user does."""
    with running(own_settings(tmp_path_factory.mktemp("sandbox") / "home")) as settings:
        yield settings


@pytest.fixture(scope="session")
def demo(sandbox: Settings) -> dict[str, Any]:
    """What `sandbox demo --json` told of the still empty sandbox; asked for by every test that publishes more."""
    answer = run(sandbox, "demo", "--json", timeout=900)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    told: dict[str, Any] = json.loads(answer.stdout)
    return told


class BySandbox(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each session whole files, and one of them all that share a sandbox: two would play the demo twice."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "shared" if file.endswith(SHARED) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySandbox:
    """https://pytest-xdist.readthedocs.io/en/stable/how-to.html (`--dist loadgroup` finds no group with pytest 9.2)."""
    return BySandbox(config, log)
