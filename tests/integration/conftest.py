"""One running sandbox for all integration tests of a run."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.sandboxes import own_settings, running
from support.scheduling import pytest_xdist_make_scheduler  # noqa: F401 - a hook

from amp_sandbox import aws
from amp_sandbox.settings import Settings


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A sandbox on free ports, up and deployed, shared by all tests: use names and ids of your own."""
    with running(own_settings(tmp_path_factory.mktemp("sandbox"))) as settings:
        yield settings


@pytest.fixture(scope="session")
def client(sandbox: Settings) -> Callable[[str], Any]:
    """Makes a boto3 client of the running sandbox: `client("s3")`."""
    return lambda service: aws.client(sandbox, service)
