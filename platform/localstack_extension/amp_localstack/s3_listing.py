"""Listings of a bucket whose pages go on where the last one ended.

A client that asks for URL-encoded keys, as every AWS SDK does, gets no second page from LocalStack for keys with `=` or
other characters that are encoded: it compares encoded keys with a marker that is not. Here it lists keys as they are,
and they are encoded in the answer.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html

**Left out:** ListMultipartUploads, which has the same fault beyond 1,000 uploads in progress.
"""

from typing import Any
from urllib.parse import quote

from localstack.services.s3.provider import S3Provider
from localstack.utils.patch import patch

_NAMES = ("Delimiter", "Prefix", "StartAfter", "Marker", "NextMarker", "KeyMarker", "NextKeyMarker")
_ENTRIES = {"Contents": "Key", "Versions": "Key", "DeleteMarkers": "Key", "CommonPrefixes": "Prefix"}


def apply() -> None:
    """Patch the listings, once."""
    for listing in (S3Provider.list_objects, S3Provider.list_objects_v2, S3Provider.list_object_versions):
        patch(listing)(_list_plainly)


def _list_plainly(original: Any, self: Any, context: Any, *args: Any, encoding_type: Any = None, **kwargs: Any) -> Any:
    answer = original(self, context, *args, **kwargs)
    if not encoding_type:
        return answer
    answer["EncodingType"] = encoding_type
    for name in _NAMES:
        if answer.get(name):
            answer[name] = quote(answer[name])
    for entries, name in _ENTRIES.items():
        for entry in answer.get(entries) or ():
            entry[name] = quote(entry[name])
    return answer
