"""Mutated SQL: whatever is thrown at the service, it answers rows or a SQLSTATE, and runs only what it decided on.

The corpus is what Redshift clients write and what attackers would. Mutations take words out, put words of other
statements in, change quotes, parentheses and comments. The seed is fixed; the number of examples bounds the time.
"""

import random
import re

import pytest
from support.hostile_sql import HOSTILE

from amp_sandbox.warehouse.engine import Warehouse
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.session import Session
from amp_sandbox.warehouse.sql import compiling

_ORDINARY = [
    "SELECT a, b FROM public.fuzzed WHERE a > 1 AND b LIKE 'x%' ORDER BY a DESC LIMIT 5",
    "WITH q AS (SELECT a FROM fuzzed) SELECT q.a, count(*) FROM q JOIN fuzzed f ON f.a = q.a GROUP BY q.a",
    "SELECT CASE WHEN a = 1 THEN 'x' ELSE b END, sum(a) OVER (PARTITION BY b ORDER BY a) FROM fuzzed",
    "SELECT listagg(DISTINCT b, ',') WITHIN GROUP (ORDER BY b) FROM fuzzed",
    "SELECT s.k[0].x, e FROM fuzzed s, s.c.list AS e AT i WHERE i = 0",
    "INSERT INTO fuzzed (a, b) VALUES (1, 'x'), (2, NULL)",
    "INSERT INTO fuzzed SELECT a, b, c FROM fuzzed",
    "UPDATE fuzzed SET b = 'y' FROM fuzzed g WHERE g.a = fuzzed.a",
    "DELETE FROM fuzzed USING fuzzed g WHERE g.a = fuzzed.a",
    "MERGE INTO fuzzed USING fuzzed g ON fuzzed.a = g.a WHEN MATCHED THEN DELETE",
    "SELECT dateadd(day, 1, getdate()), datediff(week, '2024-01-01', current_date), '1'::int + 1",
    "SELECT a FROM fuzzed UNION ALL SELECT 1 EXCEPT SELECT 2",
    "CREATE TEMP TABLE made (a int IDENTITY(1,1), b varchar(5) DEFAULT 'x' ENCODE zstd) DISTKEY (a)",
    "CREATE VIEW public.seen AS SELECT a FROM public.fuzzed",
    "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace",
    "COPY fuzzed FROM 's3://lake/x' IAM_ROLE default FORMAT PARQUET",
    "UNLOAD ('SELECT a FROM fuzzed') TO 's3://lake/x' IAM_ROLE default",
    "GRANT SELECT ON fuzzed TO PUBLIC",
    "SET search_path TO public",
    "SHOW search_path",
]
_PIECES = ["'", '"', "(", ")", ";", "--", "/*", "*/", "$$", "$1", ".", ",", "[", "]", "{", "}", "::", "\\", "\x00", "é"]
# What no text may have that is run: DuckDB's functions and statements that reach beyond the tables decided on.
_FORBIDDEN = re.compile(
    r"(?i)\b(read_(?!parquet|json|csv)\w+|glob|query|query_table|json_execute\w*|duckdb_\w+|pragma_\w+|getenv|attach"
    r"|install|load|pragma|export|copy|call)\s*\("
)


def _mutated(rng: random.Random, corpus: list[str]) -> str:
    words = re.findall(r"\w+|'[^']*'|\S", rng.choice(corpus))
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(words) + 1)
        match rng.randrange(5):
            case 0:
                del words[place : place + rng.randint(1, 3)]
            case 1:
                other = re.findall(r"\w+|'[^']*'|\S", rng.choice(corpus))
                start = rng.randrange(len(other))
                words[place:place] = other[start : start + rng.randint(1, 5)]
            case 2:
                words.insert(place, rng.choice(_PIECES))
            case 3:
                words[place : place + 1] = words[place : place + 1] * 2
            case _:
                rng.shuffle(words) if rng.random() < 0.1 else words.reverse() if rng.random() < 0.05 else None
    return " ".join(words)


@pytest.fixture
def fuzzed(warehouse: Warehouse, session: Session) -> Session:
    session.run("CREATE TABLE IF NOT EXISTS public.fuzzed (a int, b varchar(10), c super)")
    return session


@pytest.mark.parametrize("seed", range(4))
def test_mutated_sql_is_answered_or_refused(fuzzed: Session, seed: int) -> None:
    rng = random.Random(seed)
    corpus = _ORDINARY + HOSTILE
    for _ in range(150):
        sql = _mutated(rng, corpus)
        if fuzzed.transaction_status == "I":
            fuzzed.run("BEGIN")
        states = []
        try:
            fuzzed.run_script(sql, lambda result: [one for _, one in zip(range(3), result, strict=False)])
        except SqlError as error:
            states.append(error.sqlstate)
        assert "XX000" not in states, sql
        if fuzzed.transaction_status != "I":
            fuzzed.rollback()
    assert fuzzed.run("SELECT 1").rows() == [(1,)]


@pytest.mark.parametrize("seed", range(4))
def test_what_runs_is_built_from_what_was_decided(fuzzed: Session, seed: int) -> None:
    """Of every mutation that is let through, DuckDB's own parser sees allowed tables and functions only."""
    rng = random.Random(1000 + seed)
    passed = 0
    for _ in range(400):
        sql = _mutated(rng, _ORDINARY)
        try:
            tree = compiling.parse(sql)
            allow = compiling.allowed(tree, fuzzed.world())
            compiled = compiling.compile_tree(tree, allow, fuzzed.external(described=True))
            compiling.check(fuzzed.db, compiled, compiling.tables_of(allow))
        except SqlError:
            continue
        passed += 1
        without_texts = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "", compiled.sql)
        assert not _FORBIDDEN.search(without_texts), (sql, compiled.sql)
        assert ";" not in without_texts
    assert passed > 5


def test_repeated_statements_are_compiled_once(fuzzed: Session) -> None:
    fuzzed.run("SELECT a FROM fuzzed WHERE a = 77").rows()
    key = next(one for one in fuzzed.warehouse.compiled._kept if "77" in str(one))
    first = fuzzed.warehouse.compiled.get(key)
    fuzzed.run("SELECT a FROM fuzzed WHERE a = 77").rows()
    assert fuzzed.warehouse.compiled.get(key) is first
