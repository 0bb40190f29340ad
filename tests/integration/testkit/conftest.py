"""The test kit's own fixtures, on the sandbox that all integration tests share."""

import pytest

from amp_sandbox.settings import Settings
from amp_sandbox.testkit import Sandbox


@pytest.fixture(scope="session")
def amp_sandbox(sandbox: Settings) -> Sandbox:
    """The run's sandbox, in place of one that the plugin would start."""
    return Sandbox(sandbox)
