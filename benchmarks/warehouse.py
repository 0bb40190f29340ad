"""The warehouse over its wire, beside the same in DuckDB in process, and beside PostgreSQL where it is installed.

What is compared takes turns, so that both sides meet the same load of the machine; answers are compared too. All is
without TLS, as DuckDB has no wire at all, and the client is psycopg 3 on both wires.

`BENCH_FETCHED_ROWS` and `BENCH_MARTS_EVENTS` set how much is fetched, and of how many events marts are built.
"""

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, LiteralString

import duckdb
import marts_events
import postgresql
import psycopg
from figure import Figure

from amp_sandbox.marts import build
from amp_sandbox.settings import Settings
from amp_sandbox.warehouse import client

POINT_ROWS, POINT_QUERIES, TURN = 100_000, 1_000, 100
CLIENTS, CLIENT_QUERIES = 50, 20
FETCHED_ROWS = int(os.environ.get("BENCH_FETCHED_ROWS", "1_000_000"))
FETCHES = 3
MARTS_EVENTS = int(os.environ.get("BENCH_MARTS_EVENTS", "1_000_000"))

_POINT: LiteralString = "SELECT id, title, category, price FROM bench_points WHERE id = "
# The same text for DuckDB, Redshift and PostgreSQL.
_MAKE_POINTS = """
CREATE TABLE bench_points AS
SELECT CAST(n AS BIGINT) AS id, CAST('Show ' || CAST(n AS VARCHAR) AS VARCHAR(64)) AS title,
       CAST(CASE WHEN n % 2 = 0 THEN 'talk' ELSE 'music' END AS VARCHAR(16)) AS category,
       CAST(n % 1000 AS DECIMAL(10, 2)) AS price
FROM generate_series(1, {rows}) AS numbers(n)
"""
_MAKE_FETCHED = """
CREATE TABLE bench_fetched AS
SELECT CAST(n AS BIGINT) AS id, CAST('listener ' || CAST(n AS VARCHAR) AS VARCHAR(64)) AS name,
       CAST(n AS DOUBLE PRECISION) / 8 AS score, CAST(n % 1000000 AS DECIMAL(12, 2)) AS paid,
       CAST('2026-01-01 00:00:00' AS TIMESTAMP) + n * INTERVAL '1 second' AS seen_at, n % 3 = 0 AS is_live
FROM generate_series(1, {rows}) AS numbers(n)
"""
_FETCH: LiteralString = "SELECT id, name, score, paid, seen_at, is_live FROM bench_fetched"

Query = Callable[[int], list[Any]]


def point(settings: Settings) -> list[Figure]:
    """One row by its id, out of a hundred thousand: prepared, and as texts that the simple protocol takes."""
    with _wire(settings) as wire, marts_events.database() as duck:
        _make(wire, duck, "bench_points", _MAKE_POINTS.format(rows=POINT_ROWS))
        ways: Mapping[str, tuple[Query, Query]] = {
            "prepared": (_prepared(wire), _with_parameter(duck)),
            "simple": (
                lambda _: wire.execute(_POINT + "77").fetchall(),
                lambda _: duck.execute(_POINT + "77").fetchall(),
            ),
            # As psycopg2 sends parameters, written into the text: nothing that is compiled is met again.
            "new text": (
                lambda n: wire.execute(f"{_POINT}{n}".encode()).fetchall(),
                lambda n: duck.execute(f"{_POINT}{n}").fetchall(),
            ),
        }
        figures = []
        for way, (over_wire, in_process) in ways.items():
            ours, theirs = _medians(over_wire, in_process)
            goal = "" if way == "new text" else "2"
            figures.append(Figure(f"point query, {way}, p50", ours * 1000, "ms"))
            figures.append(Figure(f"point query, {way}, against DuckDB in process", ours / theirs, "x", goal))
    return figures


def fetch(settings: Settings) -> list[Figure]:
    """All rows of a table of six columns into Python's values: the fastest of three turns of each."""
    ways: dict[str, Callable[[], list[tuple[Any, ...]]]] = {}
    with ExitStack() as stack:
        wire, duck = stack.enter_context(_wire(settings)), stack.enter_context(marts_events.database())
        make = _MAKE_FETCHED.format(rows=FETCHED_ROWS)
        _make(wire, duck, "bench_fetched", make)
        ways["wire"] = lambda: wire.execute(_FETCH).fetchall()
        ways["DuckDB in process"] = lambda: duck.execute(_FETCH).fetchall()
        programs = postgresql.programs()
        if programs is None:
            print("PostgreSQL is not installed: the fetch is compared with DuckDB in process alone", file=sys.stderr)
        else:
            login = stack.enter_context(postgresql.server(programs))
            other = stack.enter_context(psycopg.connect(**login, sslmode="disable", autocommit=True))
            other.execute(make.encode())
            other.execute("VACUUM ANALYZE bench_fetched")
            ways["PostgreSQL"] = lambda: other.execute(_FETCH).fetchall()
        seconds = _fastest(ways)
    ours = seconds.pop("wire")
    name = f"fetch of {FETCHED_ROWS:,} rows"
    against = [Figure(f"{name}, against {other}", ours / theirs, "x") for other, theirs in seconds.items()]
    return [Figure(name, FETCHED_ROWS / ours, "/s"), *against]


