"""Opens the Glue stand-in: its store, its operations, and the threads that crawl.

**Left out:** more than one region or account; there is one store. Jobs, triggers, workflows and the schema registry:
their operations are refused by name.
"""

import time
from functools import partial

from amp_sandbox import aws, paths
from amp_sandbox.glue import crawler_runs, crawlers, databases, partitions, store, tables, tags
from amp_sandbox.glue.crawls.engine import SCHEDULE_SECONDS, CrawlEngine, Schedules, recover
from amp_sandbox.protocol import Context
from amp_sandbox.settings import Settings
from amp_sandbox.standins.engine import Engine
from amp_sandbox.standins.service import Runs, Service, one_per_thread

NAME = "glue"
OPERATION_MODULES = (databases, tables, partitions, tags, crawlers, crawler_runs)
"""Imported for the operations that they register."""


def open_service(settings: Settings) -> Service:
    """The stand-in of one sandbox, ready to be served."""
    folder = paths.state_dir(settings.home, NAME)
    folder.mkdir(parents=True, exist_ok=True)
    connection = one_per_thread(lambda: store.connect(folder / "glue.sqlite"))
    client = partial(aws.client, settings)
    recover(connection(), time.time())

    def context(request_id: str) -> Context:
        return Context(connection(), settings.region, settings.account_id, request_id, time.time, client)

    schedules = Schedules(connection, time.time)
    engines: list[Runs] = [
        CrawlEngine(connection, client, time.time),
        Engine("glue-schedules", schedules.tick, SCHEDULE_SECONDS),
    ]
    return Service(NAME, context, engines)
