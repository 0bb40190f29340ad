"""The hops of the platform: what each is, in the words of the map and of its own page.

**Left out:** numbers, which `collect` finds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from amp_sandbox.publish.streams import queue_url
from amp_sandbox.settings import Settings


@dataclass(frozen=True)
class Hop:
    """A part of the platform that data comes by.

    `brief` is on the map and `about` on its page, for somebody who never heard of it. `command` shows with AWS's own
    tool what the page shows. `empty` is what to type when nothing came by yet.
    """

    name: str
    title: str
    kind: str
    brief: str
    about: str
    command: str
    empty: str = "sandbox seed"


def hops(settings: Settings) -> Mapping[str, Hop]:
    """Every hop by its name, in the order in which data comes by."""
    return {hop.name: hop for hop in (*_catalogue(settings), *_events(settings), *_lake(settings), *_bi(settings))}


def _catalogue(settings: Settings) -> tuple[Hop, ...]:
    return (
        Hop(
            "topic",
            "Show changes",
            "SNS",
            "Who changes a show announces it here.",
            "Whoever changes a show in the catalogue announces it here, with no more than its id. "
            "The topic passes each announcement on to everybody who subscribed: here, one queue.",
            f"aws sns list-subscriptions-by-topic --topic-arn {settings.topic_arn}",
        ),
        Hop(
            "queue",
            "Change queue",
            "SQS",
            "Announcements wait until they are handled.",
            "Announcements wait here until the function has handled them, so a busy or broken function loses none. "
            "What fails again and again is put aside into the dead-letter queue.",
            "aws sqs get-queue-attributes --attribute-names All"
            f" --queue-url {queue_url(settings, settings.queue_name)}",
        ),
        Hop(
            "ingest",
            "catalog-ingest",
            "Lambda",
            "Asks the catalogue for the show.",
            "Asks the catalogue service for the show of each announcement and puts what may be known of it on the "
            "stream. When the catalogue does not answer, it tries again after 2, 6, 18, 54 and 162 seconds.",
            f"aws logs tail /aws/lambda/{settings.function_name('catalog-ingest')} --since 10m",
        ),
        Hop(
            "catalog_stream",
            settings.catalog_stream,
            "Kinesis",
            "Keeps changes in order, for a day.",
            "Keeps every show change for a day, in order, for as many readers as want it. "
            "Firehose is one of them, and remembers how far it has come.",
            f"aws kinesis describe-stream-summary --stream-name {settings.catalog_stream}",
        ),
        Hop(
            "catalog_delivery",
            settings.catalog_delivery_stream,
            "Firehose",
            "Gathers records, writes them to the lake.",
            "Reads the stream, has each batch flattened by a function, gathers records for a moment and writes them "
            "to the lake as one object. What cannot be delivered goes to the error prefix, never away.",
            f"aws firehose describe-delivery-stream --delivery-stream-name {settings.catalog_delivery_stream}",
        ),
        Hop(
            "flattener",
            "show-flattener",
            "Lambda",
            "Makes one flat row of a show.",
            "Firehose calls it with each batch, and it makes one flat row of a show's nested document. "
            "A row then has the columns that people query.",
            f"aws logs tail /aws/lambda/{settings.function_name('show-flattener')} --since 10m",
        ),
    )


def _events(settings: Settings) -> tuple[Hop, ...]:
    return (
        Hop(
            "app",
            "App events",
            "The app",
            "What listeners do in the app, as it happens: follows, plays, chats, polls, likes, clicks.",
            "What listeners do in the app: follows, plays, chats, polls, likes, clicks. "
            "The app puts each event on the stream itself, as it happens.",
            f"aws kinesis describe-stream-summary --stream-name {settings.events_stream}",
            "sandbox seed --rate 100 --duration 60",
        ),
        Hop(
            "events_stream",
            settings.events_stream,
            "Kinesis",
            "Keeps events in order, for a day.",
            "Keeps every event of the app for a day, in order for each listener, for as many readers as want it. "
            "Firehose is one of them, and remembers how far it has come in each shard.",
            f"aws kinesis describe-stream-summary --stream-name {settings.events_stream}",
        ),
        Hop(
            "events_delivery",
            settings.events_delivery_stream,
            "Firehose",
            "Gathers events, files them by kind and day.",
            "Reads the stream, has each batch checked and flattened by a function, and writes the events to the lake "
            "by kind and day. What breaks its contract goes to the error prefix with the reason.",
            f"aws firehose describe-delivery-stream --delivery-stream-name {settings.events_delivery_stream}",
        ),
        Hop(
            "event_transform",
            "event-transform",
            "Lambda",
            "Checks and flattens events.",
            "Firehose calls it with each batch: it checks every event against its contract (a JSON Schema), flattens "
            "it, and says by which kind and day it is to be filed.",
            f"aws logs tail /aws/lambda/{settings.function_name('event-transform')} --since 10m",
        ),
    )


def _lake(settings: Settings) -> tuple[Hop, ...]:
    return (
        Hop(
            "raw",
            "Lake: raw",
            "S3",
            "Everything as it arrived, by kind and day. Nothing here is ever changed.",
            "Everything as it arrived, in gzipped JSON lines by kind and day; nothing here is ever changed. "
            "Records that could not be delivered are below errors/, with the reason.",
            f"aws s3 ls --recursive s3://{settings.raw_bucket}/",
        ),
        Hop(
            "crawlers",
            "Crawlers",
            "Glue",
            "Read new objects and infer what tables they make.",
            "Read new objects in the lake and infer what tables they make: columns, types, partitions. "
            "New raw objects start a crawl by themselves; a changed schema is followed.",
            "aws glue list-crawls --crawler-name amp-raw-" + settings.stage,
            "sandbox batch",
        ),
        Hop(
            "catalog",
            "Data Catalog",
            "Glue",
            "The one list of all tables, that everything shares.",
            "The one list of all tables in the lake, that Spark, the warehouse and people share. "
            "It holds names, columns and places; the data stays in S3.",
            "aws glue get-tables --database-name amp_raw --query TableList[].Name",
            "sandbox batch",
        ),
        Hop(
            "spark",
            "Spark jobs",
            "EMR on EKS",
            "Make clean tables of raw data, a day at a time.",
            "Turn raw objects into clean, deduplicated tables, a day at a time, on a cluster that exists only while "
            "jobs run. Rows that break a rule are put in quarantine with the reason.",
            "aws emr-containers list-virtual-clusters",
            "sandbox batch",
        ),
        Hop(
            "transformed",
            "Lake: transformed",
            "S3",
            "The tables that the jobs made, as Parquet.",
            "The tables that the jobs made, as Parquet: small to keep and fast to read. "
            "A second run for a day replaces that day.",
            f"aws s3 ls --recursive s3://{settings.transformed_bucket}/",
            "sandbox batch",
        ),
        Hop(
            "airflow",
            "Airflow",
            "MWAA",
            "Runs crawls, jobs and marts in the right order, on a schedule or when data arrives.",
            "Runs the batch work in the right order, on a schedule or when data arrives, and tries again what fails. "
            "Its plans (DAGs) are Python files.",
            f"aws mwaa get-environment --name {settings.airflow_environment}",
            "sandbox up --profile batch",
        ),
    )


def _bi(settings: Settings) -> tuple[Hop, ...]:
    return (
        Hop(
            "warehouse",
            "Warehouse",
            "Redshift",
            "Answers questions in SQL, over the lake and over marts made for the reports.",
            "Where people ask questions in SQL. It reads the lake's tables through the Data Catalog, and keeps marts: "
            "small tables of exactly what the reports show.",
            f"aws redshift describe-clusters --cluster-identifier {settings.warehouse_cluster}",
            "sandbox batch",
        ),
    )
