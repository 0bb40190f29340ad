"""The audit's arithmetic: published against seen, by record id, as multisets, in DuckDB so that millions fit.

For every id, the copies seen are allotted to the publications due, in this order: landed in the lake, failed (in the
error prefix), dead-lettered, in flight. Publications left over are missing; copies left over in a place where records
stay are duplicates. So, whatever is seen,

    published == landed + in_flight + dead_lettered + failed + missing

and a copy in flight of something that landed already (a retry, or a record on its way while the audit looked) counts
as neither.

Missing is only what *one look* did not find. What is lost is missing in look after look: `account` keeps for each id
the fewest copies missing in any look since `begin`. What was found in one of them is in flight.

**Left out:** telling which of two equal copies is the original. An audit by id cannot know.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from amp_sandbox.publish import ledger

Place = Literal["landed", "failed", "dead_lettered", "in_flight"]


@dataclass(frozen=True)
class StreamAudit:
    """A stream's account, in records.

    `published` are those acknowledged before the audit looked. `duplicates` are copies that the pipeline added, in
    whatever place; an event published twice on purpose is expected twice. `unrecorded` are ids that were seen and
    are in no publisher's ledger: someone else published them, or a publisher was killed before it recorded them.
    """

    stream: str
    published: int
    landed: int
    duplicates: int
    in_flight: int
    dead_lettered: int
    failed: int
    lost: int
    unrecorded: int

    @property
    def suspicious(self) -> bool:
        """Whether something does not add up, which a second look may explain."""
        return bool(self.lost or self.duplicates or self.unrecorded)


_TABLES = """
CREATE TABLE publications (stream VARCHAR, id VARCHAR, due BOOLEAN, young BOOLEAN);
CREATE TABLE stored (stream VARCHAR, place VARCHAR, object VARCHAR, id VARCHAR);
CREATE TABLE passing (stream VARCHAR, place VARCHAR, id VARCHAR);
CREATE TABLE missing (stream VARCHAR, id VARCHAR, copies BIGINT);
"""

# due: publications that must be somewhere; young: those of them that may be where nobody can look;
# allowed: copies that publishers may have made, those of unknown fate included.
_BY_ID = """
CREATE OR REPLACE TABLE by_id AS
WITH counted AS (
    SELECT stream, id, count(*) AS allowed, count(*) FILTER (due) AS due, count(*) FILTER (due AND young) AS young,
           0 AS landed, 0 AS failed, 0 AS dead, 0 AS flying
    FROM publications GROUP BY ALL
    UNION ALL
    SELECT stream, id, 0, 0, 0,
           count(*) FILTER (place = 'landed'), count(*) FILTER (place = 'failed'),
           count(*) FILTER (place = 'dead_lettered'), count(*) FILTER (place = 'in_flight')
    FROM (SELECT stream, place, id FROM stored UNION ALL SELECT stream, place, id FROM passing) GROUP BY ALL
), summed AS (
    SELECT stream, id, sum(allowed)::BIGINT AS allowed, sum(due)::BIGINT AS due, sum(young)::BIGINT AS young,
           sum(landed)::BIGINT AS landed, sum(failed)::BIGINT AS failed, sum(dead)::BIGINT AS dead,
           sum(flying)::BIGINT AS flying
    FROM counted GROUP BY ALL
)
SELECT stream, id, due,
       least(landed, due) AS landed,
       least(landed + failed, due) - least(landed, due) AS failed,
       least(landed + failed + dead, due) - least(landed + failed, due) AS dead,
       greatest(0, due - landed - failed - dead - flying - young) AS missing,
       if(allowed = 0, 0, greatest(0, landed + failed + dead - allowed)) AS extra,
       allowed = 0 AS unrecorded
FROM summed
"""

_MISSING = """
CREATE OR REPLACE TABLE missing AS
SELECT now.stream, now.id, if($first, now.missing, least(now.missing, coalesce(before.copies, 0))) AS copies
FROM by_id AS now LEFT JOIN missing AS before USING (stream, id)
WHERE now.missing > 0
"""

_ACCOUNT = """
SELECT stream, sum(due)::BIGINT, sum(landed)::BIGINT, sum(extra)::BIGINT, sum(dead)::BIGINT, sum(failed)::BIGINT,
       sum(coalesce(copies, 0))::BIGINT, count(*) FILTER (unrecorded)
