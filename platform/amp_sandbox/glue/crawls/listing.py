"""What there is to crawl: the objects of a target, folder by folder, from S3's listing alone.

Names that start with `_` or `.` are skipped, as by Hive and Spark, and so are the markers of empty folders.

**Left out:** access points, and objects in archives of S3, which only AWS has.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from amp_sandbox.glue.crawler_config import Target
from amp_sandbox.glue.crawls.exclusions import excluded_by

READ_PER_FOLDER = 20
"""How many of a folder's objects are read when the target has no SampleSize."""


@dataclass(frozen=True)
class S3Object:
    """An object as it is listed; `modified` is in seconds since 1970."""

    key: str
    size: int
    etag: str
    modified: float


@dataclass(frozen=True)
class Folder:
    """The objects of one folder that have content, by key, and the keys of those that are empty.

    `key` is the folder's key with its slash, or empty for the bucket itself.
    """

    bucket: str
    key: str
    objects: tuple[S3Object, ...]
    empty: tuple[str, ...]

    @property
    def uri(self) -> str:
        """As the catalogue names it."""
        return f"s3://{self.bucket}/{self.key}"

    def sample(self, size: int | None) -> tuple[S3Object, ...]:
        """The objects to read, by key: the newest ones for one half, as they show what has changed, and for the other
        ones spread evenly over the rest."""
        limit = size or READ_PER_FOLDER
        if len(self.objects) <= limit:
            return self.objects
        by_age = sorted(self.objects, key=lambda one: (one.modified, one.key))
        newest = (limit + 1) // 2
        rest, spread = by_age[:-newest], limit - newest
        chosen = [rest[number * len(rest) // spread] for number in range(spread)]
        return tuple(sorted([*by_age[-newest:], *chosen], key=attrgetter("key")))

    def fingerprint(self, size: int | None) -> str:
        """Equal as long as the same sample of the same objects would be read."""
        facts = [size or READ_PER_FOLDER, [(one.key, one.etag, one.size) for one in self.objects]]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def list_folders(s3: Any, target: Target, require_going: Callable[[], None]) -> list[Folder]:
    """The folders of a target that have objects, by key.

    `require_going` is called for each page of the listing, and raises to end it. Raises botocore's ClientError when the
    bucket cannot be listed.
    """
    excluded = excluded_by(target.exclusions)
    root = f"{target.prefix}/" if target.prefix else ""
    folders: dict[str, list[S3Object]] = {}
    for listed in _listed(s3, target, require_going):
        folder, _, name = listed.key.rpartition("/")
        # A target may be one object.
        relative = name if listed.key == target.prefix else listed.key.removeprefix(root)
        if name and not _is_hidden(relative) and not excluded(relative):
            folders.setdefault(f"{folder}/" if folder else "", []).append(listed)
    return [_folder(target.bucket, key, objects) for key, objects in sorted(folders.items())]


def _listed(s3: Any, target: Target, require_going: Callable[[], None]) -> Iterator[S3Object]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=target.bucket, Prefix=target.prefix)
    for page in pages:
        require_going()
        for entry in page.get("Contents", []):
            key = entry["Key"]
            if not target.prefix or key == target.prefix or key.startswith(f"{target.prefix}/"):
                yield _object(entry)


def _object(entry: Mapping[str, Any]) -> S3Object:
    return S3Object(entry["Key"], entry["Size"], entry["ETag"].strip('"'), entry["LastModified"].timestamp())


def _is_hidden(relative: str) -> bool:
    parts = relative.split("/")
    return any(part.startswith(("_", ".")) for part in parts) or parts[-1].endswith("_$folder$")


def _folder(bucket: str, key: str, objects: list[S3Object]) -> Folder:
    filled = sorted((one for one in objects if one.size), key=attrgetter("key"))
    return Folder(bucket, key, tuple(filled), tuple(sorted(one.key for one in objects if not one.size)))
