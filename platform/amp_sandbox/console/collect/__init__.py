"""Asking the parts of the platform for their numbers, one module for each stretch of the flow.

A *collector* answers for a few hops at once: name of the hop to `Facts`. It may block, is never called twice at the
same time, and says itself how often it is worth calling. What it costs is paid only while somebody looks (`live`).
"""

from amp_sandbox.console.collect.facts import Collector, Facts, Number, Rates, State
from amp_sandbox.console.collect.table import collectors

__all__ = ["Collector", "Facts", "Number", "Rates", "State", "collectors"]