FROM by_id LEFT JOIN missing USING (stream, id)
GROUP BY stream
"""


class Tally:
    """What one audit expects and has seen, in a DuckDB connection."""

    def __init__(self, connection: Any) -> None:
        self._db = connection
        self._db.execute(_TABLES)
        self._looks = 0

    def begin(self) -> None:
        """Judge what is missing by the looks from here on."""
        self._looks = 0

    def clear(self) -> None:
        """Start a look: forget publications and what was passing by. What is stored stays known."""
        self._db.execute("TRUNCATE publications")
        self._db.execute("TRUNCATE passing")

    def expect(self, stream: str, files: Sequence[str], until_ms: int, young_after_ms: int) -> None:
        """Read a stream's publications from files of the ledger.

        Due is what was acknowledged up to `until_ms`; what was acknowledged after `young_after_ms` is in flight when
        it is not seen. A line that is being written at this moment is left for the next look.
        """
        if files:
            self._db.execute(
                "INSERT INTO publications SELECT $stream, record_id, coalesce(acked_ms <= $until, false),"  # noqa: S608
                " coalesce(acked_ms > $young_after, false)"
                f" FROM {ledger.relation('$files')}",
                {"stream": stream, "files": list(files), "until": until_ms, "young_after": young_after_ms},
            )

    def saw(self, stream: str, place: Place, ids: Sequence[str]) -> None:
        """Note copies that were seen in a place that they may leave again."""
        self._insert("passing SELECT $stream, $place, id FROM copies", stream, place, ids)

    def stored(self, stream: str, place: Place) -> set[str]:
        """The objects whose copies are noted."""
        rows = self._db.execute(
            "SELECT DISTINCT object FROM stored WHERE stream = $stream AND place = $place",
            {"stream": stream, "place": place},
        )
        return {row[0] for row in rows.fetchall()}

    def keep(self, stream: str, place: Place, object_uri: str, ids: Sequence[str]) -> None:
        """Note the copies in one object, for all looks to come."""
        self._insert("stored SELECT $stream, $place, $object, id FROM copies", stream, place, ids, object=object_uri)

    def keep_lines(self, stream: str, id_field: str, uris: Sequence[str]) -> None:
        """Note the copies in objects of the lake, which DuckDB reads itself, for all looks to come.

        A line without an id is a copy of nothing that was published.
        """
        if uris:
            self._db.execute(
                "INSERT INTO stored SELECT $stream, 'landed', filename, coalesce(id, 'a line without an id')"  # noqa: S608
                f" FROM (SELECT filename, {id_field} AS id FROM read_json($uris, format = 'newline_delimited',"
                f" columns = {{{id_field}: 'VARCHAR'}}, filename = true, ignore_errors = true))",
                {"stream": stream, "uris": list(uris)},
            )

    def drop(self, objects: Sequence[str]) -> None:
        """Forget objects that are there no more."""
        if objects:
            self._db.execute("DELETE FROM stored WHERE list_contains($objects, object)", {"objects": list(objects)})

    def account(self, streams: Sequence[str]) -> list[StreamAudit]:
        """Draw up the account of one look."""
        self._looks += 1
        self._db.execute(_BY_ID)
        self._db.execute(_MISSING, {"first": self._looks == 1})
        found = {stream: counts for stream, *counts in self._db.execute(_ACCOUNT).fetchall()}
        return [_stream_audit(stream, *found.get(stream, [0] * 7)) for stream in streams]

    def lost(self, stream: str, limit: int) -> list[str]:
        """Some of the ids that are missing in every look, for a person to trace."""
        rows = self._db.execute(
            "SELECT id FROM missing WHERE stream = $stream AND copies > 0 ORDER BY id LIMIT $limit",
            {"stream": stream, "limit": limit},
        )
        return [row[0] for row in rows.fetchall()]

    def _insert(self, target: str, stream: str, place: Place, ids: Sequence[str], **values: str) -> None:
        if not ids:
            return
        self._db.register("copies", pa.table({"id": pa.array(ids, pa.string())}))
        self._db.execute(f"INSERT INTO {target}", {"stream": stream, "place": place, **values})
        self._db.unregister("copies")


def _stream_audit(
    stream: str, due: int, landed: int, extra: int, dead: int, failed: int, lost: int, unrecorded: int
) -> StreamAudit:
    return StreamAudit(
        stream=stream,
        published=due,
        landed=landed,
        duplicates=extra,
        in_flight=due - landed - dead - failed - lost,
        dead_lettered=dead,
        failed=failed,
        lost=lost,
        unrecorded=unrecorded,
    )
