"""The one place where a test waits: the test kit's own."""

from amp_sandbox.testkit.waiting import eventually

__all__ = ["eventually"]
