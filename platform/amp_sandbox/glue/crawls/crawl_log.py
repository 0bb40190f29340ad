"""A crawl's log in CloudWatch Logs, in the group of all crawlers and the crawler's own stream, as on AWS.

https://docs.aws.amazon.com/glue/latest/dg/monitor-crawler.html

Lines are sent together, some thousand at a time, when the crawl ends or earlier.

**Left out:** lines that CloudWatch Logs does not take: a crawl does not fail because of its log, and the stand-ins' own
log has them as well.
"""

import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from amp_sandbox.glue.shapes import LOG_GROUP

log = logging.getLogger(__name__)

_LINES_PER_CALL = 1000
_LONGEST_LINE = 8000


class CrawlLog:
    """The lines of one crawl, each with the crawl's id before it."""

    def __init__(self, crawler: str, crawl_id: str, client: Callable[[str], Any], now: Callable[[], float]) -> None:
        self._crawler, self._crawl_id, self._client, self._now = crawler, crawl_id, client, now
        self._lines: list[dict[str, Any]] = []
        self._made = False

    def benchmark(self, message: str) -> None:
        """A step that every crawl takes."""
        self._add("BENCHMARK", message)

    def info(self, message: str) -> None:
        """What was found or changed."""
        self._add("INFO", message)

    def warn(self, message: str) -> None:
        """What was left out."""
        self._add("WARN", message)

    def error(self, message: str) -> None:
        """Why the crawl ends."""
        self._add("ERROR", message)

    def flush(self) -> None:
        """Send what was not sent yet."""
        lines, self._lines = self._lines, []
        try:
            logs = self._client("logs")
            self._make(logs)
            for start in range(0, len(lines), _LINES_PER_CALL):
                some = lines[start : start + _LINES_PER_CALL]
                logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=self._crawler, logEvents=some)
        except (BotoCoreError, ClientError) as error:
            log.warning("%s: %d lines are not logged to %s: %s", self._crawler, len(lines), LOG_GROUP, error)

    def _add(self, level: str, message: str) -> None:
        log.info("crawler %s: %s: %s", self._crawler, level, message)
        line = f"[{self._crawl_id}] {level} : {message}"[:_LONGEST_LINE]
        self._lines.append({"timestamp": int(self._now() * 1000), "message": line})
        if len(self._lines) >= _LINES_PER_CALL:
            self.flush()

    def _make(self, logs: Any) -> None:
        if self._made:
            return
        for make, names in (
            (logs.create_log_group, {"logGroupName": LOG_GROUP}),
            (logs.create_log_stream, {"logGroupName": LOG_GROUP, "logStreamName": self._crawler}),
        ):
            try:
                make(**names)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                    raise
        self._made = True
