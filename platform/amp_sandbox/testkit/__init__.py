"""The test kit: a running sandbox for the test suites of others, as fixtures of pytest.

Installing the package is enough for pytest to have the fixtures (`plugin`); nothing starts unless one is asked for.
docs/how-to/test-kit.md tells how to use them. What they give can be used without pytest too: a `Sandbox`, and the
`Publish`, `Wait` and `Names` made of it.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amp_sandbox.publish.by_hand import Publish, Published
    from amp_sandbox.testkit.handle import Sandbox
    from amp_sandbox.testkit.names import Names, Queue
    from amp_sandbox.testkit.waiting import eventually
    from amp_sandbox.testkit.waits import Wait

__all__ = ["Names", "Publish", "Published", "Queue", "Sandbox", "Wait", "eventually"]

_PLACES = {
    "Names": "amp_sandbox.testkit.names",
    "Publish": "amp_sandbox.publish.by_hand",
    "Published": "amp_sandbox.publish.by_hand",
    "Queue": "amp_sandbox.testkit.names",
    "Sandbox": "amp_sandbox.testkit.handle",
    "Wait": "amp_sandbox.testkit.waits",
    "eventually": "amp_sandbox.testkit.waiting",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for only then: pytest imports this package in every run, with a sandbox or without."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)
