"""Reads an export of the catalogue service into a file, compressed, with little memory, and checks that it is whole.

The service streams an export in chunks, and its end is a chunk of its own: an answer that breaks off is an error and
not a short export. An export is asked for from its beginning again, a few times.

**Left out:** what is in a document; only that each is a line is checked.
"""

import gzip
import logging
import random
import time
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlencode

import urllib3

log = logging.getLogger(__name__)

KINDS = ("shows", "creators", "users")
ATTEMPTS = 4
CONNECT_SECONDS = 2.0
READ_SECONDS = 30.0
BACKOFF_SECONDS = 0.5
BYTES_PER_READ = 1024 * 1024
WORTH_ANOTHER_TRY = frozenset({429, 500, 502, 503, 504})


class ExportFailed(Exception):  # noqa: N818 - the name is what Lambda reports as errorType
    """An export that could not be had; the message says of what and why."""


class _BrokenError(Exception):
    """An attempt that may go better the next time."""


@dataclass(frozen=True)
class Export:
    """A whole export: gzipped lines in `file`, of so many bytes, as the catalogue was at a moment."""

    kind: str
    as_of: str
    documents: int
    file: IO[bytes]
    size: int


def fetch_export(
    http: urllib3.PoolManager, base_url: str, kind: str, as_of: str | None, file: IO[bytes], deadline: float
) -> Export:
    """Read an export as of a moment (now, if None) into a file.

    Raises ExportFailed when the catalogue refuses, or has not answered in full at `deadline` (of time.monotonic).
    """
    query = urlencode({"as_of": as_of}) if as_of else ""
    problem = "no time left"
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(BACKOFF_SECONDS * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        if time.monotonic() >= deadline:
            break
        try:
            return _attempt(http, f"{base_url}/v1/exports/{kind}?{query}", kind, file, deadline)
        except (_BrokenError, urllib3.exceptions.HTTPError) as error:
            problem = str(error) if isinstance(error, _BrokenError) else type(error).__name__
            log.warning("export broken", extra={"kind": kind, "detail": problem, "attempt": attempt + 1})
    raise ExportFailed(f"{kind}: the catalogue gave no whole export; the last problem: {problem}")


def _attempt(http: urllib3.PoolManager, url: str, kind: str, file: IO[bytes], deadline: float) -> Export:
    file.seek(0)
    file.truncate()
    response = http.request(
        "GET",
        url,
        headers={"Accept": "application/x-ndjson"},
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=False,
        preload_content=False,
    )
    whole = False
    try:
        _check(response, kind)
        documents = _compress(response, file, deadline)
        whole = True
    finally:
        if whole:
            response.release_conn()
        else:
            response.close()  # what is left of an answer must not be the next one's
    return Export(kind, response.headers["As-Of"], documents, file, file.tell())


def _check(response: urllib3.BaseHTTPResponse, kind: str) -> None:
    if response.status in WORTH_ANOTHER_TRY:
        raise _BrokenError(f"HTTP {response.status}")
    if response.status != 200:
        raise ExportFailed(f"{kind}: the catalogue answers HTTP {response.status}")
    if response.headers.get("Content-Type", "").partition(";")[0] != "application/x-ndjson":
        raise ExportFailed(f"{kind}: the catalogue's answer is not NDJSON")
    if not response.headers.get("As-Of"):
        raise ExportFailed(f"{kind}: the catalogue does not say as of when its answer is")


def _compress(response: urllib3.BaseHTTPResponse, file: IO[bytes], deadline: float) -> int:
    """Copy the lines; answers how many. Without a time in the archive, so that the same lines are the same bytes."""
    lines, last = 0, b"\n"
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as archive:
        for chunk in response.stream(BYTES_PER_READ):
            if time.monotonic() >= deadline:
                raise _BrokenError("it was not over in time")
            if chunk:
                archive.write(chunk)
                lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    if last != b"\n":
        raise _BrokenError("its last line has no end")
    return lines
