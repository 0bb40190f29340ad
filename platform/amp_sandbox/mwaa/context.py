"""The context of MWAA's operations: that of every stand-in, and the Airflow of this machine."""

from dataclasses import dataclass

from amp_sandbox.mwaa.airflow import Airflow
from amp_sandbox.protocol import Context


@dataclass(frozen=True)
class AirflowContext(Context):
    """`airflow` is what environments run on."""

    airflow: Airflow


def airflow_of(ctx: Context) -> Airflow:
    """The Airflow of a request."""
    assert isinstance(ctx, AirflowContext)
    return ctx.airflow
