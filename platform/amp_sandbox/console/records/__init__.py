"""What a hop holds just now: the newest records, objects, tables or runs, as tables of its page.

Nothing here disturbs what it looks at. A queue's messages are listed and not received, so no consumer misses one;
streams are read with an iterator of our own; nothing is written anywhere.
"""

from collections.abc import Callable, Mapping, Sequence

from amp_sandbox.console.records import batch, functions, lake, streaming, warehouse
from amp_sandbox.console.tables import Table
from amp_sandbox.settings import Settings

CONTENTS: Mapping[str, Callable[[Settings], Sequence[Table]]] = {
    "topic": streaming.announcements,
    "queue": streaming.queue,
    "ingest": functions.log_of("catalog-ingest"),
    "catalog_stream": streaming.catalogue_records,
    "catalog_delivery": lake.catalogue_deliveries,
    "flattener": functions.log_of("show-flattener"),
    "app": streaming.app_publications,
    "events_stream": streaming.event_records,
    "events_delivery": lake.event_deliveries,
    "event_transform": functions.log_of("event-transform"),
    "raw": lake.raw,
    "crawlers": batch.crawls,
    "catalog": batch.catalogue,
    "spark": batch.job_runs,
    "transformed": lake.transformed,
    "airflow": batch.dag_runs,
    "warehouse": warehouse.marts,
}
"""What fills the page of each hop."""
