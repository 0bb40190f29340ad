"""Opens the MWAA stand-in: its store, its operations, and the engine that configures Airflow.

**Left out:** more than one region, account or environment. CreateCliToken and CreateWebLoginToken are refused by name:
their tokens are for addresses (`https://<host>/aws_mwaa/…`) that only MWAA's own web server has. `sandbox dag` and
InvokeRestApi do what they are for. PublishMetrics is for MWAA's own use and no longer available on AWS either.
"""

import time
from functools import partial

from amp_sandbox import aws, paths
from amp_sandbox.mwaa import engine, environments, rest_api, store, tags
from amp_sandbox.mwaa.airflow import SupervisedAirflow
from amp_sandbox.mwaa.context import AirflowContext
from amp_sandbox.mwaa.shapes import environment_arn
from amp_sandbox.settings import Settings
from amp_sandbox.standins.engine import Engine
from amp_sandbox.standins.service import Service, one_per_thread

NAME = "mwaa"
OPERATION_MODULES = (environments, rest_api, tags)
"""Imported for the operations that they register."""

_TICK_SECONDS = 0.1
_THREADS = 16


def open_service(settings: Settings) -> Service:
    """The stand-in of one sandbox, ready to be served."""
    folder = paths.state_dir(settings.home, NAME)
    folder.mkdir(parents=True, exist_ok=True)
    connection = one_per_thread(lambda: store.connect(folder / "mwaa.sqlite"))
    client = partial(aws.client, settings)
    airflow = SupervisedAirflow(settings)

    def context(request_id: str) -> AirflowContext:
        return AirflowContext(
            connection(), settings.region, settings.account_id, request_id, time.time, client, airflow
        )

    tick = partial(engine.tick, connection, airflow, time.time, partial(environment_arn, context("engine")))
    # Threads of its own, as the call that starts Airflow waits long.
    return Service(NAME, context, [Engine("mwaa", tick, _TICK_SECONDS)], threads=_THREADS)
