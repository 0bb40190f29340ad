"""One crawl, from listing to the catalogue.

1. S3 is listed, for all targets. A bucket that is missing ends the crawl here, with nothing changed.
2. A sample of each folder's objects is read, two folders at a time. A folder whose objects are the same as at the last
   crawl is not read again, and with CRAWL_NEW_FOLDERS_ONLY neither is one that was read before.
3. Tables are made of folders, and written in one transaction: a crawl that is stopped or killed changes nothing.
"""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from amp_sandbox.glue import crawler_config, store
from amp_sandbox.glue.crawler_config import CrawlerConfig, Target
from amp_sandbox.glue.crawls.catalogue import Catalogue
from amp_sandbox.glue.crawls.crawl_log import CrawlLog
from amp_sandbox.glue.crawls.definitions import Origin
from amp_sandbox.glue.crawls.grouping import FoundTable, tables_in
from amp_sandbox.glue.crawls.inference import Found, Reader
from amp_sandbox.glue.crawls.listing import READ_PER_FOLDER, Folder, list_folders
from amp_sandbox.glue.store import Crawl, Crawler
from amp_sandbox.standins.sqlite import transaction

log = logging.getLogger(__name__)

READERS = 2
INTERRUPTED = "The crawl was interrupted: the sandbox's Glue was stopped or died while it ran. Start the crawler again."

_REPORTED = 1000


class StoppedError(Exception):
    """StopCrawler was called."""


class InterruptedCrawlError(Exception):
    """The process is about to end."""


class _CrawlError(Exception):
    """Why a crawl fails, for LastCrawl."""


def run_crawl(
    crawler: Crawler,
    crawl: Crawl,
    *,
    connection: Callable[[], sqlite3.Connection],
    client: Callable[[str], Any],
    now: Callable[[], float],
    require_going: Callable[[], None],
) -> None:
    """Run a crawl and record how it ended. `require_going` raises `StoppedError` or `InterruptedCrawlError` to end it.

    `connection` answers the calling thread's own connection.
    """
    lines = CrawlLog(crawler.name, crawl.id, client, now)
    work = _Work(crawler, connection(), client, now, lines, require_going)
    state, error = store.COMPLETED, None
    try:
        work.run()
    except StoppedError:
        state = store.STOPPED
        lines.info("The crawl was stopped")
    except InterruptedCrawlError:
        state, error = store.FAILED, INTERRUPTED
    except _CrawlError as failure:
        state, error = store.FAILED, str(failure)
    except (BotoCoreError, ClientError) as failure:
        state, error = store.FAILED, f"AWS does not answer as it should: {failure}"
    except Exception as failure:
        log.exception("crawler %s failed", crawler.name)
        state, error = store.FAILED, f"Internal Service Exception: {type(failure).__name__}: {failure}"
    if error is not None:
        lines.error(error)
    lines.benchmark("Crawler has finished running and is in state READY")
    lines.flush()
    store.end_crawl(connection(), crawl, state, at=now(), error=error, summary=work.summary())


