"""The crawler: whether a crawl of it covers an object, and starting it when it is time.

https://docs.aws.amazon.com/glue/latest/webapi/API_GetCrawler.html
https://docs.aws.amazon.com/glue/latest/webapi/API_StartCrawler.html

**Left out:** crawls before the last one. If that failed, the object is crawled once more.
"""

import logging
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# S3 and Glue have clocks of their own; a crawl that began this much later did begin after the object was written.
CLOCKS_DIFFER = timedelta(seconds=1)
BUSY = frozenset({"CrawlerRunningException", "CrawlerStoppingException", "SchedulerTransitioningException"})
REFUSALS = frozenset({"AccessDeniedException", "EntityNotFoundException", "InvalidInputException"})

CONFIG = Config(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})

Reason = Literal[
    "crawl_started",  # it began just now; whether it succeeds is seen later
    "crawler_running",  # another crawl goes on, or ends
    "too_soon",  # the last crawl began less than the minimum interval ago
    "crawler_unavailable",  # Glue throttles, fails, or does not answer
    "crawler_refused",  # there is no such crawler, or no permission
]


@dataclass(frozen=True)
class Crawler:
    """What Glue says of a crawler; `elapsed` is how long the current crawl has been going on, in seconds."""

    state: str
    elapsed: float
    last_began: datetime | None
    last_succeeded: bool


@dataclass(frozen=True)
class Waiting:
    """Why a message must come back, and in how many seconds if that is known."""

    reason: Reason
    detail: str
    seconds: int | None = None

    @property
    def level(self) -> int:
        """How loudly to tell of it."""
        return logging.WARNING if self.reason in ("crawler_unavailable", "crawler_refused") else logging.INFO


def describe(glue: BaseClient, name: str) -> Crawler | Waiting:
    """Ask Glue for the crawler."""
    try:
        found: dict[str, Any] = glue.get_crawler(Name=name)["Crawler"]
    except (BotoCoreError, ClientError) as error:
        return _failure(error)
    last = found.get("LastCrawl", {})
    return Crawler(
        state=found["State"],
        elapsed=found.get("CrawlElapsedTime", 0) / 1000,
        last_began=last.get("StartTime"),
        last_succeeded=last.get("Status") == "SUCCEEDED",
    )


def covers(crawler: Crawler, written: datetime) -> bool:
    """Whether the last crawl began after the object was written, and succeeded."""
    began = crawler.last_began
    return crawler.last_succeeded and began is not None and written + CLOCKS_DIFFER <= began


def start_or_wait(glue: BaseClient, name: str, crawler: Crawler, now: datetime, minimum_interval: int) -> Waiting:
    """Start the crawler, unless it is running or ran a moment ago; answers when to look again."""
    if crawler.state != "READY":
        # As long again as it has been going on: a crawl of hours is looked at a few times only.
        return Waiting("crawler_running", crawler.state, math.ceil(crawler.elapsed))
    if crawler.last_began is not None:
        left = (crawler.last_began - now).total_seconds() + minimum_interval
        if left > 0:
            return Waiting("too_soon", f"{minimum_interval} s between crawls", math.ceil(left))
    try:
        glue.start_crawler(Name=name)
    except (BotoCoreError, ClientError) as error:
        return _failure(error)
    return Waiting("crawl_started", "", 0)


def _failure(error: BotoCoreError | ClientError) -> Waiting:
    if not isinstance(error, ClientError):
        return Waiting("crawler_unavailable", type(error).__name__)
    code = error.response["Error"]["Code"]
    if code in BUSY:
        return Waiting("crawler_running", code, 0)
    return Waiting("crawler_refused" if code in REFUSALS else "crawler_unavailable", code)
