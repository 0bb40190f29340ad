"""Running SQL on a session of the warehouse, and its failures."""

from collections.abc import Callable

import pytest

from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.session import Session
from amp_sandbox.warehouse.types import Row

Rows = Callable[..., list[Row]]


def fails(session: Session, sql: str, *parameters: object) -> SqlError:
    """The error of a statement that fails; its rows are read."""
    with pytest.raises(SqlError) as caught:
        session.execute(session.prepare(sql), parameters).rows()
    return caught.value
