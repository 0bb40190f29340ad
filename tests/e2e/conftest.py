"""The sandbox as its users have it: through the `sandbox` command alone."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.sandboxes import RUNTIME, own_settings, run, running

from amp_sandbox.runtime.compose import engine
from amp_sandbox.settings import COMPOSE, Settings


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


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares a sandbox: two sessions side by side would else play the demo twice."""
    for item in items:
        group = "shared" if "sandbox" in getattr(item, "fixturenames", ()) else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
