"""Tracing: one record's way through the platform, hop by hop, with times."""

from amp_sandbox.trace.follow import Hop, Trace, trace

__all__ = ["Hop", "Trace", "trace"]
