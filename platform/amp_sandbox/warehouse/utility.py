"""Transactions, settings, cursors, prepared statements, EXPLAIN, VACUUM and ANALYZE.

**Left out:** READ ONLY transactions, SET LOCAL, SHOW of anything but settings, FETCH backwards, LOCK, DISCARD:
SQLSTATE 0A000. EXPLAIN shows DuckDB's plan.

https://docs.aws.amazon.com/redshift/latest/dg/c_SQL_commands.html
"""

from typing import TYPE_CHECKING

from amp_sandbox.warehouse import errors, results, types
from amp_sandbox.warehouse import settings as parameters
from amp_sandbox.warehouse.ddl.names import owned, quoted
from amp_sandbox.warehouse.sql.datatypes import read_type
from amp_sandbox.warehouse.sql.statements import QUERY, Source, kind_of
from amp_sandbox.warehouse.sql.tokens import Tokens, folded
from amp_sandbox.warehouse.types import Column, Result, table

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Prepared, Session

PLAN = (Column("QUERY PLAN", types.VARCHAR_ANY),)


def begin(session: "Session", source: Source) -> Result:
    """BEGIN [WORK | TRANSACTION] [ISOLATION LEVEL …] [READ WRITE]: https://docs.aws.amazon.com/redshift/latest/dg/r_BEGIN.html"""
    tokens = source.tokens
    tokens.take()
    tokens.one_of("WORK", "TRANSACTION")
    while tokens.peek is not None:
        if tokens.accept("ISOLATION", "LEVEL"):
            _isolation(tokens)
        elif tokens.accept("READ", "ONLY"):
            raise errors.not_supported("a READ ONLY transaction")
        else:
            tokens.expect("READ", "WRITE")
        tokens.accept(",")
    session.begin()
    return Result("BEGIN")


def commit(session: "Session", source: Source) -> Result:
    """COMMIT or END [WORK | TRANSACTION]: https://docs.aws.amazon.com/redshift/latest/dg/r_COMMIT.html"""
    _only_word(source)
    return Result(session.commit())


def rollback(session: "Session", source: Source) -> Result:
    """ROLLBACK or ABORT [WORK | TRANSACTION]: https://docs.aws.amazon.com/redshift/latest/dg/r_ROLLBACK.html"""
    _only_word(source)
    session.rollback()
    return Result("ROLLBACK")


def set_(session: "Session", source: Source) -> Result:
    """SET [SESSION] name TO | = value | DEFAULT: https://docs.aws.amazon.com/redshift/latest/dg/r_SET.html"""
    tokens = source.tokens
    tokens.expect("SET")
    if tokens.accept("LOCAL"):
        raise errors.not_supported("SET LOCAL")
    if tokens.accept("TRANSACTION", "ISOLATION", "LEVEL") or tokens.accept(
        "SESSION", "CHARACTERISTICS", "AS", "TRANSACTION", "ISOLATION", "LEVEL"
    ):
        _isolation(tokens)
        tokens.end()
        return Result("SET")
    tokens.accept("SESSION")
    if tokens.accept("TIME", "ZONE"):
        name = "timezone"
    else:
        name = tokens.identifier()
        if tokens.one_of("TO", "=") is None:
            raise tokens.unexpected()
    if tokens.accept("DEFAULT"):
        tokens.end()
        _change(session, parameters.canonical(name), session.defaults[parameters.canonical(name)])
        return Result("SET")
    name, value = parameters.normalized(name, _value(tokens, name))
    _change(session, name, value)
    return Result("SET")


def reset(session: "Session", source: Source) -> Result:
    """RESET name | ALL: https://docs.aws.amazon.com/redshift/latest/dg/r_RESET.html"""
    tokens = source.tokens
    tokens.expect("RESET")
    name = tokens.identifier()
    tokens.end()
    if name == "all":
        session.settings.update({k: v for k, v in session.defaults.items() if k not in parameters.READ_ONLY})
        session.publish()
    else:
        name = parameters.canonical(name)
        if name in parameters.READ_ONLY:
            raise errors.SqlError("55P02", f'parameter "{name}" cannot be changed')
        _change(session, name, session.defaults[name])
    return Result("RESET")


