"""The console without a sandbox behind it: its server with numbers that a test makes up."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import uvicorn

from amp_sandbox.console.app import create_app
from amp_sandbox.console.collect import Collector, Facts
from amp_sandbox.console.live import Live
from amp_sandbox.console.platform_state import Platform
from amp_sandbox.settings import PORTS, Settings
from support.ports import free_ports
from support.waiting import eventually

TOKEN = "token-of-the-test"


class Numbers:
    """What the collectors find, and whether there is a sandbox; a test changes either. Counts how often it is asked."""

    def __init__(self, facts: Mapping[str, Facts], platform: Platform | None = None) -> None:
        self.facts, self.platform, self.asked = dict(facts), platform or Platform(True), 0

    def collect(self) -> Mapping[str, Facts]:
        self.asked += 1
        return dict(self.facts)


def settings_of_nothing(home: object) -> Settings:
    """Settings of a sandbox that does not run: nobody listens on its ports."""
    return Settings.model_validate({"home": home, **dict(zip(PORTS, free_ports(len(PORTS)), strict=True))})


@contextmanager
def served(settings: Settings, numbers: Numbers) -> Iterator[Live]:
    """The console at `settings.console_url`, until the block ends."""
    collector = Collector(tuple(numbers.facts), 0.2, numbers.collect)
    live = Live(settings, [collector], lambda _settings: numbers.platform)
    app = create_app(settings, live, TOKEN)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=settings.console_port, log_config=None))
    server.config.timeout_graceful_shutdown = 2
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started, bool, timeout=20, what="the console")
        yield live
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive()
