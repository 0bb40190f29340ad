"""Which tests stay together when two sessions share the work: those that have a sandbox in common.

Two sessions would start it twice. And when each session is done with one sandbox before it begins with the next, few of
them run at a time, which take a part of the machine even when nobody uses them.
"""

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[2]


class BySandbox(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a session all tests of one sandbox."""

    def _split_scope(self, nodeid: str) -> str:
        return sandbox_of(nodeid)


def sandbox_of(nodeid: str) -> str:
    """A name for the sandbox of a test: the nearest package that it is in; a file that is in none has its own."""
    file = Path(nodeid.partition("::")[0])
    return str(next((folder for folder in file.parents if (ROOT / folder / "__init__.py").exists()), file))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySandbox:
    """https://pytest-xdist.readthedocs.io/en/stable/how-to.html (`--dist loadgroup` finds no group with pytest 9.2)."""
    return BySandbox(config, log)
