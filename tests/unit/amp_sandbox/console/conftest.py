from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3
from support.console_app import Numbers, served, settings_of_nothing

from amp_sandbox.console.collect import Facts, Number
from amp_sandbox.console.live import Live
from amp_sandbox.settings import Settings


@dataclass
class Console:
    """A console, and what it knows."""

    settings: Settings
    numbers: Numbers
    live: Live

    def get(self, path: str, **headers: str) -> Any:
        return self.request("GET", path, **headers)

    def request(self, method: str, path: str, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = self.settings.console_url + path
        return urllib3.request(method, url, headers=named, redirect=False, retries=False, timeout=20)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    settings = settings_of_nothing(tmp_path_factory.mktemp("home"))
    numbers = Numbers({"topic": Facts("moving", "12", "announced", (Number("now", "3/s"),))})
    with served(settings, numbers) as live:
        yield Console(settings, numbers, live)
