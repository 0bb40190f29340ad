"""The console as a person uses it, in the system's Chromium."""

import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page
from support import browser
from support.browser import page
from support.sandboxes import COMMAND, environment, own_settings, running
from support.scheduling import pytest_xdist_make_scheduler  # noqa: F401 - a hook

from amp_sandbox import aws
from amp_sandbox.settings import Settings


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A sandbox of these tests' own, as they stop a service of it."""
    with running(own_settings(tmp_path_factory.mktemp("browser") / "home")) as settings:
        yield settings


@pytest.fixture(scope="package")
def client(sandbox: Settings) -> Callable[[str], Any]:
    """Makes a boto3 client of that sandbox."""
    return lambda service: aws.client(sandbox, service)


@pytest.fixture
def tab() -> Iterator[Page]:
    """A page of a browser. The test fails when a page breaks its own policy, or a script of it raises."""
    complaints: list[str] = []
    with page(1440, 900) as made:
        made.on("pageerror", lambda error: complaints.append(str(error)))
        made.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        yield made
    assert complaints == []


@pytest.fixture
def seeding(sandbox: Settings) -> Iterator[Callable[..., None]]:
    """Has `sandbox seed` publish in the background, with these options; ended with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen([COMMAND, "seed", *options], env=environment(sandbox), **quiet))

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="package", autouse=True)
def _browser() -> Iterator[None]:
    """The browser of these tests goes with the last of them."""
    yield
    browser.close()
