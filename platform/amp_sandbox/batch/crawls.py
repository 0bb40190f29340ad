"""Running a Glue crawler and waiting for it.

https://docs.aws.amazon.com/glue/latest/webapi/API_StartCrawler.html

A crawler that runs already may have listed a folder before what is asked for was written, so its end is waited for and
it is started once more.
"""

import time
from dataclasses import dataclass

from amp_sandbox import aws
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings

DEADLINE_SECONDS = 900
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Crawl:
    """A crawl that succeeded, and what it changed of the Data Catalog's tables."""

    crawler: str
    created: int
    updated: int
    deleted: int

    def __str__(self) -> str:
        counts = {"created": self.created, "updated": self.updated, "deleted": self.deleted}
        changed = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return f"tables: {changed}" if changed else "no table changed"


def crawl(settings: Settings, crawler: str) -> Crawl:
    """Run a crawler from start to end.

    Raises SandboxError with the crawl's message when it fails or is stopped.
    """
    glue = aws.client(settings, "glue")
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            glue.start_crawler(Name=crawler)
            break
        except glue.exceptions.CrawlerRunningException:
            _wait_ready(settings, crawler, deadline)
    _wait_ready(settings, crawler, deadline)
    last = glue.get_crawler(Name=crawler)["Crawler"].get("LastCrawl", {})
    if last.get("Status") != "SUCCEEDED":
        raise SandboxError(
            f"The crawler {crawler} {'was stopped' if last.get('Status') == 'CANCELLED' else 'failed'}.",
            last.get("ErrorMessage", "It gives no reason."),
            f"Its log: aws logs tail {last.get('LogGroup', '/aws-glue/crawlers')} --since 10m",
        )
    [metrics] = glue.get_crawler_metrics(CrawlerNameList=[crawler])["CrawlerMetricsList"]
    return Crawl(crawler, metrics["TablesCreated"], metrics["TablesUpdated"], metrics["TablesDeleted"])


def _wait_ready(settings: Settings, crawler: str, deadline: float) -> None:
    glue = aws.client(settings, "glue")
    while glue.get_crawler(Name=crawler)["Crawler"]["State"] != "READY":
        if time.monotonic() > deadline:
            raise SandboxError(
                f"The crawler {crawler} has not ended after {DEADLINE_SECONDS} s.",
                hint=f"Stop it with: aws glue stop-crawler --name {crawler}",
            )
        time.sleep(POLL_SECONDS)
