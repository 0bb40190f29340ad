"""COPY from S3 into a table, and UNLOAD of a query to S3: the only statements that name objects.

They are read word by word and are allowed only in the buckets of the warehouse. COPY reads an explicit list of objects;
DuckDB never sees a pattern or a name that was written in a statement and not found by a listing.

**Left out:** COPY from anything but S3, manifests, fixed width, AVRO, ORC, SHAPEFILE, credentials other than IAM_ROLE,
encryption, JSON paths, SSH, COMPUPDATE and STATUPDATE ON (there are no encodings to choose), UNLOAD with MANIFEST,
PARTITION BY, PARALLEL OFF's size limits and encryption: SQLSTATE 0A000, with the option's name.

https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html
https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.ddl.names import quoted
from amp_sandbox.warehouse.external.scan import require_readable
from amp_sandbox.warehouse.sql import changes
from amp_sandbox.warehouse.sql.calls import duck, text
from amp_sandbox.warehouse.sql.catalog import TableColumn
from amp_sandbox.warehouse.sql.decide import require, resolve
from amp_sandbox.warehouse.sql.statements import QUERY, Source, kind_of
from amp_sandbox.warehouse.sql.tokens import Tokens, tokenize
from amp_sandbox.warehouse.types import Result

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session

_PREFIX = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^\x00-\x1f*?\[\]{}\\]*)")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")


@dataclass
class Form:
    """How the objects are written."""

    format: str = "TEXT"  # TEXT (delimited), CSV, JSON, PARQUET
    delimiter: str | None = None
    quote: str = '"'
    header_lines: int = 0
    header: bool = False
    gzip: bool = False
    null: str | None = None
    empty_as_null: bool = False
    max_errors: int = 0
    date_format: str | None = None
    time_format: str | None = None
    allow_overwrite: bool = False
    role: str | None = None


def copy(session: "Session", source: Source) -> Result:
    """COPY table [(columns)] FROM 's3://…' IAM_ROLE … [options]."""
    tokens = source.tokens
    tokens.expect("COPY")
    relation = resolve(tokens.qualified_name(), session.world())
    require("INSERT", relation, session.grants())
    if relation.kind != "r":
        raise errors.wrong_object_type(f'"{relation.name}" is not a table')
    names: list[str] = []
    if tokens.accept("("):
        names = tokens.names()
        tokens.expect(")")
    tokens.expect("FROM")
    place = tokens.string()
    form = Form()
    while tokens.peek is not None:
        _copy_option(tokens, form)
    _require_role(form)
    columns = [relation.column(one) for one in names] or [
        one for one in relation.columns if isinstance(one, TableColumn) and not one.identity
    ]
    files = _files(session, place)
    query = reading(files, form, columns)
    missing = changes.defaulted(relation, columns)
    query.set("expressions", [*query.expressions, *(changes.default_of(relation, one) for one in missing)])
    listed = ", ".join(quoted(one.name) for one in [*columns, *missing])
    into = quoted(relation.schema, relation.name)
    session.db.execute(f"INSERT INTO {into} ({listed}) {query.sql(dialect='duckdb')}")
    count = session.db.fetchone()
    loaded = int(count[0]) if count else 0
    session.notice(f"Load into table '{relation.name}' completed, {loaded} record(s) loaded successfully.", "INFO")
    return Result("COPY", row_count=loaded)


def unload(session: "Session", source: Source) -> Result:
    """UNLOAD ('select …') TO 's3://bucket/prefix' IAM_ROLE … [options]."""
    tokens = source.tokens
    tokens.expect("UNLOAD", "(")
    query = tokens.string()
    tokens.expect(")", "TO")
    place = tokens.string()
    form = Form()
    while tokens.peek is not None:
        _unload_option(tokens, form)
    _require_role(form)
    if kind_of(tokenize(query) or tokenize(";")) != QUERY:
        raise errors.syntax_error("UNLOAD needs a query")
    compiled = session.compiled(query)
    if compiled.columns is None or compiled.parameters or compiled.into is not None:
        raise errors.syntax_error("UNLOAD needs a query")
    bucket, prefix = _place(session, place)
    extension = {"PARQUET": "000.parquet", "JSON": "000.json", "CSV": "000.csv"}.get(form.format, "000")
    target = f"s3://{bucket}/{prefix}{extension}{'.gz' if form.gzip else ''}"
    require_readable(target, _buckets(session))
    if not form.allow_overwrite and session.warehouse.external.keys(bucket, prefix):
        raise errors.SqlError(
            "58030", "the specified unload destination on S3 is not empty", hint="Consider ALLOWOVERWRITE."
        )
    written = text(target).sql(dialect="duckdb")
    session.db.execute(f"COPY ({compiled.sql}) TO {written} ({_written_form(form)})")
    count = session.db.fetchone()
    unloaded = int(count[0]) if count else 0
    session.notice(f"UNLOAD completed, {unloaded} record(s) unloaded successfully.", "INFO")
    return Result("UNLOAD", row_count=unloaded)


def _copy_option(tokens: Tokens, form: Form) -> None:
    if _shared_option(tokens, form):
        return
    if tokens.accept("IGNOREHEADER"):
        tokens.accept("AS")
        form.header_lines = tokens.integer()
    elif tokens.accept("EMPTYASNULL") or tokens.accept("BLANKSASNULL"):
        form.empty_as_null = True
    elif tokens.accept("DATEFORMAT"):
        tokens.accept("AS")
        form.date_format = _auto(tokens, "DATEFORMAT")
    elif tokens.accept("TIMEFORMAT"):
        tokens.accept("AS")
        form.time_format = _auto(tokens, "TIMEFORMAT")
    elif tokens.accept("COMPUPDATE") or tokens.accept("STATUPDATE"):
        if tokens.one_of("OFF", "FALSE") is None:
            raise errors.not_supported("COMPUPDATE or STATUPDATE ON")
    else:
        raise errors.not_supported(f"{tokens.take().text.upper()[:40]} of COPY")


def _unload_option(tokens: Tokens, form: Form) -> None:
    if _shared_option(tokens, form):
        return
    if tokens.accept("ALLOWOVERWRITE"):
        form.allow_overwrite = True
    elif tokens.accept("HEADER"):
        form.header = True
    elif tokens.accept("PARALLEL"):
        if tokens.one_of("OFF", "FALSE") is None:
            raise errors.not_supported("PARALLEL ON of UNLOAD")
    else:
        raise errors.not_supported(f"{tokens.take().text.upper()[:40]} of UNLOAD")


def _shared_option(tokens: Tokens, form: Form) -> bool:
    if tokens.accept("IAM_ROLE"):
        form.role = "default" if tokens.accept("DEFAULT") else tokens.string()
    elif tokens.accept("REGION"):
        tokens.accept("AS")
        if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", tokens.string()):
            raise errors.invalid_parameter("REGION is none")
    elif tokens.accept("GZIP"):
        form.gzip = True
    elif tokens.accept("DELIMITER"):
        tokens.accept("AS")
        form.delimiter = _character(tokens, "DELIMITER")
    elif tokens.accept("QUOTE"):
        tokens.accept("AS")
        form.quote = _character(tokens, "QUOTE")
    elif tokens.accept("NULL", "AS"):
        form.null = tokens.string()
    else:
        return _format(tokens, form)
    return True


def _format(tokens: Tokens, form: Form) -> bool:
    if tokens.accept("FORMAT"):
        tokens.accept("AS")
    word = tokens.one_of("CSV", "PARQUET", "JSON")
    if word is None:
        return False
    form.format = word
    if word == "JSON":
        tokens.accept("AS")
        token = tokens.peek
        if token is not None and token.kind == "string" and tokens.string().lower() not in ("auto", "auto ignorecase"):
            raise errors.not_supported("JSON with paths")
    return True


def _character(tokens: Tokens, name: str) -> str:
    given = tokens.string().replace("\\t", "\t")
    if len(given) != 1:
        raise errors.invalid_parameter(f"{name} needs one character")
    return given


def _auto(tokens: Tokens, name: str) -> str | None:
    given = tokens.string()
    if given.lower() != "auto":
        raise errors.not_supported(f"{name} other than 'auto'")
    return None


def _require_role(form: Form) -> None:
    if form.role is None:
        raise errors.not_supported("COPY and UNLOAD without IAM_ROLE")
    if form.role != "default" and not _ROLE.fullmatch(form.role):
        raise errors.invalid_parameter(f"{form.role[:80]!r} is no ARN of a role")


def _buckets(session: "Session") -> Sequence[str]:
    s3 = session.warehouse.options.s3
    return s3.buckets if s3 is not None else ()


def _place(session: "Session", place: str) -> tuple[str, str]:
    """The bucket and prefix of a place, which may be used. Raises SqlError."""
    found = _PREFIX.fullmatch(place)
    if found is None:
        raise errors.invalid_parameter(f"{place[:200]!r} is no place in S3")
    bucket, prefix = found[1], found[2]
    if bucket not in _buckets(session):
        raise errors.SqlError("42501", f"the bucket {bucket} is none of the warehouse's")
    if any(part in (".", "..") for part in prefix.split("/")) or "//" in prefix:
        raise errors.invalid_parameter(f"{place[:200]!r} is no place in S3")
    return bucket, prefix


def _files(session: "Session", place: str) -> list[str]:
    bucket, prefix = _place(session, place)
    files = [f"s3://{bucket}/{key}" for key in session.warehouse.external.keys(bucket, prefix)]
    if not files:
        raise errors.SqlError("58030", f"the specified S3 prefix {prefix!r} does not exist")
    for name in files:
        require_readable(name, _buckets(session))
    return files


def reading(files: Sequence[str], form: Form, columns: Sequence[TableColumn]) -> exp.Select:
    """The rows of these objects, as they are stored in these columns."""
    listed = exp.Array(expressions=[text(one) for one in files])
    if form.format == "PARQUET":
        names = [exp.column(exp.to_identifier(one.name, quoted=True)) for one in columns]
        source = duck("read_parquet", listed, _option("hive_partitioning", exp.Boolean(this=False)))
    else:
        names = [exp.column(exp.to_identifier(one.name, quoted=True)) for one in columns]
        kinds = exp.Struct(
            expressions=[exp.PropertyEQ(this=text(one.name), expression=text(_read_type(one, form))) for one in columns]
        )
        options = [_option("columns", kinds), _option("hive_partitioning", exp.Boolean(this=False))]
        unknown = "auto_detect" if form.format == "JSON" else "auto"
        options.append(_option("compression", text("gzip" if form.gzip else unknown)))
        if form.format == "JSON":
            source = duck("read_json", listed, *options, _option("format", text("auto")))
        else:
            source = duck("read_csv", listed, *options, *_text_options(form))
    values = [
        changes.stored(_given(name, form), types.SUPER if _is_super(one, form) else None, one.type)
        for name, one in zip(names, columns, strict=True)
    ]
    return exp.Select(expressions=values, from_=exp.From(this=exp.Table(this=source)))


def _given(node: exp.Expr, form: Form) -> exp.Expr:
    if form.empty_as_null and form.format in ("TEXT", "CSV"):
        return duck("nullif", node, text(""))
    return node


def _is_super(column: TableColumn, form: Form) -> bool:
    return column.type == types.SUPER and form.format != "PARQUET"


def _read_type(column: TableColumn, form: Form) -> str:
    if form.format == "JSON":
        return column.type.duckdb
    return "VARCHAR" if column.type.duckdb == "VARCHAR" or form.empty_as_null else column.type.duckdb


def _text_options(form: Form) -> list[exp.Expr]:
    csv = form.format == "CSV"
    options = [
        _option("delim", text(form.delimiter or ("," if csv else "|"))),
        _option("quote", text(form.quote if csv else "")),
        _option("escape", text(form.quote if csv else "")),
        _option("header", exp.Boolean(this=False)),
        _option("skip", exp.Literal.number(form.header_lines)),
        _option("auto_detect", exp.Boolean(this=False)),
    ]
    if form.null is not None:
        options.append(_option("nullstr", text(form.null)))
    return options


def _written_form(form: Form) -> str:
    if form.format == "PARQUET":
        return "FORMAT parquet, COMPRESSION snappy"
    compression = "gzip" if form.gzip else "none"
    if form.format == "JSON":
        return f"FORMAT json, COMPRESSION {compression}"
    delimiter = text(form.delimiter or ("," if form.format == "CSV" else "|")).sql(dialect="duckdb")
    null = text(form.null or "").sql(dialect="duckdb")
    return f"FORMAT csv, DELIMITER {delimiter}, NULLSTR {null}, HEADER {form.header}, COMPRESSION {compression}"


def _option(name: str, value: exp.Expr) -> exp.Expr:
    return exp.EQ(this=exp.to_identifier(name), expression=value)
