"""The near-real-time path: new raw data, seconds after Firehose has written it."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.glue_catalog import GlueCatalogHook
from airflow.providers.common.messaging.triggers.msg_queue import MessageQueueTrigger
from airflow.sdk import DAG, Asset, AssetWatcher, TriggerRule, task

from amp_dags.alerts import late_after
from amp_dags.arrivals import Folder, arrivals, bodies, by_table
from amp_dags.crawl import CrawlOperator
from amp_dags.options import RAW_DATABASE, TAGS, default_args, option, seconds
from amp_dags.sql import FOLDER, read
from amp_dags.warehouse import check, mart

log = logging.getLogger(__name__)

ABOUT = """\
Runs when raw data has arrived: S3 tells the topic of raw objects of each new one, the topic the arrival queue, and a
watcher reads the queue. All that arrives while a run goes on is one run's, the next.

It makes new folders known to the Data Catalog, rebuilds `marts.trending_now` from the events of the last hours, and
checks what arrived. Tables of whole days are `lake_daily`'s; data for days that are over is named in the log and the
XCom of `what_arrived`. `lake_daily` rebuilds yesterday as well as its own day; for days before that, run it with
`days`.

## What may be missed

The watcher deletes messages when it has read them, before a run has begun: **an arrival is told at most once.** If
Airflow goes down in between, it is not told of again. Nothing is lost by that: the objects are in the bucket, the
function crawler-trigger has a queue of its own, `marts.trending_now` is rebuilt as a whole by the next arrival, and
`lake_daily` reads the bucket and no messages.

## When a task fails

The next arrival tries everything again, so an alert that comes once needs no more than a look. One that comes again
and again: see the task's documentation. To catch up by hand, trigger the DAG: without messages it crawls and rebuilds.
"""
WHAT_ARRIVED = """\
Reads the messages, and asks the Data Catalog whether it knows the folders in which objects arrived; only if not, raw
is crawled. A message that is no notification of S3 is in the log, and passed over. When it fails: the Data Catalog
cannot be reached, or Airflow's role may not read it.
"""
CRAWL = """\
Makes new folders known to the Data Catalog. When it fails: the crawl's log in `/aws-glue/crawlers` says which object it
could not read.
"""
TRENDING = """\
Rebuilds `marts.trending_now` in one transaction, so it is as before when it fails. The error names the statement.
"""
CHECK = """\
Fails when too many of the events that arrived lack what the marts are made of. The alert says how to see which: usually
one type of event since a release of the app, whose contract is in `services/event_contracts`. The events stay in raw;
`lake_daily` puts those it cannot use in quarantine.
"""

# A poll takes up to a second where there is nothing; so many together are one event, and so, one run.
BATCHES = 4
MESSAGES = 10  # the most that SQS gives at once
# The most that Glue is asked for at once: https://docs.aws.amazon.com/glue/latest/webapi/API_BatchGetPartition.html
MOST_PARTITIONS = 1000

ARRIVED_DAYS = {
    name: f"{{{{ ti.xcom_pull(task_ids='what_arrived', key='{name}') }}}}" for name in ("first_day", "last_day")
}

raw_objects = Asset(
    "raw_objects",
    watchers=[
        AssetWatcher(
            name="arrival_queue",
            trigger=MessageQueueTrigger(
                scheme="sqs",
                sqs_queue=option("arrival_queue_url"),
                aws_conn_id=None,
                max_messages=MESSAGES,
                num_batches=BATCHES,
                wait_time_seconds=1,
                waiter_delay=seconds("poll_seconds"),
            ),
        )
    ],
)


def _are_known(folders: Sequence[Folder]) -> bool:
    """Whether the Data Catalog has all of some partitions."""
    glue = GlueCatalogHook(aws_conn_id=None).conn
    for table, some in by_table(folders).items():
        if len(some) > MOST_PARTITIONS:
            return False
        asked = [{"Values": list(folder.values)} for folder in some]
        try:
            answer = glue.batch_get_partition(DatabaseName=RAW_DATABASE, TableName=table, PartitionsToGet=asked)
        except glue.exceptions.EntityNotFoundException:
            return False
        if len(answer["Partitions"]) < len(some):
            return False
    return True


with DAG(
    "lake_on_arrival",
    description="New raw data: folders made known, what is trending now, and a check",
    doc_md=ABOUT,
    schedule=[raw_objects],
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    deadline=late_after(timedelta(minutes=30), option("alerts_topic_arn")),
    default_args=default_args(),
    tags=[*TAGS, "near-real-time"],
) as dag:

    @task.branch(execution_timeout=timedelta(minutes=2), doc_md=WHAT_ARRIVED)
    def what_arrived(**context: Any) -> str | None:
        """Which task is next; what arrived is in XComs."""
        events = [event for each in context["triggering_asset_events"].values() for event in each]
        found = arrivals(bodies(event.extra.get("payload", {}) for event in events))
        today = datetime.now(UTC).date()
        told = {
            "objects": found.objects,
            "tables": sorted(by_table(found.folders)),
            "late_days": list(found.late(today)),
            "first_day": found.days[0] if found.days else today.isoformat(),
            "last_day": found.days[-1] if found.days else today.isoformat(),
        }
        for key, value in told.items():
            context["ti"].xcom_push(key=key, value=value)
        log.info("%d objects arrived: %s", found.objects, told)
        if not events:
            return "crawl_raw"
        if not found.objects:
            return None
        return "trending_now" if _are_known(found.folders) else "crawl_raw"

    crawl_raw = CrawlOperator(
        task_id="crawl_raw", crawler=option("raw_crawler"), execution_timeout=timedelta(minutes=30), doc_md=CRAWL
    )
    trending_now = mart(
        read(FOLDER / "near_real_time" / "trending_now.sql"),
        trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,  # a crawl that is not needed is skipped
        doc_md=TRENDING,
    )
    complete = check(read(FOLDER / "near_real_time" / "arrivals_are_complete.sql"), ARRIVED_DAYS, doc_md=CHECK)

    next_task = what_arrived()
    next_task >> crawl_raw >> trending_now >> complete
    next_task >> trending_now