def shown(source: Source) -> tuple[str, tuple[Column, ...]]:
    """What SHOW asks for, and its columns."""
    tokens = source.tokens
    start = tokens.position
    tokens.expect("SHOW")
    words = [tokens.identifier()]
    while tokens.peek is not None:
        words.append(tokens.identifier())
    tokens.position = start
    name = " ".join(words)
    if name == "all":
        return name, (Column("name", types.VARCHAR_ANY), Column("setting", types.VARCHAR_ANY))
    if words[0] in ("tables", "schemas", "databases", "columns", "external", "grants", "procedures", "table", "view"):
        raise errors.not_supported(f"SHOW {words[0].upper()}")
    return parameters.canonical(name), (Column(name.replace(" ", "_"), types.VARCHAR_ANY),)


def show(session: "Session", source: Source) -> Result:
    """SHOW name | ALL: https://docs.aws.amazon.com/redshift/latest/dg/r_SHOW.html"""
    name, columns = shown(source)
    settings = session.settings | {"is_superuser": "on" if session.grants().superuser else "off"}
    if name == "all":
        return table("SHOW", columns, sorted(settings.items()))
    return table("SHOW", columns, [(settings[name],)])


def explain(session: "Session", source: Source) -> Result:
    """EXPLAIN [VERBOSE] of a query or change: https://docs.aws.amazon.com/redshift/latest/dg/r_EXPLAIN.html"""
    tokens = source.tokens
    tokens.expect("EXPLAIN")
    tokens.accept("VERBOSE")
    rest = tokens.rest
    if not rest or kind_of(rest) != QUERY:
        raise errors.not_supported("EXPLAIN of this statement")
    compiled = session.compiled(tokens.text[rest[0].start : rest[-1].end + 1])
    if compiled.parameters or compiled.into is not None:
        raise errors.not_supported("EXPLAIN of a statement with parameters or INTO")
    plan = session.db.execute(f"EXPLAIN {compiled.sql}").fetchall()
    return table("EXPLAIN", PLAN, [(line,) for _, text in plan for line in text.rstrip("\n").split("\n")])


def declare(session: "Session", source: Source) -> Result:
    """DECLARE name CURSOR FOR query: https://docs.aws.amazon.com/redshift/latest/dg/declare.html"""
    tokens = source.tokens
    tokens.expect("DECLARE")
    name = tokens.identifier()
    tokens.accept("NO", "SCROLL")
    tokens.expect("CURSOR")
    tokens.accept("WITHOUT", "HOLD")
    tokens.expect("FOR")
    if session.transaction_status != "T":
        raise errors.no_active_transaction("DECLARE CURSOR")
    if name in session.cursors:
        raise errors.SqlError("42P03", f'cursor "{name}" already exists')
    result = session.query(_rest(source, tokens))
    if result.columns is None:
        raise errors.syntax_error("a cursor needs a query")
    session.cursors[name] = results.Kept(result.columns, result)
    return Result("DECLARE CURSOR")


def fetched(session: "Session", source: Source) -> tuple[results.Kept, int | None]:
    """The cursor that FETCH reads, and how many rows."""
    tokens = source.tokens
    start = tokens.position
    tokens.expect("FETCH")
    count: int | None = 1
    if tokens.accept("NEXT"):
        pass
    elif tokens.accept("ALL") or tokens.accept("FORWARD", "ALL"):
        count = None
    else:
        tokens.accept("FORWARD")
        if tokens.peek is not None and tokens.peek.kind == "number":
            count = tokens.integer()
    if tokens.one_of("FROM", "IN") is None and tokens.peek is not None and len(tokens.rest) > 1:
        raise errors.not_supported(f"FETCH {tokens.rest[0].text.upper()[:40]}")
    name = tokens.identifier()
    tokens.end()
    tokens.position = start
    if name not in session.cursors:
        raise errors.undefined_cursor(name)
    return session.cursors[name], count


