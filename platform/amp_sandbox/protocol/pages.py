"""Pages of lists, and the tokens that lead from one to the next.

A token holds the place of the last item that was answered, so that what is added or removed meanwhile moves no page.

**Left out:** tokens that expire or are signed; what is in one is checked when it comes back.
"""

import base64
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from amp_sandbox.protocol.errors import AwsError

T = TypeVar("T")
P = TypeVar("P")


def page_of(items: Iterator[T], limit: int, position: Callable[[T], object]) -> tuple[list[T], dict[str, str]]:
    """The first `limit` items, and the answer's NextToken if there are more; it holds the last one's `position`."""
    page = list(islice(items, limit))
    return page, {} if next(items, None) is None else {"NextToken": token_of(position(page[-1]))}


def token_of(position: object) -> str:
    """The token of a place in a list."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def position_of(token: str | None, kind: type[P], refused: Callable[[str], AwsError]) -> P | None:
    """The place in a token, or None at the start; `refused` makes the service's error of a message."""
    if not token:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        found = None
    if not isinstance(found, kind):
        raise refused(f"The NextToken {token!r:.100} is none that this operation gave.")
    return found
