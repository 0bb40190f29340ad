"""The rows of an external table, as a query over an explicit list of objects.

Of a partitioned table only those partitions are listed that WHERE leaves: its conditions on partition columns alone are
put to DuckDB over the partitions' values, so that they mean what they mean in the query. The query itself still has all
of its conditions.

Every column is read by name and cast to the type it has in the Data Catalog; one that a file lacks is NULL, as columns
are added over time. An unpartitioned or unpruned table reads all of its objects.

**Left out:** manifests, `$path` and `$size` (SQLSTATE 42703).

https://docs.aws.amazon.com/redshift/latest/dg/c-spectrum-external-tables.html
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.external.interface import (
    CSV,
    HIVE_NULL,
    JSON,
    PARQUET,
    ExternalCatalog,
    ExternalTable,
    Partition,
)
from amp_sandbox.warehouse.sql import writing
from amp_sandbox.warehouse.sql.calls import cast, duck, text
from amp_sandbox.warehouse.sql.decide import Allow
from amp_sandbox.warehouse.sql.scope import Rewriting, Scope
from amp_sandbox.warehouse.types import Column

_FILE = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^\x00-\x1f*?\[\]{}]+)")


class Scanner:
    """Writes the rows of external tables for one statement."""

    def __init__(
        self, catalog: ExternalCatalog, db: Any, values: Sequence[object] | None, buckets: Sequence[str]
    ) -> None:
        self._catalog = catalog
        self._db = db
        self._values = values
        self._buckets = buckets

    def __call__(self, table: ExternalTable, where: exp.Expr | None, alias: str) -> exp.Expr:
        """The table's rows: those that can meet WHERE, or more."""
        if self._values is None:  # the statement is only described
            return _empty(table)
        if not table.keys:
            files = [one for listed in self._catalog.files([table.location]) for one in listed]
            return self._read(table, [(one, ()) for one in files])
        partitions = self._catalog.partitions(table)
        kept = self._pruned(table, partitions, where, alias)
        listed = self._catalog.files([one.location for one in kept])
        pairs = [(one, partition.values) for partition, files in zip(kept, listed, strict=True) for one in files]
        return self._read(table, pairs)

    def _read(self, table: ExternalTable, files: Sequence[tuple[str, tuple[str, ...]]]) -> exp.Expr:
        if not files:
            return _empty(table)
        for name, _ in files:
            require_readable(name, self._buckets)
        return _reading(table, files)

    def _pruned(
        self, table: ExternalTable, partitions: Sequence[Partition], where: exp.Expr | None, alias: str
    ) -> list[Partition]:
        conditions = [one for one in _conjuncts(where) if _only_of(one, table, alias)]
        if not conditions or not partitions:
            return list(partitions)
        keys = [one for one in table.columns if one.name in table.keys]
        rewriting = Rewriting({}, _refuse)
        scope = Scope(rewriting, Allow({}), sources={alias: tuple((one.name, one.type) for one in keys)})
        try:
            written = [writing.plain(one, scope) for one in conditions]
        except errors.SqlError:
            return list(partitions)  # the query will say what is wrong
        rows = [
            exp.Tuple(expressions=[exp.Literal.number(n), *(_partition_value(one) for one in partition.values)])
            for n, partition in enumerate(partitions)
        ]
        raw = exp.Subquery(this=exp.Values(expressions=rows), alias=_names("amp_raw", ["amp_n", *table.keys]))
        typed = exp.Select(
            expressions=[
                _column("amp_n"),
                *(_as(exp.TryCast(this=_column(k.name), to=_type(k)), k.name) for k in keys),
            ],
            from_=exp.From(this=raw),
        )
        query = exp.Select(
            expressions=[_column("amp_n")],
            from_=exp.From(this=exp.Subquery(this=typed, alias=_names(alias, []))),
            where=exp.Where(this=exp.and_(*written, copy=False)),
        )
        used = sorted(rewriting.parameters)
        assert self._values is not None
        given = {str(place): self._values[place - 1] for place in used if place <= len(self._values)}
        if len(given) != len(used):
            return list(partitions)
        found = self._db.execute(query.sql(dialect="duckdb"), given or None).fetchall()
        return [partitions[n] for (n,) in sorted(found)]


def require_readable(name: str, buckets: Sequence[str]) -> None:
    """Refuse an object that is in no bucket of the lake, or whose name would mean another to DuckDB."""
    found = _FILE.fullmatch(name)
    if found is None or any(part in ("", ".", "..") for part in found[2].split("/")[:-1]) or found[2].endswith(".."):
        raise errors.invalid_parameter(f"The object {name[:200]!r} cannot be read.")
    if found[1] not in buckets:
        raise errors.SqlError("42501", f"the bucket {found[1]} is none of the warehouse's")


