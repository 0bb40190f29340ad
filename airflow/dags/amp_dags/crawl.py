"""Crawls that see what was written before they were asked for."""

from collections.abc import Mapping
from typing import Any

from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator
from airflow.providers.amazon.aws.triggers.glue_crawler import GlueCrawlerCompleteTrigger
from airflow.sdk import Context
from botocore.exceptions import ClientError

from amp_dags.options import seconds


class CrawlOperator(GlueCrawlerOperator):
    """Runs a crawler from start to end, and waits for it without a worker.

    A crawl that goes on already, started by new objects or by another run, may have listed a folder before what is
    asked for was written. So its end is waited for, however it ends, and the crawler is started once more.
    https://docs.aws.amazon.com/glue/latest/webapi/API_StartCrawler.html
    """

    def __init__(self, *, crawler: str, **kwargs: Any) -> None:
        super().__init__(config={"Name": crawler}, poll_interval=seconds("poll_seconds"), deferrable=True, **kwargs)

    def execute(self, context: Context) -> str:
        """Start a crawl, once none goes on."""
        try:
            return str(super().execute(context))
        except ClientError as error:
            if error.response["Error"]["Code"] != "CrawlerRunningException":
                raise
        self.log.info("A crawl goes on; the next one is started when it has ended")
        self.defer(
            trigger=GlueCrawlerCompleteTrigger(
                crawler_name=self.config["Name"], waiter_delay=self.poll_interval, aws_conn_id=self.aws_conn_id
            ),
            method_name="start_after",
        )
        raise AssertionError("a deferred task does not get here")

    def start_after(self, context: Context, event: Mapping[str, Any] | None = None) -> str:
        """Go on when another crawl has ended."""
        return self.execute(context)

    def defer(self, *, timeout: Any = None, **kwargs: Any) -> None:
        """Wait without a worker, for as long as the task may take; the provider's operator would wait for ever."""
        super().defer(timeout=timeout or self.execution_timeout, **kwargs)
