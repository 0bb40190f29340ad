"""How states are written, and where pages find the numbers."""

from collections.abc import Mapping
from typing import cast

from starlette.requests import Request

from amp_sandbox.console.collect import Facts
from amp_sandbox.console.live import Live

NOTHING = Facts("unknown", "–", "")  # noqa: RUF001 - an en dash is what is meant

STATE_WORDS: Mapping[str, str] = {
    "idle": "nothing yet",
    "moving": "moving",
    "ready": "all through",
    "waiting": "behind",
    "failing": "look here",
    "off": "on demand",
    "unknown": "no answer",
}
"""How a state is written, as colour alone says nothing to many."""


def live_of(request: Request) -> Live:
    """The collection that all viewers share."""
    return cast(Live, request.app.state.live)