def fetch(session: "Session", source: Source) -> Result:
    """FETCH [NEXT | ALL | FORWARD n] FROM name: https://docs.aws.amazon.com/redshift/latest/dg/fetch.html"""
    cursor, count = fetched(session, source)
    return cursor.fetch(count)


def close(session: "Session", source: Source) -> Result:
    """CLOSE name: https://docs.aws.amazon.com/redshift/latest/dg/close.html"""
    tokens = source.tokens
    tokens.expect("CLOSE")
    name = tokens.identifier()
    tokens.end()
    if name == "all":
        session.cursors.clear()
    elif session.cursors.pop(name, None) is None:
        raise errors.undefined_cursor(name)
    return Result("CLOSE CURSOR")


def prepare(session: "Session", source: Source) -> Result:
    """PREPARE name [(types)] AS query: https://docs.aws.amazon.com/redshift/latest/dg/r_PREPARE.html"""
    tokens = source.tokens
    tokens.expect("PREPARE")
    name = tokens.identifier()
    oids = []
    if tokens.accept("("):
        oids.append(read_type(tokens).oid)
        while tokens.accept(","):
            oids.append(read_type(tokens).oid)
        tokens.expect(")")
    tokens.expect("AS")
    if name in session.statements:
        raise errors.SqlError("42P05", f'prepared statement "{name}" already exists')
    session.statements[name] = session.prepare(_rest(source, tokens).text, oids)
    return Result("PREPARE")


def executed(session: "Session", source: Source) -> "tuple[Prepared, list[object]]":
    """The statement that EXECUTE runs, and its values."""
    tokens = source.tokens
    start = tokens.position
    tokens.expect("EXECUTE")
    name = tokens.identifier()
    values: list[object] = []
    if tokens.accept("("):
        values.append(_constant(tokens))
        while tokens.accept(","):
            values.append(_constant(tokens))
        tokens.expect(")")
    tokens.end()
    tokens.position = start
    if name not in session.statements:
        raise errors.undefined_statement(name)
    return session.statements[name], values


def execute(session: "Session", source: Source) -> Result:
    """EXECUTE name [(values)]: https://docs.aws.amazon.com/redshift/latest/dg/r_EXECUTE.html"""
    prepared, values = executed(session, source)
    from amp_sandbox.warehouse.sql.statements import split

    return session.query(split(prepared.text)[0], values, prepared.oids)


def deallocate(session: "Session", source: Source) -> Result:
    """DEALLOCATE [PREPARE] name: https://docs.aws.amazon.com/redshift/latest/dg/r_DEALLOCATE.html"""
    tokens = source.tokens
    tokens.expect("DEALLOCATE")
    tokens.accept("PREPARE")
    name = tokens.identifier()
    tokens.end()
    if name == "all":
        session.statements.clear()
    elif session.statements.pop(name, None) is None:
        raise errors.undefined_statement(name)
    return Result("DEALLOCATE")


def vacuum(session: "Session", source: Source) -> Result:
    """VACUUM gives the space of deleted rows back: https://docs.aws.amazon.com/redshift/latest/dg/r_VACUUM_command.html"""
    tokens = source.tokens
    tokens.expect("VACUUM")
    if session.transaction_status != "I":
        raise errors.active_transaction("VACUUM")
    if tokens.accept("SORT", "ONLY") or tokens.accept("DELETE", "ONLY"):
        pass
    else:
        tokens.one_of("FULL", "REINDEX", "RECLUSTER")
    named = tokens.peek is not None and not tokens.at("TO") and not tokens.at("BOOST")
    if named:
        owned(session, tokens.qualified_name(), "r", "m")
    elif not session.grants().superuser:
        raise errors.must_be_superuser("vacuum all tables")
    if tokens.accept("TO"):
        tokens.integer()
        tokens.expect("PERCENT")
    tokens.accept("BOOST")
    tokens.end()
    import duckdb

    try:
        session.db.execute("CHECKPOINT")
    except duckdb.TransactionException:  # others write now; DuckDB does it after them
        session.notice("other transactions are open; the space is given back after them", "INFO")
    return Result("VACUUM")


