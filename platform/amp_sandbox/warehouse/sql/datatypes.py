"""Types as statements write them.

**Left out:** GEOMETRY, GEOGRAPHY, HLLSKETCH, arrays and everything else that is not in the table: SQLSTATE 0A000.

https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
"""

from collections.abc import Callable

from sqlglot import exp

from amp_sandbox.warehouse import errors, types
from amp_sandbox.warehouse.sql.tokens import Tokens
from amp_sandbox.warehouse.types import RedshiftType

_SIMPLE = {
    "smallint": types.SMALLINT,
    "int2": types.SMALLINT,
    "integer": types.INTEGER,
    "int": types.INTEGER,
    "int4": types.INTEGER,
    "bigint": types.BIGINT,
    "int8": types.BIGINT,
    "real": types.REAL,
    "float4": types.REAL,
    "double precision": types.DOUBLE,
    "float": types.DOUBLE,
    "float8": types.DOUBLE,
    "boolean": types.BOOLEAN,
    "bool": types.BOOLEAN,
    "date": types.DATE,
    "time": types.TIME,
    "time without time zone": types.TIME,
    "timetz": types.TIMETZ,
    "time with time zone": types.TIMETZ,
    "timestamp": types.TIMESTAMP,
    "timestamp without time zone": types.TIMESTAMP,
    "timestamptz": types.TIMESTAMPTZ,
    "timestamp with time zone": types.TIMESTAMPTZ,
    "super": types.SUPER,
    "oid": types.OID,
    "name": types.NAME,
}
_SIZED: dict[str, Callable[[int | None], RedshiftType]] = {
    "varchar": lambda size: types.varchar(256 if size is None else size),
    "character varying": lambda size: types.varchar(256 if size is None else size),
    "nvarchar": lambda size: types.varchar(256 if size is None else size),
    "text": lambda size: types.varchar(256),
    "char": lambda size: types.char(1 if size is None else size),
    "character": lambda size: types.char(1 if size is None else size),
    "nchar": lambda size: types.char(1 if size is None else size),
    "bpchar": lambda size: types.char(256 if size is None else size),
    "varbyte": lambda size: types.VARBYTE,
    "varbinary": lambda size: types.VARBYTE,
    "binary varying": lambda size: types.VARBYTE,
}
_NUMERIC = ("numeric", "decimal", "dec")
NAMES = frozenset({*_SIMPLE, *_SIZED, *_NUMERIC})
_LONGEST = 4  # words


def read_type(tokens: Tokens) -> RedshiftType:
    """Read a type. Raises SqlError."""
    for count in range(_LONGEST, 0, -1):
        words = [one.text.lower() for one in tokens.rest[:count]]
        name = " ".join(words)
        if len(words) == count and name in NAMES:
            for _ in range(count):
                tokens.take()
            return _sized(name, tokens)
    token = tokens.peek
    if token is None or token.kind != "word":
        raise tokens.unexpected()
    raise errors.SqlError("42704", f'type "{token.text.lower()}" does not exist', position=token.start + 1)


def type_named(node: exp.Expr) -> RedshiftType:
    """The type of a cast as sqlglot has it. Raises SqlError."""
    if not isinstance(node, exp.DataType):
        raise errors.not_supported(f"the type {node.sql()[:60]}")
    kind = node.this
    sizes = [one.this for one in node.expressions]
    if kind in _PARSED and not sizes:
        return _PARSED[kind]
    if kind in (exp.DType.DECIMAL, exp.DType.BIGDECIMAL):
        return types.numeric(*(_whole(one) for one in sizes))
    if kind in _PARSED_SIZED and len(sizes) <= 1:
        maximum = sizes and isinstance(sizes[0], exp.Expr) and sizes[0].name.lower() == "max"
        size = _PARSED_MAX.get(kind, types.MAX_VARCHAR) if maximum else (_whole(sizes[0]) if sizes else None)
        return _PARSED_SIZED[kind](size)
    if kind in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIME, exp.DType.FLOAT) and sizes:
        return _PARSED[kind]
    raise errors.not_supported(f"the type {node.sql(dialect='redshift').lower()[:60]}")


def _sized(name: str, tokens: Tokens) -> RedshiftType:
    if name in _NUMERIC:
        if not tokens.accept("("):
            return types.numeric()
        precision = tokens.integer()
        scale = tokens.integer() if tokens.accept(",") else 0
        tokens.expect(")")
        return types.numeric(precision, scale)
    if name in _SIMPLE:
        if name in ("float", "timestamp", "time") and tokens.accept("("):
            digits = tokens.integer()
            tokens.expect(")")
            return types.REAL if name == "float" and digits < 25 else _SIMPLE[name]
        return _SIMPLE[name]
    size: int | None = None
    if name != "text" and tokens.accept("("):
        size = (
            (types.MAX_CHAR if "var" not in name else types.MAX_VARCHAR) if tokens.accept("MAX") else tokens.integer()
        )
        tokens.expect(")")
    return _SIZED[name](size)


def _whole(node: exp.Expr) -> int:
    if not isinstance(node, exp.Literal) or node.is_string or not node.name.isdigit():
        raise errors.syntax_error(f"a number is expected, not {node.sql()[:40]}")
    return int(node.name)


_D = exp.DType
_PARSED = {
    _D.SMALLINT: types.SMALLINT,
    _D.INT: types.INTEGER,
    _D.BIGINT: types.BIGINT,
    _D.FLOAT: types.REAL,
    _D.DOUBLE: types.DOUBLE,
    _D.BOOLEAN: types.BOOLEAN,
    _D.DATE: types.DATE,
    _D.TIME: types.TIME,
    _D.TIMETZ: types.TIMETZ,
    _D.TIMESTAMP: types.TIMESTAMP,
    _D.TIMESTAMPTZ: types.TIMESTAMPTZ,
    _D.SUPER: types.SUPER,
    _D.VARBINARY: types.VARBYTE,
    _D.NAME: types.NAME,
    _D.INTERVAL: types.INTERVAL,
}
_PARSED_SIZED: dict[exp.DType, Callable[[int | None], RedshiftType]] = {
    _D.VARCHAR: _SIZED["varchar"],
    _D.NVARCHAR: _SIZED["nvarchar"],
    _D.TEXT: lambda size: types.varchar(256) if size is None else types.varchar(size),
    _D.CHAR: _SIZED["char"],
    _D.NCHAR: _SIZED["char"],
    _D.BPCHAR: _SIZED["bpchar"],
    _D.VARBINARY: _SIZED["varbyte"],
}
_PARSED_MAX = {_D.CHAR: types.MAX_CHAR, _D.NCHAR: types.MAX_CHAR, _D.BPCHAR: types.MAX_CHAR}