def _reading(table: ExternalTable, files: Sequence[tuple[str, tuple[str, ...]]]) -> exp.Expr:
    plain = [one for one in table.columns if one.name not in table.keys]
    names = exp.Array(expressions=[text(name) for name, _ in files])
    source = exp.Select(expressions=[exp.Star()], from_=exp.From(this=exp.Table(this=_function(table, plain, names))))
    typed_empty = exp.Select(
        expressions=[_as(cast(exp.Null(), _file_type(table, one)), one.name) for one in plain],
        where=exp.Where(this=exp.Boolean(this=False)),
    )
    if table.format == PARQUET:
        # Columns that no file has yet are there, as NULL.
        source_query: exp.Expr = exp.Union(this=typed_empty, expression=source, distinct=False, by_name=True)
    else:
        source_query = source
    shown: list[exp.Expr] = [_as(_shown(table, one), one.name) for one in plain]
    query = exp.Select(from_=exp.From(this=exp.Subquery(this=source_query, alias=_names("amp_files", []))))
    if table.keys:
        shown += [_as(exp.TryCast(this=_column(f"amp_{k}", "amp_parts"), to=_type_of(table, k)), k) for k in table.keys]
        rows = [
            exp.Tuple(expressions=[text(name), *(_partition_value(one) for one in values)]) for name, values in files
        ]
        columns = ["amp_name", *(f"amp_{k}" for k in table.keys)]
        parts = exp.Subquery(this=exp.Values(expressions=rows), alias=_names("amp_parts", columns))
        on = exp.EQ(this=_column("filename", "amp_files"), expression=_column("amp_name", "amp_parts"))
        query.set("joins", [exp.Join(this=parts, on=on)])
    query.set("expressions", shown)
    return exp.Subquery(this=query)


def _function(table: ExternalTable, plain: Sequence[Column], names: exp.Expr) -> exp.Expr:
    options = [_option("filename", exp.Boolean(this=True))] if table.keys else []
    if table.format == PARQUET:
        options += [_option("union_by_name", exp.Boolean(this=True)), _option("hive_partitioning", _false())]
        return duck("read_parquet", names, *options)
    columns = exp.Struct(
        expressions=[exp.PropertyEQ(this=text(one.name), expression=text(_file_type(table, one))) for one in plain]
    )
    options += [_option("columns", columns), _option("hive_partitioning", _false())]
    if table.format == JSON:
        options += [_option("format", text("newline_delimited")), _option("compression", text("auto_detect"))]
        return duck("read_json", names, *options)
    assert table.format == CSV
    options += [_option(name, _literal(value)) for name, value in table.options.items()]
    options += [_option("auto_detect", _false()), _option("null_padding", exp.Boolean(this=True))]
    return duck("read_csv", names, *options)


def _shown(table: ExternalTable, column: Column) -> exp.Expr:
    node: exp.Expr = _column(column.name, "amp_files")
    if column.name in table.nested and table.format == PARQUET:
        return duck("to_json", node)
    if column.type.length is not None:
        return (
            duck("rtrim", cast(node, "VARCHAR"), text(" "))
            if column.type.oid == types.CHAR_OID
            else cast(node, "VARCHAR")
        )
    return cast(node, column.type)


def _file_type(table: ExternalTable, column: Column) -> str:
    if column.name in table.nested:
        return "JSON"
    if table.format == CSV and column.type in (types.TIMESTAMPTZ,):
        return "VARCHAR"
    return column.type.duckdb


def _empty(table: ExternalTable) -> exp.Expr:
    shown = [_as(cast(exp.Null(), one.type), one.name) for one in table.columns]
    return exp.Subquery(this=exp.Select(expressions=shown, where=exp.Where(this=_false())))


def _conjuncts(where: exp.Expr | None) -> list[exp.Expr]:
    if where is None:
        return []
    found, waiting = [], [where]
    while waiting:
        one = waiting.pop()
        if isinstance(one, exp.And):
            waiting += [one.this, one.args["expression"]]
        elif isinstance(one, exp.Paren):
            waiting.append(one.this)
        else:
            found.append(one)
    return found


def _only_of(node: exp.Expr, table: ExternalTable, alias: str) -> bool:
    """Whether a condition is on partition columns of this table alone."""
    if node.find(exp.Query, exp.Window) is not None:
        return False
    columns = list(node.find_all(exp.Column))
    return bool(columns) and all(
        one.name.lower() in table.keys and not one.args.get("db") and (not one.table or one.table.lower() == alias)
        for one in columns
        if not _is_part(one)
    )


def _is_part(node: exp.Column) -> bool:
    """Whether a word is a date part: the first argument of DATEADD and its like."""
    call = node.parent
    return isinstance(call, exp.Anonymous) and call.name.lower() in _PARTS and call.expressions[0] is node


_PARTS = frozenset({"dateadd", "date_add", "datediff", "date_diff", "date_trunc", "date_part"})


def _refuse(_table: object, _where: exp.Expr | None, _alias: str) -> exp.Expr:
    raise errors.not_supported("an external table here")


def _partition_value(value: str) -> exp.Expr:
    return exp.Null() if value == HIVE_NULL else text(value)


def _type(column: Column) -> exp.DataType:
    return exp.DataType.build(column.type.duckdb, dialect="duckdb", udt=True)


def _type_of(table: ExternalTable, key: str) -> exp.DataType:
    return _type(next(one for one in table.columns if one.name == key))


def _option(name: str, value: exp.Expr) -> exp.Expr:
    return exp.EQ(this=exp.to_identifier(name), expression=value)


def _literal(value: object) -> exp.Expr:
    return exp.Literal.number(value) if isinstance(value, int) else text(str(value))


def _false() -> exp.Expr:
    return exp.Boolean(this=False)


def _column(name: str, table: str | None = None) -> exp.Column:
    return exp.column(
        exp.to_identifier(name, quoted=True), table=exp.to_identifier(table, quoted=True) if table else None
    )


def _as(node: exp.Expr, name: str) -> exp.Expr:
    return exp.Alias(this=node, alias=exp.to_identifier(name, quoted=True))


def _names(name: str, columns: Sequence[str]) -> exp.TableAlias:
    return exp.TableAlias(
        this=exp.to_identifier(name, quoted=True), columns=[exp.to_identifier(one, quoted=True) for one in columns]
    )
