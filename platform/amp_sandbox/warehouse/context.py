"""The context of Redshift's operations: that of every stand-in, and the warehouse."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amp_sandbox.protocol import Context

if TYPE_CHECKING:
    from amp_sandbox.redshift_data.runner import Runner
    from amp_sandbox.warehouse.host import Host


@dataclass(frozen=True)
class WarehouseContext(Context):
    """`host` is the warehouse; `runner` runs the Data API's statements."""

    host: "Host"
    runner: "Runner"


def host_of(ctx: Context) -> "Host":
    """The warehouse of a request."""
    assert isinstance(ctx, WarehouseContext)
    return ctx.host


def runner_of(ctx: Context) -> "Runner":
    """What runs a request's statements."""
    assert isinstance(ctx, WarehouseContext)
    return ctx.runner
