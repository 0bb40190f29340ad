"""What the tests of the deployed path share: shows and announcements of their own, and where those can be seen."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3
from support.dead_letters import dead_letters
from support.fake_catalogue import FakeCatalogue
from support.function_logs import FunctionLogs
from support.ingest_copies import IngestCopy, ingest_copy
from support.raw_bucket import RawBucket
from support.stream_tail import StreamTail

from amp_sandbox.settings import Settings

Client = Callable[[str], Any]

# What only the catalogue may know of a show; each a text that occurs nowhere else.
INTERNAL = {"internal_notes": "note-8f2c41", "contract_terms": "terms-8f2c41", "email": "mail-8f2c41@amp.example"}


@pytest.fixture(scope="session")
def internal() -> tuple[str, ...]:
    """Texts that are in every show of these tests, and may never leave the catalogue."""
    return tuple(INTERNAL.values())


@pytest.fixture(scope="session")
def new_show() -> Callable[..., dict[str, Any]]:
    """Makes a show that no other test has, with everything in it that a show can have."""

    def make(**values: Any) -> dict[str, Any]:
        show_id = f"show_{uuid.uuid4().hex[:12]}"
        show = {
            "show_id": show_id,
            "title": "Midnight Vinyl",
            "description": "Jazz from old records, with requests.",
            "status": "scheduled",
            "creator": {
                "creator_id": "creator_91aa",
                "display_name": "Nora Lind",
                "verified": True,
                "email": INTERNAL["email"],
            },
            "category": "jazz",
            "tags": ["vinyl", "late-night"],
            "language": "en",
            "schedule": {
                "starts_at": "2026-11-23T22:00:00.000Z",
                "ends_at": "2026-11-23T23:00:00.000Z",
                "timezone": "America/New_York",
                "recurrence": "weekly",
            },
            "promotion": {
                "promotion_id": "promo_17",
                "kind": "home_banner",
                "starts_at": "2026-11-22T00:00:00.000Z",
                "ends_at": "2026-11-23T22:00:00.000Z",
            },
            "settings": {"chat_enabled": True, "polls_enabled": False, "max_co_hosts": 3},
            "artwork_url": f"https://images.amp.example/{show_id}/cover.jpg",
            "internal_notes": INTERNAL["internal_notes"],
            "contract_terms": INTERNAL["contract_terms"],
        }
        return show | values

    return make


@pytest.fixture(scope="session")
def in_catalogue(
    sandbox: Settings, new_show: Callable[..., dict[str, Any]]
) -> Callable[[dict[str, Any] | None], dict[str, Any]]:
    """Puts a show into the running catalogue service, by default a new one, and answers it."""
    http = urllib3.PoolManager()

    def put(show: dict[str, Any] | None = None) -> dict[str, Any]:
        show = show or new_show()
        answer = http.request("PUT", f"{sandbox.catalog_api_url}/v1/shows/{show['show_id']}", json=show)
        assert answer.status == 201, answer.data
        return show

    return put


@pytest.fixture(scope="session")
def new_change() -> Callable[[str], dict[str, str]]:
    """Makes an announcement that a show has changed."""

    def make(show_id: str) -> dict[str, str]:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "change_id": str(uuid.uuid4()),
            "change_type": "show_updated",
            "show_id": show_id,
            "changed_at": now,
        }

    return make


@pytest.fixture(scope="session")
def announce(client: Client, sandbox: Settings) -> Callable[..., None]:
    """Publishes messages, at most ten, on the topic of catalogue changes."""

    def publish(*messages: dict[str, str] | str) -> None:
        entries = [
            {"Id": str(n), "Message": message if isinstance(message, str) else json.dumps(message)}
            for n, message in enumerate(messages)
        ]
        answer = client("sns").publish_batch(TopicArn=sandbox.topic_arn, PublishBatchRequestEntries=entries)
        assert not answer["Failed"]

    return publish


@pytest.fixture(scope="session")
def raw_bucket(client: Client, sandbox: Settings) -> RawBucket:
    return RawBucket(client("s3"), sandbox.raw_bucket)


@pytest.fixture
def catalogue_tail(client: Client, sandbox: Settings) -> StreamTail:
    """What comes onto the stream of catalogue changes during a test."""
    return StreamTail(client("kinesis"), sandbox.catalog_stream)


@pytest.fixture
def logs(client: Client, sandbox: Settings) -> Callable[[str], FunctionLogs]:
    """The logs of a deployed function since the test began: `logs("catalog-ingest")`."""
    began_ms = int(time.time() * 1000)
    return lambda function: FunctionLogs(client("logs"), sandbox.function_name(function), began_ms)


@pytest.fixture(scope="session")
def dead_lettered(client: Client, sandbox: Settings) -> Callable[[set[str]], dict[str, dict[str, Any]]]:
    """Takes messages out of the deployed dead-letter queue, once all are there; answers them by body."""
    url = client("sqs").get_queue_url(QueueName=sandbox.dead_letter_queue_name)["QueueUrl"]
    return lambda bodies: dead_letters(client("sqs"), url, bodies)


@pytest.fixture
def fake_catalogue() -> Iterator[FakeCatalogue]:
    """A catalogue service of the test's own, not up yet."""
    catalogue = FakeCatalogue()
    yield catalogue
    catalogue.close()


@pytest.fixture
def copy_of_ingest(
    client: Client, sandbox: Settings, fake_catalogue: FakeCatalogue
) -> Iterator[Callable[[int], IngestCopy]]:
    """Makes the test's copy of catalog-ingest, which asks the fake catalogue, for that maxReceiveCount."""
    with ExitStack() as stack:
        yield lambda max_receive_count: stack.enter_context(
            ingest_copy(client, sandbox, fake_catalogue.url, max_receive_count)
        )
