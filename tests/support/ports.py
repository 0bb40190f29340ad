"""Ports that nobody uses, so that any number of test runs can go on side by side: the test kit's own."""

from amp_sandbox.testkit.ports import free_ports

__all__ = ["free_ports"]
