"""Asks the catalogue service for shows, several at a time, within a given time.

Attempts are few and short: a message that fails is delivered again by SQS, which waits longer than a function should.

**Left out:** a limit on the size of an answer; the catalogue is Amp's own. Dates in Retry-After; only seconds are read.
"""

import json
import random
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import urllib3

from rejected import Rejected

WORKERS = 10
ATTEMPTS = 3
CONNECT_SECONDS = 1.0
READ_SECONDS = 2.0
BACKOFF_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
WORTH_ANOTHER_TRY = frozenset({429, 500, 502, 503, 504})

Show = dict[str, Any]


def fetch_shows(
    http: urllib3.PoolManager, base_url: str, show_ids: Iterable[str], deadline: float
) -> dict[str, Show | Exception]:
    """Ask for each show once; return what came of it: the show, or the exception that says why there is none.

    Returns at `deadline` (of time.monotonic) at the latest, also when an answer is still trickling in.
    """
    distinct = list(dict.fromkeys(show_ids))
    if not distinct:
        return {}
    workers = ThreadPoolExecutor(min(WORKERS, len(distinct)), thread_name_prefix="catalogue")
    try:
        asked = {show_id: workers.submit(fetch_show, http, base_url, show_id, deadline) for show_id in distinct}
        wait(asked.values(), timeout=max(0.0, deadline - time.monotonic()))
        return {show_id: _outcome(future) for show_id, future in asked.items()}
    finally:
        workers.shutdown(wait=False, cancel_futures=True)


def fetch_show(http: urllib3.PoolManager, base_url: str, show_id: str, deadline: float) -> Show:
    """Ask for one show, up to ATTEMPTS times; raise Rejected if there is no answer to be had."""
    problem = "not asked"
    for attempt in range(ATTEMPTS):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        pause = BACKOFF_SECONDS * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
        try:
            response = http.request(
                "GET",
                f"{base_url}/v1/shows/{show_id}",
                headers={"Accept": "application/json"},
                timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, left), read=min(READ_SECONDS, left)),
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            problem = type(error).__name__
        else:
            if response.status == 200:
                return _show(response.data, show_id)
            problem = f"HTTP {response.status}"
            if response.status == 404:
                raise Rejected("unknown_show", "the catalogue has no such show")
            if response.status not in WORTH_ANOTHER_TRY:
                raise Rejected("api_refused", problem)
            pause = max(pause, _retry_after(response.headers.get("Retry-After", "")))
        if attempt + 1 < ATTEMPTS:
            time.sleep(min(pause, LONGEST_PAUSE_SECONDS, max(0.0, deadline - time.monotonic())))
    raise Rejected("api_unavailable", f"the catalogue gave no answer; the last problem: {problem}")


def _outcome(future: Future[Show]) -> Show | Exception:
    if not future.done():
        return Rejected("api_unavailable", "the catalogue gave no answer in time")
    error = future.exception()
    if isinstance(error, Exception):
        return error
    return future.result()


def _show(body: bytes, show_id: str) -> Show:
    try:
        show = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected("bad_metadata", "the catalogue's answer is not JSON") from None
    if not isinstance(show, dict) or show.get("show_id") != show_id:
        raise Rejected("bad_metadata", "the catalogue's answer is not the show that was asked for")
    return show


def _retry_after(header: str) -> float:
    return float(header) if header.isascii() and header.isdigit() else 0.0
