"""The place in a list that a request of the Data API asks for."""

from typing import TypeVar

from amp_sandbox.protocol import Request, pages
from amp_sandbox.redshift_data import errors

P = TypeVar("P")


def position_of(req: Request, kind: type[P]) -> P | None:
    """The place in a request's NextToken, or None at the start."""
    return pages.position_of(req.get("NextToken"), kind, errors.invalid)
