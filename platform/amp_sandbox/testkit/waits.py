"""Waiting for what a platform does on its own: rows, objects, queues, records that land, stacks, everything settled.

Each waits until it is so and answers what it saw. When the deadline passes, an AssertionError tells what was awaited,
what was seen last, and where to look: what is in the dead-letter queue and below the error prefixes, and the logs.

**Left out:** waiting for time to pass, or for something *not* to happen: wait for what comes after it instead.
"""

import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from amp_sandbox.audit import sources
from amp_sandbox.audit.run import Unsettled, unsettled
from amp_sandbox.errors import SandboxError
from amp_sandbox.publish.by_hand import Published
from amp_sandbox.publish.streams import Stream, streams
from amp_sandbox.settings import Settings
from amp_sandbox.testkit.handle import Sandbox
from amp_sandbox.testkit.waiting import eventually

T = TypeVar("T")
Row = dict[str, Any]

SECONDS = 30.0
_POLL_SECONDS = 0.2  # a query of the lake lists its objects anew
_NOT_YET = "does not exist"  # of a table that no crawler or job has made yet; other failures do not pass by waiting


class Wait:
    """Waits for what one sandbox does."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @property
    def _settings(self) -> Settings:
        return self._sandbox.settings

    def until(
        self, probe: Callable[[], T], ready: Callable[[T], bool] = bool, *, what: str, timeout: float = SECONDS
    ) -> T:
        """Wait until `ready` accepts what `probe` returns, for whatever has no method of its own here."""
        __tracebackhide__ = True
        return eventually(probe, ready, timeout=timeout, what=what, hints=self.where_to_look, pause=_POLL_SECONDS)

    def rows(
        self,
        sql: str,
        *,
        count: int = 1,
        ready: Callable[[list[Row]], bool] | None = None,
        user: str | None = None,
        timeout: float = SECONDS,
    ) -> list[Row]:
        """Wait until a query answers at least `count` rows, or rows that `ready` accepts.

        The query is of the lake (DuckDB's SQL, as `sandbox sql`), or with `user` of the warehouse (Redshift's). A table
        that does not exist yet has no rows yet; any other failure of the query is raised at once.
        """
        __tracebackhide__ = True
        wanted = "rows that are accepted" if ready else f"{count} row{'s' * (count != 1)}"
        what = f"{wanted} of «{' '.join(sql.split())}»"
        return self.until(
            lambda: self._rows(sql, user), ready or (lambda rows: len(rows) >= count), what=what, timeout=timeout
        )

    def landed(self, published: Published | str, *, timeout: float = SECONDS) -> Row:
        """Wait until a published record is in the raw bucket, and answer its row."""
        __tracebackhide__ = True
        wanted = published.record_id if isinstance(published, Published) else published
        queries = [_query_of(stream, wanted) for stream in streams(self._settings)]
        if isinstance(published, Published):
            queries = [_query_of(s, wanted) for s in streams(self._settings) if s.name == published.stream]

        def found() -> list[Row]:
            return [row for sql in queries for row in self._rows(sql, None)]

        def hints() -> str:
            return f"{self._way_of(wanted)}\n{self.where_to_look()}"

        what = f"the record {wanted} in the lake"
        return eventually(found, bool, timeout=timeout, what=what, hints=hints, pause=_POLL_SECONDS)[0]

    def objects(self, prefix: str, *, bucket: str | None = None, count: int = 1, timeout: float = SECONDS) -> list[str]:
        """Wait until there are at least `count` objects below a prefix, of the raw bucket unless told; answers keys."""
        __tracebackhide__ = True
        name = bucket or self._settings.raw_bucket
        pages = self._sandbox.client("s3").get_paginator("list_objects_v2")

        def keys() -> list[str]:
            found = pages.paginate(Bucket=name, Prefix=prefix)
            return [entry["Key"] for page in found for entry in page.get("Contents", [])]

        what = f"{count} object{'s' * (count != 1)} below s3://{name}/{prefix}"
        return self.until(keys, lambda seen: len(seen) >= count, what=what, timeout=timeout)

    def queue(self, queue: str, messages: int = 0, *, timeout: float = SECONDS) -> int:
        """Wait until a queue, by name or URL, has exactly so many messages, those being worked on and delayed included.

        A queue is empty too before the first message has come: wait for what the message leads to where there is such.
        """
        __tracebackhide__ = True
        name = queue.rpartition("/")[2]
        return self.until(
            lambda: sources.waiting_messages(self._settings, name),
            lambda seen: seen == messages,
            what=f"{messages or 'no'} messages in the queue {name}",
            timeout=timeout,
        )

    def messages(self, queue: str, count: int = 1, *, timeout: float = SECONDS) -> list[str]:
        """Wait until a queue has at least `count` messages, and answer their bodies. They stay in the queue."""
        __tracebackhide__ = True
        name = queue.rpartition("/")[2]
        return self.until(
            lambda: [str(message["Body"]) for message in sources.queue_messages(self._settings, name)],
            lambda seen: len(seen) >= count,
            what=f"{count} message{'s' * (count != 1)} in the queue {name}",
            timeout=timeout,
        )

    def settled(self, *, timeout: float = SECONDS) -> None:
        """Wait until nothing that was published is under way: queues are empty, and Firehose is through its streams."""
        __tracebackhide__ = True

        def rest(seen: Unsettled) -> bool:
            return not seen.queued and not seen.behind

        self.until(
            lambda: unsettled(self._settings, streams(self._settings)),
            rest,
            what="everything published to be settled",
            timeout=timeout,
        )

    def stack(self, name: str, *, timeout: float = 120.0) -> str:
        """Wait until a CloudFormation stack is made or updated, and answer its status; fails at once when it failed."""
        __tracebackhide__ = True
        cloudformation = self._sandbox.client("cloudformation")

        def status() -> str:
            return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

        what = f"the stack {name} to be made"
        seen = self.until(status, lambda s: not s.endswith("_IN_PROGRESS"), what=what, timeout=timeout)
        if seen not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
            told = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed]
            raise AssertionError("\n".join([f"the stack {name} is {seen}", *reversed(told)]))
        return seen

    def where_to_look(self) -> str:
        """What did not go its way, and how to see more."""
        told = ["where to look:"]
        for stream in streams(self._settings):
            if stream.dead_letter_queue:
                told += _asked(lambda s=stream: _dead_letters(self._settings, s))  # type: ignore[misc]
            told += _asked(lambda s=stream: _errors(self._settings, s))  # type: ignore[misc]
        told.append(f"  logs: SANDBOX_HOME={self._settings.home} sandbox logs")
        return "\n".join(told)

    def _rows(self, sql: str, user: str | None) -> list[Row]:
        try:
            return self._sandbox.query(sql, user)
        except SandboxError as error:
            if _NOT_YET in str(error):
                return []
            raise

    def _way_of(self, wanted: str) -> str:
        from amp_sandbox.trace import trace

        try:
            found = trace(self._settings, wanted)
        except SandboxError as error:
            return str(error)
        hops = [f"  {hop.at or ''} {hop.place}" for hop in found.hops]
        return "\n".join([f"its way so far ({found.state}):", *hops])


def _query_of(stream: Stream, wanted: str) -> str:
    view = {"change_id": "raw.show_catalog", "event_id": "raw.app_events"}[stream.id_field]
    return f"SELECT * FROM {view} WHERE {stream.id_field} = '{uuid.UUID(wanted)}'"  # noqa: S608 - a UUID, or ValueError


def _asked(question: Callable[[], Sequence[str]]) -> list[str]:
    """Answers of a platform that may be down by now, which is worth telling too."""
    try:
        return [f"  {line}" for line in question()]
    except Exception as error:  # whatever is wrong, the wait's own failure is what the test is about
        return [f"  (no answer: {str(error).splitlines()[0] if str(error) else type(error).__name__})"]


def _dead_letters(settings: Settings, stream: Stream) -> list[str]:
    name = str(stream.dead_letter_queue)
    messages = sources.queue_messages(settings, name)
    return [f"dead letters in {name}: {len(messages)}" + (f", one is {messages[-1]['Body'][:300]}" if messages else "")]


def _errors(settings: Settings, stream: Stream) -> list[str]:
    keys = sources.object_keys(settings, stream.error_prefix)
    told = f"objects below s3://{settings.raw_bucket}/{stream.error_prefix}: {len(keys)}"
    records = sources.error_records(settings, max(keys)) if keys else []
    return [told + (f", one says {records[-1].code}: {records[-1].message[:300]}" if records else "")]
