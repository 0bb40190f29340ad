"""One sandbox for all that one user does with it, with the data of the demo."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support import browser
from support.sandboxes import own_settings, run, running

from amp_sandbox.settings import Settings


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A sandbox, up and deployed, for all who use it as one user does."""
    with running(own_settings(tmp_path_factory.mktemp("sandbox") / "home")) as settings:
        yield settings


@pytest.fixture(scope="package")
def demo(sandbox: Settings) -> dict[str, Any]:
    """What `sandbox demo --json` told of the still empty sandbox; asked for by every test that publishes more."""
    answer = run(sandbox, "demo", "--json", timeout=900)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    told: dict[str, Any] = json.loads(answer.stdout)
    return told


@pytest.fixture(scope="package", autouse=True)
def _browser() -> Iterator[None]:
    """The browser of these tests goes with the last of them."""
    yield
    browser.close()
