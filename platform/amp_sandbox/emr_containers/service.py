"""Opens the EMR on EKS stand-in: its store, its operations, and the scheduler that runs the jobs.

**Left out:** more than one region or account; there is one store.
"""

import time
from functools import partial

from amp_sandbox import aws, paths
from amp_sandbox.emr_containers import job_runs, store, tags, virtual_clusters
from amp_sandbox.emr_containers.attempt import NAME
from amp_sandbox.emr_containers.cluster import SupervisedCluster
from amp_sandbox.emr_containers.container_cluster import ContainerCluster
from amp_sandbox.emr_containers.drivers import ProcessDrivers
from amp_sandbox.emr_containers.logs import AwsLogs
from amp_sandbox.emr_containers.scheduler import Scheduler
from amp_sandbox.protocol import Context
from amp_sandbox.runtime import spark
from amp_sandbox.settings import COMPOSE, Settings
from amp_sandbox.standins.engine import Engine
from amp_sandbox.standins.service import Service, one_per_thread

OPERATION_MODULES = (virtual_clusters, job_runs, tags)
"""Imported for the operations that they register."""

_TICK_SECONDS = 0.2


def open_service(settings: Settings) -> Service:
    """The stand-in of one sandbox, ready to be served."""
    folder = paths.state_dir(settings.home, NAME)
    folder.mkdir(parents=True, exist_ok=True)
    connection = one_per_thread(lambda: store.connect(folder / "emr.sqlite"))
    client = partial(aws.client, settings)

    def context(request_id: str) -> Context:
        return Context(connection(), settings.region, settings.account_id, request_id, time.time, client)

    scheduler = Scheduler(
        settings,
        spark.this_machine(),
        connect=connection,
        cluster=ContainerCluster(settings) if settings.runtime == COMPOSE else SupervisedCluster(settings),
        drivers=ProcessDrivers(),
        logs=AwsLogs(client, time.time),
        client=client,
        clock=time.time,
    )
    return Service(NAME, context, [Engine("emr-scheduler", scheduler.tick, _TICK_SECONDS)])
