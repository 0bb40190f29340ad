"""A sandbox of a test's own: its own home, free ports, brought up and taken down."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.settings import COMPOSE, PORTS, PROCESS, Settings, variable
from support.ports import free_ports

RUNTIME = os.environ.get(variable("runtime"), PROCESS)
"""What runs the tests' sandboxes. Never by chance: an engine may be there or not."""

COMMAND = paths.REPOSITORY / ".venv" / "bin" / "sandbox"


def own_settings(home: Path, **values: object) -> Settings:
    """Settings of a sandbox in that home, on ports that nobody uses."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    return Settings.model_validate({"home": home, "runtime": RUNTIME, **ports, **values})


def run(settings: Settings, *arguments: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
    """Run the `sandbox` command as a user does; its output is captured and its exit code not checked."""
    return subprocess.run(
        [COMMAND, *arguments], env=environment(settings), capture_output=True, text=True, timeout=timeout, check=False
    )


@contextmanager
def begun(settings: Settings, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The `sandbox` command while it runs, which it does no longer than the block.

    Ctrl-C ends it as in a terminal, also where the tests run in the background of a shell and ignore it themselves.
    """
    own = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [COMMAND, *arguments],
            env=environment(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, own)
    with process:
        try:
            yield process
        finally:
            process.kill()


def environment(settings: Settings) -> Mapping[str, str]:
    """The environment of a shell that has these settings, and no other of the sandbox's or of AWS's.

    Where the sandbox is in containers, the machine has none of the services' Python environments, as a user's has not.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "AWS_"))}
    none = {paths.ENVIRONMENTS_VARIABLE: f"{settings.home}-has-none"} if settings.runtime == COMPOSE else {}
    return kept | none | {variable(name): str(value) for name, value in settings.model_dump(mode="json").items()}


@contextmanager
def running(settings: Settings) -> Iterator[Settings]:
    """A sandbox, up and deployed; taken down afterwards, with its logs printed when the test failed."""
    up = run(settings, "up", timeout=2400 if settings.runtime == COMPOSE else 240)  # the first one builds the images
    try:
        assert up.returncode == 0, f"sandbox up failed:\n{up.stdout}{up.stderr}"
        yield settings
    finally:
        down = run(settings, "down", "--clear")
        assert down.returncode == 0, f"sandbox down failed:\n{down.stdout}{down.stderr}"