class _Work:
    def __init__(
        self,
        crawler: Crawler,
        db: sqlite3.Connection,
        client: Callable[[str], Any],
        now: Callable[[], float],
        lines: CrawlLog,
        require_going: Callable[[], None],
    ) -> None:
        self._crawler, self._db, self._now, self._log = crawler, db, now, lines
        self._client, self._require_going = client, require_going
        self._config = crawler_config.parse(crawler.definition)
        self._catalogue = Catalogue(db, crawler.name, self._config, lines, now)
        self._objects = {"LISTED": 0, "READ": 0, "UNCHANGED": 0, "SKIPPED": 0}

    def run(self) -> None:
        """Crawl; raises to say why it ends early."""
        config = self._config
        self._log.benchmark(f"Running Start Crawl for Crawler {self._crawler.name}")
        policy = {"UpdateBehavior": config.update, "DeleteBehavior": config.delete}
        self._log.info(f"Crawler configured with Configuration {self._crawler.definition.get('Configuration', '{}')}")
        self._log.info(f"Crawler configured with SchemaChangePolicy {policy}")
        self._require_going()
        listed = [(target, self._list(target)) for target in config.targets]
        known = store.read_folders(self._db, self._crawler.id)
        remembered: dict[str, store.Folder] = {}
        found: dict[tuple[str, str], tuple[Origin, FoundTable]] = {}
        for target, folders in listed:
            seen = self._read(target, folders, known)
            for folder in folders:
                fingerprint = folder.fingerprint(target.sample_size)
                remembered[folder.uri] = store.Folder(fingerprint, seen[folder.key].as_json())
            for origin, table in self._group(target, folders, seen, config):
                found.setdefault((origin.bucket, table.root), (origin, table))
        self._log.benchmark(f"Classification complete, writing results to database {config.database}")
        self._require_going()
        locations = {location for _, folders in listed for folder in folders for location in _locations(folder)}
        with transaction(self._db):
            self._catalogue.write(list(found.values()), locations)
            store.save_folders(self._db, self._crawler.id, remembered)
        self._log.info(f"Objects: {self._objects}; partitions: {dict(self._catalogue.changes.partitions)}")
        self._log.benchmark("Finished writing to Catalog")

    def summary(self) -> dict[str, Any]:
        """What ListCrawls says of the crawl."""
        changes = self._catalogue.changes
        return {"TABLE": dict(changes.tables), "PARTITION": dict(changes.partitions), "OBJECT": self._objects}

    def _list(self, target: Target) -> list[Folder]:
        try:
            folders = list_folders(self._client("s3"), target, self._require_going)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            reason = "the bucket does not exist" if code == "NoSuchBucket" else error.response["Error"].get("Message")
            raise _CrawlError(
                f"The target {target.uri} cannot be listed: {reason} (bucket {target.bucket}, Amazon S3 error {code})."
            ) from error
        objects = sum(len(folder.objects) + len(folder.empty) for folder in folders)
        self._objects["LISTED"] += objects
        self._log.info(f"{target.uri} has {objects} objects in {len(folders)} folders")
        if not objects:
            self._log.warn(f"{target.uri} has no objects to crawl")
        return folders

    def _read(self, target: Target, folders: list[Folder], known: Mapping[str, store.Folder]) -> dict[str, Found]:
        """What each folder holds, by its key."""
        seen: dict[str, Found] = {}
        for folder in folders:
            before = known.get(folder.uri)
            if before is not None and (
                self._config.new_folders_only or before.fingerprint == folder.fingerprint(target.sample_size)
            ):
                seen[folder.key] = Found.from_json(before.found)
                self._objects["UNCHANGED"] += len(folder.objects)
        unread = [folder for folder in folders if folder.key not in seen]
        reader = Reader(self._client("s3"), self._require_going)
        with ThreadPoolExecutor(READERS, thread_name_prefix="crawl") as pool:
            found = pool.map(lambda folder: reader.read(folder, target.sample_size), unread)
            for folder, one in zip(unread, found, strict=True):
                seen[folder.key] = one
        self._report(target, unread, seen)
        return seen

    def _report(self, target: Target, read: list[Folder], seen: Mapping[str, Found]) -> None:
        """Say what was read, what was not, and what could not be."""
        sampled = [folder for folder in read if len(folder.sample(target.sample_size)) < len(folder.objects)]
        self._objects["READ"] += sum(len(folder.sample(target.sample_size)) for folder in read)
        if sampled:
            limit, objects = target.sample_size or READ_PER_FOLDER, sum(len(folder.objects) for folder in sampled)
            self._log.info(
                f"{limit} objects of each folder were read in {len(sampled)} folders of {target.uri}"
                f" that have more, {objects} objects in all; counts of their records are estimates"
            )
        skipped = [
            f"s3://{target.bucket}/{key} is skipped: {why}"
            for found in seen.values()
            for key, why in found.skipped.items()
        ]
        self._objects["SKIPPED"] += len(skipped)
        for line in skipped[:_REPORTED]:
            self._log.warn(line)
        if len(skipped) > _REPORTED:
            self._log.warn(f"{len(skipped) - _REPORTED} objects more are skipped")
        if skipped and not any(found.kinds for found in seen.values()):
            self._log.warn(f"{target.uri} has no object that can be read")

    def _group(
        self, target: Target, folders: list[Folder], seen: Mapping[str, Found], config: CrawlerConfig
    ) -> list[tuple[Origin, FoundTable]]:
        origin = Origin(
            self._crawler.name, target.bucket, target.exclusions, {folder.key: folder for folder in folders}
        )
        root = f"{target.prefix}/" if target.prefix else ""
        if target.prefix and all(folder.key != root and not folder.key.startswith(root) for folder in folders):
            root = target.prefix.rpartition("/")[0] + "/" if "/" in target.prefix else ""  # the target is one object
        return [(origin, table) for table in tables_in(root, seen, config, self._log.warn)]


def _locations(folder: Folder) -> list[str]:
    """A folder and its objects, as tables can have them for their location."""
    keys = [*(one.key for one in folder.objects), *folder.empty]
    return [folder.uri, *(f"s3://{folder.bucket}/{key}" for key in keys)]
