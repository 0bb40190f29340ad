"""Sandboxes in containers; skipped, and said so, where there is no Docker engine."""

from collections.abc import Iterator

import pytest
from support.sandboxes import own_settings, running

from amp_sandbox.runtime.compose import engine
from amp_sandbox.settings import COMPOSE, Settings


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    """There has to be an engine."""
    if problem := engine.problem():
        pytest.skip(f"no containers here: {problem}")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A sandbox in containers, up and deployed. Its first start on a machine builds the images."""
    settings = own_settings(tmp_path_factory.mktemp("sandbox") / "home", runtime=COMPOSE)
    with running(settings):
        yield settings