def clients(settings: Settings) -> list[Figure]:
    """Fifty clients at once, each with a connection and a thread of its own in one process, on the same two cores."""
    with _wire(settings) as wire, marts_events.database() as duck:
        _make(wire, duck, "bench_points", _MAKE_POINTS.format(rows=POINT_ROWS))
        with ExitStack() as stack:
            login = client.access(settings, None)
            started = time.perf_counter()
            wires = [stack.enter_context(_connected(login)) for _ in range(CLIENTS)]
            connecting = (time.perf_counter() - started) / CLIENTS
            rate, p95 = _together([_prepared(one) for one in wires])
        alone, _ = _together([_with_parameter(duck.cursor()) for _ in range(CLIENTS)])
    return [
        Figure("connection opened and authenticated", connecting * 1000, "ms"),
        Figure(f"point queries of {CLIENTS} clients together", rate, "/s"),
        Figure(f"point queries of {CLIENTS} clients together, p95", p95 * 1000, "ms"),
        Figure(f"point queries of {CLIENTS} clients, against as many threads in process", alone / rate, "x"),
    ]


def marts(settings: Settings) -> list[Figure]:
    """The marts, by the Data API over the lake's Parquet in S3; and the same SQL over the same files in process."""
    first, last = marts_events.FIRST_DAY, marts_events.LAST_DAY
    over_wire, in_process = [], []
    with tempfile.TemporaryDirectory(prefix="amp-bench-marts-") as folder:
        lake = Path(folder) / "lake"
        events = marts_events.write(lake, MARTS_EVENTS)
        marts_events.publish(settings, lake)
        with marts_events.in_process(lake) as duck, _wire(settings) as wire:
            for _ in range(2):  # the second time, both have read the files before, and replace what they wrote
                over_wire.append(_seconds(lambda: build(settings, first, last)))
                in_process.append(_seconds(lambda: marts_events.build(duck, first, last)))
            ours, theirs = marts_events.summary(wire), marts_events.summary(duck)
    if ours != theirs:
        raise RuntimeError(f"the marts are not the same: {ours} in the warehouse, {theirs} in DuckDB")
    name = f"marts over {events:,} events"
    return [
        Figure(name, over_wire[-1], "s"),
        Figure(f"{name}, against DuckDB in process", over_wire[-1] / in_process[-1], "x"),
        Figure(f"{name}, the first time", over_wire[0], "s"),
    ]


@contextmanager
def _wire(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    with _connected(client.access(settings, None)) as connection:
        yield connection


def _connected(login: client.Access) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=login.host,
        port=login.port,
        dbname=login.database,
        user=login.user,
        password=login.password,
        sslmode="disable",
        autocommit=True,
    )


def _prepared(wire: psycopg.Connection[Any]) -> Query:
    return lambda n: wire.execute(_POINT + "%s", (n,), prepare=True).fetchall()


def _with_parameter(duck: duckdb.DuckDBPyConnection) -> Query:
    return lambda n: duck.execute(_POINT + "$1", [n]).fetchall()


def _make(wire: psycopg.Connection[Any], duck: duckdb.DuckDBPyConnection, table: str, sql: str) -> None:
    """Make a table on both sides."""
    wire.execute(f"DROP TABLE IF EXISTS {table}".encode())
    wire.execute(sql.encode())
    duck.execute(sql)


def _medians(*queries: Query) -> list[float]:
    """The median seconds of each query. They take turns of some dozen each; their answers must be the same."""
    times: list[list[float]] = [[] for _ in queries]
    for start in range(0, POINT_QUERIES, TURN):
        ids = [number * 7_919 % POINT_ROWS + 1 for number in range(start, start + TURN)]
        answers = [[_timed(query, n, kept) for n in ids] for query, kept in zip(queries, times, strict=True)]
        if any(one != answers[0] for one in answers):
            raise RuntimeError("the point queries were answered differently")
    return [statistics.median(kept) for kept in times]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _timed(query: Query, number: int, kept: list[float]) -> list[Any]:
    started = time.perf_counter()
    answer = query(number)
    kept.append(time.perf_counter() - started)
    return answer


def _fastest(ways: Mapping[str, Callable[[], list[tuple[Any, ...]]]]) -> dict[str, float]:
    """The fewest seconds that each took, in turns. What they gave must be the same."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    seen = set()
    for _ in range(FETCHES):
        for name, way in ways.items():
            started = time.perf_counter()
            rows = way()
            seconds[name].append(time.perf_counter() - started)
            seen.add(sum(map(hash, rows)))
            del rows  # before the next comes
    if len(seen) > 1:
        raise RuntimeError("not all fetched the same rows")
    return {name: min(took) for name, took in seconds.items()}


def _together(queries: list[Query]) -> tuple[float, float]:
    """Queries a second of all, and the 95th percentile of their seconds; each asks from a thread of its own."""
    times: list[float] = []
    failed: list[BaseException] = []
    ready = threading.Barrier(len(queries) + 1)

    def ask(query: Query, first: int) -> None:
        mine: list[float] = []
        try:
            query(first + 1)  # prepared now
            ready.wait()
            for number in range(CLIENT_QUERIES):
                n = (first + number * 7_919) % POINT_ROWS + 1
                [row] = _timed(query, n, mine)
                if row[0] != n:
                    raise RuntimeError(f"{n} was asked for, and {row} came")
        except BaseException as error:
            failed.append(error)
            ready.abort()
        times.extend(mine)

    threads = [threading.Thread(target=ask, args=(query, place * 1_000)) for place, query in enumerate(queries)]
    for thread in threads:
        thread.start()
    started = time.perf_counter()
    try:
        ready.wait()
        started = time.perf_counter()
    finally:
        for thread in threads:
            thread.join()
    seconds = time.perf_counter() - started
    if failed:
        raise failed[0]
    return len(times) / seconds, statistics.quantiles(times, n=20)[-1]
