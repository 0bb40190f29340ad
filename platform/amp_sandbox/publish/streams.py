"""The two streams as the data commands see them: what identifies a record, and where its records can be.

**Left out:** streams that users add to the template. Who adds one adds it here, and to the lake's views.
"""

import hashlib
import json
import re
from dataclasses import dataclass

from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings

# What can be a line's field in the ledger as it is, without quoting.
_PLAIN_ID = re.compile(r"[!#-+\--~]{1,128}")


@dataclass(frozen=True)
class Stream:
    """One stream of records, by the name of its Kinesis stream.

    `id_field` identifies a record, in what is published as in the lake. Announcements on a topic arrive in
    `queue` first, and in `dead_letter_queue` when they cannot be ingested; records that are put on Kinesis
    directly have neither.
    """

    name: str
    id_field: str
    delivery_stream: str
    lake_prefix: str
    error_prefix: str
    queue: str | None = None
    dead_letter_queue: str | None = None


def streams(settings: Settings) -> tuple[Stream, ...]:
    """The catalogue changes and the app events."""
    return (catalog_changes(settings), app_events(settings))


def catalog_changes(settings: Settings) -> Stream:
    """Changes of the show catalogue, announced on SNS."""
    return Stream(
        name=settings.catalog_stream,
        id_field="change_id",
        delivery_stream=settings.catalog_delivery_stream,
        lake_prefix="show_catalog/",
        error_prefix="errors/show_catalog/",
        queue=settings.queue_name,
        dead_letter_queue=settings.dead_letter_queue_name,
    )


def app_events(settings: Settings) -> Stream:
    """The app's own events, put on Kinesis."""
    return Stream(
        name=settings.events_stream,
        id_field="event_id",
        delivery_stream=settings.events_delivery_stream,
        lake_prefix="app_events/",
        error_prefix="errors/app_events/",
    )


def record_id(stream: Stream, body: bytes) -> str:
    """What identifies a record: its id field or, when it has no usable one, a digest of its bytes.

    The digest lets the audit follow what the pipeline cannot identify, such as a body that is not JSON, into
    a dead-letter queue or an error prefix, where the same bytes come out again.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    found = document.get(stream.id_field) if isinstance(document, dict) else None
    if isinstance(found, str) and _PLAIN_ID.fullmatch(found):
        return found
    return "sha256:" + hashlib.sha256(body).hexdigest()[:32]


def queue_url(settings: Settings, name: str) -> str:
    """A queue's URL, in the form that LocalStack's `path` strategy gives it; no call is made."""
    return f"{settings.localstack_url}/queue/{settings.region}/{settings.account_id}/{name}"


def not_deployed(settings: Settings, missing: str) -> SandboxError:
    """The error of a command that needs the deployed template."""
    return SandboxError(
        f"The template is not deployed: {missing} does not exist.",
        f"Asked {settings.localstack_url}, stage {settings.stage}.",
        "Start and deploy with: sandbox up",
    )
