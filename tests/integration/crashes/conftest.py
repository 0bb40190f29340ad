"""A sandbox of these tests' own, as they kill its processes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.sandboxes import own_settings, running

from amp_sandbox import aws
from amp_sandbox.settings import Settings


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A deployed sandbox that nothing else uses."""
    with running(own_settings(tmp_path_factory.mktemp("crashes"))) as settings:
        yield settings


@pytest.fixture(scope="package")
def client(sandbox: Settings) -> Callable[[str], Any]:
    """Makes a boto3 client of that sandbox."""
    return lambda service: aws.client(sandbox, service)
