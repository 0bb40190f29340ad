"""The demo: sends a story through the whole platform and shows that it arrived."""

from amp_sandbox.demo.engagement import ShowEngagement
from amp_sandbox.demo.hops import HopSummary
from amp_sandbox.demo.run import Demo, Example, demo
from amp_sandbox.demo.trending import TrendingShow

__all__ = ["Demo", "Example", "HopSummary", "ShowEngagement", "TrendingShow", "demo"]
