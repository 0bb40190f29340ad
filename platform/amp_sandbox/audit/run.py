"""Looks at every place where a record can be, in an order that makes a false `lost` impossible.

**One look** goes with the stream: first the queue, then the dead-letter queue, Firehose's checkpoints and the Kinesis
records behind them, then the error prefix and the lake. A record only moves forwards, so one that a look did not find
in a place had not come there yet, in which case it was found in an earlier one, or had left it, in which case it is
found in a later one. The ledger is read last, and of it what was acknowledged before the look began: a publisher
writes its lines after the acknowledgement, so a line that is expected is there.

Three things do not keep to that order. A message between SNS and its queue is nowhere; so what was acknowledged less
than `SNS_SECONDS` before is in flight when it is not seen. The list of a queue is not one moment's: a message received
or redriven meanwhile may be passed over. And a publisher may be about to write its line of something seen already. So
**whatever does not add up is looked at again**, up to `LOOKS` times, and only what is missing in every look is lost
(`tally`); duplicates and unrecorded ids are those of the last.

**Objects** of the lake are never changed once written: each is read once in an audit, however often it looks.

**Left out:** records that a transform drops on purpose (`Dropped`). Amp's transforms drop none; the audit would call
them lost. DirectPut: both delivery streams read from Kinesis, and Firehose refuses direct puts to them.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from amp_sandbox.audit import sources, transformed
from amp_sandbox.audit.tally import StreamAudit, Tally
from amp_sandbox.audit.transformed import TransformedAudit
from amp_sandbox.errors import SandboxError
from amp_sandbox.lake import connection
from amp_sandbox.publish import ledger
from amp_sandbox.publish.streams import Stream, record_id, streams
from amp_sandbox.settings import Settings

SNS_SECONDS = 10.0
LOOKS = 3
_PAUSE_SECONDS = 0.7
_POLL_SECONDS = 0.4
_EXAMPLES = 5


@dataclass(frozen=True)
class Unsettled:
    """What waiting waits for: messages in queues, and streams with records that Firehose has not settled.

    `settled` of `published` records are through Firehose, over all streams, for a progress bar.
    """

    queued: int
    behind: tuple[str, ...]
    settled: int
    published: int


@dataclass(frozen=True)
class Audit:
    """The account of each stream, and a few of the lost ids of each, to trace.

    `transformed` accounts for the raw rows of each stream that Spark jobs have read.
    """

    streams: tuple[StreamAudit, ...]
    lost: dict[str, list[str]] = field(default_factory=dict)
    transformed: tuple[TransformedAudit, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing is lost."""
        return not any(stream.lost for stream in self.streams) and not any(table.lost for table in self.transformed)


def audit(
    settings: Settings,
    wait_seconds: float = 0,
    on_wait: Callable[[Unsettled], None] = lambda _: None,
    *,
    besides: int = 0,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], object] = time.sleep,
) -> Audit:
    """Audit every stream; with `wait_seconds`, once nothing is in flight or so many seconds have passed.

    So many messages as `besides` says may stay in queues without being waited for: a message that cannot be ingested
    yet is tried again for minutes.

    Raises SandboxError when nothing was published yet, or when the sandbox is down or not deployed.
    """
    all_streams = streams(settings)
    _require_ledger(settings, all_streams)
    deadline = clock() + wait_seconds
    with connection.private(settings) as db:
        tally = Tally(db)
        while True:
            while clock() < deadline and not _is_settled(settings, all_streams, on_wait, besides):
                sleep(_POLL_SECONDS)
            found = _confirm(settings, all_streams, tally, clock, sleep)
            if clock() >= deadline or sum(account.in_flight for account in found) <= besides:
                break
            sleep(_POLL_SECONDS)
        lost = {s.name: ids for s in all_streams if (ids := tally.lost(s.name, _EXAMPLES))}
    return Audit(tuple(found), lost, transformed.audit_transformed(settings))


def unsettled(settings: Settings, all_streams: Sequence[Stream]) -> Unsettled:
    """See quickly whether anything is in flight, without counting what exactly."""
    queued = sum(sources.waiting_messages(settings, stream.queue) for stream in all_streams if stream.queue)
    behind: list[str] = []
    settled = 0
    for stream in all_streams:
        state = sources.delivery_state(settings, stream)
        settled += state.settled
        if any(True for _ in sources.stream_records(settings, stream, state.checkpoints, limit=1)):
            behind.append(stream.name)
    published = sum(ledger.lines(settings, stream.name) for stream in all_streams)
    return Unsettled(queued, tuple(behind), settled, published)


def _is_settled(
    settings: Settings, all_streams: Sequence[Stream], on_wait: Callable[[Unsettled], None], besides: int
) -> bool:
    waiting = unsettled(settings, all_streams)
    on_wait(waiting)
    return waiting.queued <= besides and not waiting.behind


def _confirm(
    settings: Settings,
    all_streams: Sequence[Stream],
    tally: Tally,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
) -> list[StreamAudit]:
    """Look until everything adds up, or what does not is confirmed."""
    tally.begin()
    for look in range(LOOKS):
        if look:
            sleep(_PAUSE_SECONDS)
        found = _look(settings, all_streams, tally, clock)
        if not any(account.suspicious for account in found):
            break
    return found


def _look(
    settings: Settings, all_streams: Sequence[Stream], tally: Tally, clock: Callable[[], float]
) -> list[StreamAudit]:
    began_ms = int(clock() * 1000)
    tally.clear()
    for stream in all_streams:
        if stream.queue:
            tally.saw(stream.name, "in_flight", _queued_ids(settings, stream, stream.queue))
        if stream.dead_letter_queue:
            tally.saw(stream.name, "dead_lettered", _queued_ids(settings, stream, stream.dead_letter_queue))
        behind = sources.stream_records(settings, stream, sources.delivery_state(settings, stream).checkpoints)
        tally.saw(stream.name, "in_flight", [record_id(stream, record.data) for record in behind])
        _look_at_objects(settings, stream, tally)
        young_after_ms = began_ms - int(SNS_SECONDS * 1000) if stream.queue else began_ms
        tally.expect(stream.name, ledger.files(settings, stream.name), began_ms, young_after_ms)
    return tally.account([stream.name for stream in all_streams])


def _queued_ids(settings: Settings, stream: Stream, queue: str) -> list[str]:
    return [record_id(stream, message["Body"].encode()) for message in sources.queue_messages(settings, queue)]


def _look_at_objects(settings: Settings, stream: Stream, tally: Tally) -> None:
    def uri(key: str) -> str:
        return f"s3://{settings.raw_bucket}/{key}"

    failed = {uri(key): key for key in sources.object_keys(settings, stream.error_prefix)}
    landed = {uri(key): key for key in sources.object_keys(settings, stream.lake_prefix)}
    known_failed, known_landed = tally.stored(stream.name, "failed"), tally.stored(stream.name, "landed")
    for name in sorted(failed.keys() - known_failed):
        tally.keep(stream.name, "failed", name, sources.error_ids(settings, stream, failed[name]))
    tally.keep_lines(stream.name, stream.id_field, sorted(landed.keys() - known_landed))
    tally.drop(sorted((known_failed - failed.keys()) | (known_landed - landed.keys())))


def _require_ledger(settings: Settings, all_streams: Sequence[Stream]) -> None:
    if not any(ledger.files(settings, stream.name) for stream in all_streams):
        raise SandboxError(
            "Nothing was published yet, so there is nothing to audit.",
            f"The ledger in {ledger.folder(settings, '')} is empty.",
            "Publish with: sandbox seed (when the sandbox is up; else start with: sandbox up)",
        )
