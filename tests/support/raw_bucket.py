"""What has landed in the lake's raw bucket, read through S3 as any client would."""

import gzip
import json
from base64 import b64decode
from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from support.waiting import eventually

LANDING_SECONDS = 20.0
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Line:
    """A line of an object: the object's key, and the JSON in it."""

    key: str
    content: dict[str, Any]


class RawBucket:
    """Reads each object once: Firehose never changes what it has written."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket
        self._lines: dict[str, list[Line]] = {}

    def body(self, key: str) -> bytes:
        """An object as it lies there."""
        body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body

    def lines(self, prefix: str) -> list[Line]:
        """All lines of all objects below a prefix."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return [line for key in keys for line in self._of(key)]

    def landed(self, prefix: str, field: str, values: Set[str]) -> dict[str, list[Line]]:
        """The lines of each of these values of a field, once there is one of each."""

        def found() -> dict[str, list[Line]]:
            by_value: dict[str, list[Line]] = defaultdict(list)
            for line in self.lines(prefix):
                if line.content[field] in values:
                    by_value[line.content[field]].append(line)
            return by_value

        what = f"lines below {prefix} of {sorted(values)}"
        return eventually(found, lambda seen: seen.keys() == values, timeout=LANDING_SECONDS, what=what)

    def refused(self, prefix: str, data: Set[bytes]) -> dict[bytes, Line]:
        """The error line of each of these records, once there is one of each."""

        def found() -> dict[bytes, Line]:
            by_data = {b64decode(line.content["rawData"]): line for line in self.lines(prefix)}
            return {raw: line for raw, line in by_data.items() if raw in data}

        what = f"error lines below {prefix} of {len(data)} records"
        return eventually(found, lambda seen: seen.keys() == data, timeout=LANDING_SECONDS, what=what)

    def _of(self, key: str) -> list[Line]:
        if key not in self._lines:
            body = self.body(key)
            text = gzip.decompress(body) if body.startswith(_GZIP) else body
            self._lines[key] = [Line(key, json.loads(line)) for line in text.splitlines()]
        return self._lines[key]