def analyze(session: "Session", source: Source) -> Result:
    """ANALYZE [VERBOSE] [table [(columns)]]: https://docs.aws.amazon.com/redshift/latest/dg/r_ANALYZE.html"""
    tokens = source.tokens
    tokens.take()
    tokens.accept("VERBOSE")
    if tokens.peek is not None:
        relation = owned(session, tokens.qualified_name(), "r", "m")
        listed = []
        if tokens.accept("("):
            listed = tokens.names()
            tokens.expect(")")
        _ = tokens.accept("PREDICATE", "COLUMNS") or tokens.accept("ALL", "COLUMNS")
        for name in listed:
            relation.column(name)
        tokens.end()
        session.db.execute(f"ANALYZE {quoted(relation.schema, relation.name)}")
    else:
        if not session.grants().superuser:
            raise errors.must_be_superuser("analyze all tables")
        session.db.execute("ANALYZE")
    return Result("ANALYZE")


def _change(session: "Session", name: str, value: str) -> None:
    session.settings[name] = value
    if name == "search_path":
        session.publish()


def _value(tokens: Tokens, name: str) -> str:
    """A setting's value; SEARCH_PATH's is a list of names."""
    parts = []
    while True:
        token = tokens.take()
        text = token.text
        if token.upper == "-":
            text = "-" + tokens.take().text
        elif token.text == "$" and name == "search_path":
            text = "$" + tokens.take().text
        elif token.kind not in ("word", "quoted", "string", "number", "parameter"):
            raise errors.syntax_error_near(token.text, token.start + 1)
        if name == "search_path":
            text = '"$user"' if text.lower() == "$user" else f'"{folded(text)}"' if text else '""'
        parts.append(text)
        if not tokens.accept(","):
            break
    while tokens.peek is not None:  # ISO MDY, repeatable read
        parts[-1] += f" {tokens.identifier()}"
    return ", ".join(parts)


def _isolation(tokens: Tokens) -> None:
    """All are SERIALIZABLE, as in Redshift: https://docs.aws.amazon.com/redshift/latest/dg/r_BEGIN.html"""
    if tokens.accept("REPEATABLE", "READ") or tokens.accept("READ", "COMMITTED"):
        return
    if tokens.accept("READ", "UNCOMMITTED") or tokens.accept("SERIALIZABLE") or tokens.accept("SNAPSHOT"):
        return
    raise tokens.unexpected()


def _only_word(source: Source) -> None:
    source.tokens.take()
    source.tokens.one_of("WORK", "TRANSACTION")
    source.tokens.end()


def _constant(tokens: Tokens) -> object:
    if tokens.accept("NULL"):
        return None
    word = tokens.one_of("TRUE", "FALSE")
    if word is not None:
        return word == "TRUE"
    sign = "-" if tokens.accept("-") else ""
    token = tokens.take()
    if token.kind == "string" and not sign:
        return token.text
    if token.kind != "number":
        raise errors.syntax_error_near(token.text, token.start + 1)
    return sign + token.text


def _rest(source: Source, tokens: Tokens) -> Source:
    """The query that is left."""
    rest = tokens.rest
    if not rest:
        raise tokens.unexpected()
    if kind_of(rest) != QUERY:
        raise errors.not_supported(f"{source.kind} of {rest[0].text.upper()[:40]}")
    text = tokens.text[rest[0].start : rest[-1].end + 1]
    return Source(QUERY, Tokens(tokens.text, rest), text, rest[0].start)
