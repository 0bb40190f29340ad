"""The batch path, once a day: snapshots, crawls, Spark jobs, marts, checks of what they hold, and the daily flash."""

from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.hooks.emr import EmrContainerHook
from airflow.providers.amazon.aws.operators.lambda_function import LambdaInvokeFunctionOperator
from airflow.sdk import DAG, Param, TaskGroup, chain, task

from amp_dags.alerts import late_after
from amp_dags.crawl import CrawlOperator
from amp_dags.options import TAGS, default_args, option
from amp_dags.pages import FlashOperator
from amp_dags.runs import CATALOGUE_DAY, LAST_DAY, MACROS, daily_at
from amp_dags.spark import SparkJobOperator, cancel_all
from amp_dags.sql import files
from amp_dags.warehouse import check, mart

ABOUT = """\
Rebuilds a day of the lake's tables and marts: **the day on which the run's data interval begins**, and the day before
it, for events that came late. It runs at 02:00 UTC, when the day is over, and should be through by 06:00; an alert
says when it is not.

| Parameter | Says |
| --- | --- |
| `date` | another day than that of the interval |
| `days` | how many days up to it are rebuilt; 2, unless more are late |

A run replaces the rows of its days, so it may be repeated: the same raw data gives the same rows. Shows are as the
catalogue has them when the run begins, whichever its days are. The tables of creators and users are those of the run's
day: after filling days of the past, run the newest day again.

## Filling days of the past

With one run: set `date` to the last day and `days` to how many. Or by a backfill, which has the range of the moments at
which runs were due, *a day after those that are filled*: for the 20th to the 22nd, from the 21st to the 23rd at 23:00.
Its runs must go from old to new, one at a time (`max_active_runs` 1): a run builds on the days before it.

## When a task fails

It is tried again twice. If that does not help, an alert says what failed, why, and what to do, as does each task's
own documentation. **Mend the cause and clear the task**: the run goes on from there. Nothing has to be undone first,
as every task replaces what it wrote; a job that still goes on is cancelled before it is started again.

To give up a run, mark it as failed. Jobs that go on then are cancelled.
"""
SNAPSHOTS = """\
Has the function catalog-export write the catalogue's shows, creators and users, as they were at the end of the day, to
raw. When it fails: its log `/aws/lambda/catalog-export-…` says whether the catalogue service can be reached. A day that
has not begun is refused. Events do not wait for it, but profiles, marts and checks do.
"""
CRAWL = """\
Brings the Data Catalog up to date with a bucket. When it fails: the crawl's log in `/aws-glue/crawlers` says which
object it could not read. When it takes too long, somebody else's crawl may go on: `aws glue get-crawler --name …`.
"""
JOB = """\
Runs `spark/jobs/{job}.py` on EMR on EKS. When it fails: the alert has EMR's reason, and where the driver's log is; a
line there that begins with `{job}:` is the job's own. Data that it cannot use is in the transformed bucket's
`_quarantine/`, and does not fail it. When it takes too long: see in EMR whether it waits for room on the cluster.
"""
STOP_JOBS = """\
Cancels what goes on of the run's jobs when no task waits for it any more, as when the run was marked as failed. When it
fails, EMR could not be asked; the next run of the DAG waits until those jobs have ended.
"""
MART = """\
Runs `marts/*_%s.sql` in one transaction, so the mart is as before when it fails. The error names the statement. A table
that does not exist means that the crawl of transformed found none: run the job which writes it.
"""
CHECK = """\
Fails when the query in `checks/%s.sql` finds rows, and says how to see them. The marts are there, but what they say
of these days is wrong. Mend the data or the job, and clear the job's task with all that follow. If the check is
wrong, mend it: a check that is passed over is soon passed over always.
"""
FLASH = """\
Writes the daily flash of each day of the run to the transformed bucket, `_pages/daily_flash/<day>.html`, in place of
one that is there. It waits for the checks, so a page of wrong numbers is not written. When it fails: the error says
whether the mart could not be read or the page not be written; nobody else waits for it.
"""


def _job(name: str, *, day: str = LAST_DAY, takes_days: bool = False, hours: int = 1) -> SparkJobOperator:
    return SparkJobOperator(
        task_id=name,
        job=name,
        day=day,
        takes_days=takes_days,
        execution_timeout=timedelta(hours=hours),
        doc_md=JOB.format(job=name),
    )


with DAG(
    "lake_daily",
    description="Snapshots, crawls, Spark jobs, marts, checks and the flash of a day",
    doc_md=ABOUT,
    schedule=daily_at(2, interval=timedelta(days=1)),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    deadline=late_after(timedelta(hours=4), option("alerts_topic_arn")),
    params={
        "date": Param(None, type=["null", "string"], format="date", description="The day; that of the run, if empty."),
        "days": Param(2, type="integer", minimum=1, maximum=366, description="How many days up to it are rebuilt."),
    },
    user_defined_macros=MACROS,
    default_args=default_args(),
    tags=[*TAGS, "daily"],
) as dag:
    snapshots = LambdaInvokeFunctionOperator(
        task_id="snapshots",
        function_name=option("catalog_export_function"),
        payload=f'{{"date": "{LAST_DAY}"}}',
        # The function has five minutes; Airflow tries again, not the client.
        botocore_config={"read_timeout": 320, "tcp_keepalive": True, "retries": {"total_max_attempts": 1}},
        doc_md=SNAPSHOTS,
    )
    crawl_raw = CrawlOperator(
        task_id="crawl_raw", crawler=option("raw_crawler"), execution_timeout=timedelta(hours=1), doc_md=CRAWL
    )

    with TaskGroup("jobs", tooltip="Spark jobs on EMR on EKS, by what they read"):
        events = _job("events", takes_days=True, hours=2)
        show_catalog = _job("show_catalog", day=CATALOGUE_DAY)
        profiles = _job("profiles")
        sessions = _job("sessions", takes_days=True)
        show_engagement = _job("show_engagement", takes_days=True)
        features = _job("recommendation_features")
        recommendations = _job("recommendations")
        snapshots >> profiles
        events >> sessions
        [events, show_catalog] >> show_engagement
        [events, show_catalog, profiles] >> features >> recommendations

        @task(execution_timeout=timedelta(minutes=5), doc_md=STOP_JOBS)
        def stop_jobs(**context: Any) -> list[str]:
            """The names of the job runs that were cancelled."""
            hook = EmrContainerHook(aws_conn_id=None, virtual_cluster_id=option("virtual_cluster_id"))
            return cancel_all(hook, context["dag_run"].run_id)

        [sessions, show_engagement, recommendations] >> stop_jobs().as_teardown()

    crawl_transformed = CrawlOperator(
        task_id="crawl_transformed",
        crawler=option("transformed_crawler"),
        execution_timeout=timedelta(hours=1),
        doc_md=CRAWL,
    )

    with TaskGroup("marts", tooltip="In the order of their numbers, each in one transaction") as marts:
        chain(*(mart(file, doc_md=MART % file.name) for file in files("marts")))

    with TaskGroup("checks", tooltip="Each a query that must find nothing") as checks:
        for file in files("checks"):
            check(file, doc_md=CHECK % file.name)

    flash = FlashOperator(task_id="write_flash", doc_md=FLASH)

    snapshots >> crawl_raw
    [sessions, show_engagement, recommendations] >> crawl_transformed
    [crawl_raw, crawl_transformed] >> marts >> checks >> flash
