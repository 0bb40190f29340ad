"""The sandbox as its users have it: through the `sandbox` command alone."""

import pytest
from support.sandboxes import RUNTIME
from support.scheduling import pytest_xdist_make_scheduler  # noqa: F401 - a hook

from amp_sandbox.runtime.compose import engine
from amp_sandbox.settings import COMPOSE


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    """Where the tests are to run in containers, there has to be an engine."""
    if RUNTIME == COMPOSE and (problem := engine.problem()):
        pytest.skip(f"SANDBOX_RUNTIME=compose, and {problem}")
