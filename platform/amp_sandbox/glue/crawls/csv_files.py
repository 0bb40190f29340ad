"""The columns of CSV: DuckDB's sniffer finds the dialect and the types, AWS's rules say what counts as CSV.

A table has two columns and two rows at least, and one of five delimiters. The first row is a header when it could
be one and some column is no string in the rows below it: where all columns are strings, AWS takes it for data, and the
columns are col0, col1, and so on. Columns are bigint, double, boolean, date, timestamp or string.
https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html#classifier-built-in

**Left out:** rows of different lengths, comments, and lines before the header: such a text is no CSV.
"""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amp_sandbox.glue.crawls.reading import Text
from amp_sandbox.glue.crawls.types import HiveType

_DELIMITERS = (",", "|", "\t", ";", "\x01")
_LONGEST_HEADER = 150
_HEADER = re.compile(r"[^\s,;{}()=].*")
_TYPES: Mapping[str, HiveType] = {
    "BIGINT": "bigint",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}


@dataclass(frozen=True)
class Csv:
    """A CSV's dialect and columns, and how many records were seen. `quoted`: some field is in quotes."""

    columns: dict[str, HiveType]
    delimiter: str
    header: bool
    quoted: bool
    records: int


def csv_columns(db: Any, text: Text) -> Csv | None:
    """The CSV that a text is, or None."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        Path(file.name).write_text(text.text, newline="")
        found = next((one for one in (_sniffed(db, file.name, each) for each in _DELIMITERS) if one), None)
        if found is None:
            return None
        rows = _count(db, file.name, found)
    if rows is None or rows < 2:
        return None
    names = [column["name"] for column in found["Columns"]]
    kinds = [_TYPES.get(column["type"], "string") for column in found["Columns"]]
    quoted = found["Quote"] == '"' and '"' in text.text
    header = bool(found["HasHeader"]) and any(kind != "string" for kind in kinds) and _could_be_header(names)
    if not header:
        names = [f"col{number}" for number in range(len(kinds))]
    columns = dict(zip((name.strip().lower() for name in names), kinds, strict=True))
    return Csv(columns, found["Delimiter"], header, quoted, rows - header)


def _sniffed(db: Any, path: str, delimiter: str) -> dict[str, Any] | None:
    """DuckDB's view of a file with that delimiter, if it has two columns in every line."""
    import duckdb

    query = "FROM sniff_csv($path, delim = $delimiter, sample_size = -1, strict_mode = true)"
    try:
        answer = db.execute(query, {"path": path, "delimiter": delimiter})
        found = dict(zip((column[0] for column in answer.description), answer.fetchone(), strict=True))
    except duckdb.Error:
        return None
    return found if len(found["Columns"]) > 1 and not found["SkipRows"] else None


def _count(db: Any, path: str, found: Mapping[str, Any]) -> int | None:
    """How many rows there are, the first one included, or None when they do not have the same length."""
    import duckdb

    query = """
    SELECT count(*) FROM read_csv(
        $path, delim = $delimiter, quote = $quote, escape = $quote, header = false, all_varchar = true,
        auto_detect = false, columns = $columns, strict_mode = true, max_line_size = 2097152
    )
    """
    quote = "" if found["Quote"] == "(empty)" else found["Quote"]
    columns = {f"c{number}": "VARCHAR" for number in range(len(found["Columns"]))}
    given = {"path": path, "delimiter": found["Delimiter"], "quote": quote, "columns": columns}
    try:
        return int(db.execute(query, given).fetchone()[0])
    except duckdb.Error:
        return None


def _could_be_header(names: list[str]) -> bool:
    folded = [name.strip().lower() for name in names]
    short = all(len(name) < _LONGEST_HEADER for name in folded[:-1])
    return short and len(set(folded)) == len(folded) and all(_HEADER.fullmatch(name) for name in folded)
