"""Opens the Redshift stand-in: its store and its operations.

**Left out:** more than one region, account or cluster. Snapshots, parameter groups, subnet groups, events, datashares
and reserved nodes: their operations are refused by name.
"""

import time
from collections.abc import Callable
from functools import partial

from amp_sandbox import aws, paths
from amp_sandbox.redshift import clusters, credentials, store, tags
from amp_sandbox.redshift_data.runner import Runner
from amp_sandbox.settings import Settings
from amp_sandbox.standins.service import Service, one_per_thread
from amp_sandbox.warehouse.context import WarehouseContext
from amp_sandbox.warehouse.host import NAME as FOLDER
from amp_sandbox.warehouse.host import Host

NAME = "redshift"
OPERATION_MODULES = (clusters, credentials, tags)
"""Imported for the operations that they register."""


def open_service(settings: Settings, host: Host, runner: Runner) -> Service:
    """The stand-in of one sandbox, ready to be served; `host` runs while it is."""
    folder = paths.state_dir(settings.home, FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    connection = one_per_thread(lambda: store.connect(folder / "redshift.sqlite"))
    host.cluster_names = lambda: {cluster.name for cluster in store.list_clusters(connection())}
    client: Callable[[str], object] = partial(aws.client, settings)

    def context(request_id: str) -> WarehouseContext:
        return WarehouseContext(
            connection(), settings.region, settings.account_id, request_id, time.time, client, host, runner
        )

    return Service(NAME, context, engines=[host])
