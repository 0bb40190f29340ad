"""S3 as the sandbox completes it: listings that go on page after page, and large objects below the sandbox's home."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from amp_sandbox import paths
from amp_sandbox.settings import Settings

KEYS = [f"event_type={kind}/dt=2026-11-22/{number} ä+%.gz" for kind in ("chat", "play") for number in range(11)]


@pytest.fixture(scope="module")
def s3(bare: Callable[[str], Any]) -> Any:
    return bare("s3")


@pytest.fixture(scope="module")
def bucket(s3: Any) -> Iterator[str]:
    name = "paged-listings"
    s3.create_bucket(Bucket=name)
    for key in KEYS:
        s3.put_object(Bucket=name, Key=key)
    yield name
    for key in KEYS:
        s3.delete_object(Bucket=name, Key=key)
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize(
    ("operation", "entries"),
    [("list_objects", "Contents"), ("list_objects_v2", "Contents"), ("list_object_versions", "Versions")],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_listing_has_every_key_once_whatever_its_pages(
    s3: Any, bucket: str, operation: str, entries: str, size: int
) -> None:
    pages = s3.get_paginator(operation).paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
    assert [entry["Key"] for page in pages for entry in page.get(entries, [])] == sorted(KEYS)


def test_a_listing_begins_after_a_key(s3: Any, bucket: str) -> None:
    keys = sorted(KEYS)
    found = s3.list_objects_v2(Bucket=bucket, StartAfter=keys[4])["Contents"]
    assert [entry["Key"] for entry in found] == keys[5:]


def test_folders_are_listed_page_after_page(s3: Any, bucket: str) -> None:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1})
    found = [prefix["Prefix"] for page in pages for prefix in page.get("CommonPrefixes", [])]
    assert found == ["event_type=chat/", "event_type=play/"]


def test_large_objects_are_kept_below_the_home(s3: Any, bare_sandbox: Settings) -> None:
    s3.create_bucket(Bucket="large-objects")
    s3.put_object(Bucket="large-objects", Key="large", Body=b"x" * 2**20)
    assert (paths.state_dir(bare_sandbox.home, "localstack") / "tmp" / "s3" / "large-objects").is_dir()
    s3.delete_object(Bucket="large-objects", Key="large")
    s3.delete_bucket(Bucket="large-objects")
