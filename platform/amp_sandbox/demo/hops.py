"""How many records of a run came by each hop, and how long after they were published.

Times are measured where they are made: the publisher's clock, the function's `ingested_at` in the lake row, Kinesis's
arrival time, and the moment at which Firehose had written the object. All are this machine's clock.

**Left out:** ids that were published more than once. Which copy is which cannot be told, so they are counted and have
no latency.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from amp_sandbox.audit import sources
from amp_sandbox.lake import connection
from amp_sandbox.publish import ledger
from amp_sandbox.publish.streams import Stream, app_events, catalog_changes, record_id
from amp_sandbox.settings import Settings


@dataclass(frozen=True)
class HopSummary:
    """A hop: how many records came by, and the median and 95th percentile of their times since publication."""

    stream: str
    hop: str
    records: int
    p50_ms: float | None
    p95_ms: float | None


_RUN = """
CREATE TABLE run AS
SELECT record_id AS id, count(*) AS copies, min(sent_ms) AS sent_ms, min(acked_ms) AS acked_ms
FROM {ledger} WHERE acked_ms IS NOT NULL GROUP BY ALL
"""

_SUMMARY = """
SELECT count(*), median(at_ms - sent_ms) FILTER (copies = 1 AND at_ms IS NOT NULL),
       quantile_cont(at_ms - sent_ms, 0.95) FILTER (copies = 1 AND at_ms IS NOT NULL)
FROM (
    SELECT copies, sent_ms, at_ms FROM ({source}) JOIN run USING (id)
)
"""


def summarise(settings: Settings, run: str) -> list[HopSummary]:
    """The hops of a run, in the order in which its records go."""
    return [*_catalogue(settings, run), *_events(settings, run)]


def _catalogue(settings: Settings, run: str) -> list[HopSummary]:
    stream = catalog_changes(settings)
    with connection.private(settings) as db:
        if not _prepare(settings, db, stream, run, "ingested_at"):
            return []
        arrived = [(record_id(stream, r.data), r.arrived_ms) for r in sources.stream_records(settings, stream, {})]
        db.register("arrived", _table(arrived, ("id", pa.string()), ("at_ms", pa.int64())))
        return [
            _hop(db, stream, "SNS acknowledged", "SELECT id, acked_ms AS at_ms FROM run CROSS JOIN range(copies)"),
            _hop(db, stream, "Lambda ingested", "SELECT id, epoch_ms(extra::TIMESTAMP) AS at_ms FROM landed"),
            _hop(db, stream, "Kinesis took", "SELECT id, at_ms FROM arrived"),
            _hop(db, stream, "in the lake", "SELECT id, at_ms FROM landed"),
        ]


def _events(settings: Settings, run: str) -> list[HopSummary]:
    stream = app_events(settings)
    with connection.private(settings) as db:
        if not _prepare(settings, db, stream, run, "event_type"):
            return []
        return [
            _hop(db, stream, "Kinesis took", "SELECT id, acked_ms AS at_ms FROM run CROSS JOIN range(copies)"),
            _hop(db, stream, "in the lake", "SELECT id, at_ms FROM landed"),
        ]


def _prepare(settings: Settings, db: Any, stream: Stream, run: str, extra: str) -> bool:
    """Make the tables `run` and `landed`; False when the run published nothing to the stream."""
    files = [path for path in ledger.files(settings, stream.name) if run in path]
    if not files:
        return False
    db.execute(_RUN.replace("{ledger}", ledger.relation("$files")), {"files": files})
    prefix = f"s3://{settings.raw_bucket}/"
    delivered = [
        (prefix + one["key"], int(one["delivered_at"] * 1000))
        for one in sources.deliveries(settings, stream)
        if one["kind"] == "data"
    ]
    db.register("delivered", _table(delivered, ("filename", pa.string()), ("at_ms", pa.int64())))
    if not delivered:
        db.execute("CREATE TABLE landed (id VARCHAR, extra VARCHAR, at_ms BIGINT)")
        return True
    db.execute(
        f"CREATE TABLE landed AS SELECT {stream.id_field} AS id, {extra} AS extra, at_ms"  # noqa: S608
        f" FROM read_json($pattern, format = 'newline_delimited', filename = true, hive_partitioning = false,"
        f" columns = {{{stream.id_field}: 'VARCHAR', {extra}: 'VARCHAR'}})"
        " LEFT JOIN delivered USING (filename)",
        {"pattern": f"{prefix}{stream.lake_prefix}**/*.gz"},
    )
    return True


def _hop(db: Any, stream: Stream, name: str, source: str) -> HopSummary:
    count, median, high = db.execute(_SUMMARY.replace("{source}", source)).fetchone()
    return HopSummary(stream.name, name, count, median, high)


def _table(rows: Sequence[tuple[Any, ...]], *fields: tuple[str, Any]) -> Any:
    columns = zip(*rows, strict=True) if rows else [()] * len(fields)
    return pa.table({name: pa.array(column, kind) for (name, kind), column in zip(fields, columns, strict=True)})
