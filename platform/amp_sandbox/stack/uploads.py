"""Folders of code in the artifacts bucket: what differs is uploaded, what is gone here is deleted there.

Differences are found by S3's ETag, so an upload of what is there already costs nothing.
"""

import hashlib
from collections.abc import Mapping

from amp_sandbox import aws
from amp_sandbox.settings import Settings


def sync(settings: Settings, prefix: str, objects: Mapping[str, bytes], present: Mapping[str, str]) -> int:
    """Have just these objects (key -> body) below a prefix; `present` is what the bucket holds, key -> ETag.

    Answers how many objects were changed.
    """
    s3 = aws.client(settings, "s3")
    new = {key: body for key, body in objects.items() if present.get(key) != _etag(body)}
    for key, body in new.items():
        s3.put_object(Bucket=settings.artifacts_bucket, Key=key, Body=body)
    stale = [key for key in present if key.startswith(prefix) and key not in objects]
    for key in stale:
        s3.delete_object(Bucket=settings.artifacts_bucket, Key=key)
    return len(new) + len(stale)


def _etag(body: bytes) -> str:
    """S3's ETag of an object that was put in one piece."""
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
