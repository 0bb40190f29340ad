"""The operations the stand-ins serve, found by service and AWS name.

``@operation`` fills the registry that dispatch, the coverage page and the test of untested operations read.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Request = dict[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """What an operation may use besides its request: its service's database, the clock, and LocalStack.

    `db` belongs to the calling thread, `now` answers seconds since 1970, and `aws("kinesis")` is a boto3
    client of LocalStack.
    """

    db: sqlite3.Connection
    region: str
    account_id: str
    request_id: str
    now: Callable[[], float]
    aws: Callable[[str], Any]


Handler = Callable[[Context, Request], Answer]


@dataclass(frozen=True)
class Operation:
    """One operation of one service: `service` is botocore's name, `name` AWS's.

    A request that sets one of the options in `refuses` ("Member" or "Outer.Inner") never reaches the handler. The
    strings in `longer` may be longer than AWS's model says; the handler's docstring says why.
    """

    service: str
    name: str
    handler: Handler
    refuses: tuple[str, ...] = ()
    longer: tuple[str, ...] = ()


_operations: dict[tuple[str, str], Operation] = {}


def operation(
    service: str, name: str, *, refuses: Iterable[str] = (), longer: Iterable[str] = ()
) -> Callable[[Handler], Handler]:
    """Register the decorated function as an operation; a second registration is a mistake and raises."""

    def register(handler: Handler) -> Handler:
        if (service, name) in _operations:
            raise ValueError(f"{service}:{name} is registered twice")
        _operations[service, name] = Operation(service, name, handler, tuple(refuses), tuple(longer))
        return handler

    return register


def find_operation(service: str, name: str) -> Operation | None:
    """The registered operation, or None."""
    return _operations.get((service, name))


def registered_operations() -> list[Operation]:
    """Every registered operation, by service and name."""
    return [_operations[key] for key in sorted(_operations)]


def registered_services() -> list[str]:
    """The services that have at least one operation, sorted."""
    return sorted({service for service, _ in _operations})
