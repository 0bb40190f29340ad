"""The columns of JSON: DuckDB's own inference of structures, narrowed to the integers that the values need.

As AWS's JSON classifier does, a text is a string, whatever is written in it: times stay strings. An integer column is
int when 32 bits hold all its values, bigint when 64 bits do. A column of mixed types is a string, and so are empty
structs; what only had nulls has the type "null", which a value elsewhere decides. An array at the top of a document is
one column named `array`.

**Left out:** two members of one object whose names differ only in case, which no Hive table can have: they are one
column, and its integers are bigint.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from amp_sandbox.glue.crawls.reading import Text
from amp_sandbox.glue.crawls.types import HiveType, merged, merged_columns

_SCALARS: Mapping[str, HiveType] = {"NULL": "null", "BOOLEAN": "boolean", "DOUBLE": "double", "VARCHAR": "string"}
# Integers, and JSON, which is DuckDB's name for mixed types and for objects without members.
_LOOKED_AT = dict.fromkeys(("UBIGINT", "BIGINT", "HUGEINT"), "HUGEINT") | {"JSON": "VARCHAR"}
_EMPTY_OBJECTS = r"^\{\s*\}$"
_NARROWEST = (("int", 31), ("bigint", 63))

# What DuckDB makes of JSON, for each object: how many records it has, and their structure.
_STRUCTURES = """
SELECT object, count(*), json_group_structure(TRY_CAST(line AS JSON))::VARCHAR
FROM lines WHERE line <> '' GROUP BY object HAVING bool_and(json_valid(line)) ORDER BY object
"""

Structure = Any  # "UBIGINT", {name: structure} or [structure]


def json_columns(db: Any, texts: Sequence[Text]) -> dict[int, tuple[dict[str, HiveType], int]]:
    """For each text that is JSON, by its position: its columns, and how many records they are seen in.

    A text is read as a record a line, or else, when all of it is there, as one record over all its lines.
    """
    split = [[line.strip() for line in text.text.split("\n")] for text in texts]
    found = _structures(db, split)
    documents = [
        [text.text.strip()] if text.whole and number not in found and len(split[number]) > 1 else []
        for number, text in enumerate(texts)
    ]
    for number, one in _structures(db, documents).items():
        found[number], split[number] = one, documents[number]
    tables = {number: one for number, one in found.items() if isinstance(one[1], dict | list)}
    # Records of one structure are looked at together: mostly, a folder has one.
    same: dict[str, list[int]] = {}
    for number, (_, structure) in tables.items():
        same.setdefault(json.dumps(structure), []).append(number)
    columns = {
        number: kinds
        for written, numbers in same.items()
        for number, kinds in _narrowed(db, json.loads(written), numbers, split)
    }
    return {number: (_columns(columns[number]), count) for number, (count, _) in tables.items()}


def _structures(db: Any, lines: Sequence[Sequence[str]]) -> dict[int, tuple[int, Structure]]:
    numbers = [number for number, some in enumerate(lines) for _ in some]
    if not numbers:
        return {}
    table = pa.table({"object": pa.array(numbers, pa.int32()), "line": [line for some in lines for line in some]})
    db.register("lines", table)
    rows = db.execute(_STRUCTURES).fetchall()
    db.unregister("lines")
    return {number: (count, json.loads(structure)) for number, count, structure in rows}


def _columns(kind: HiveType) -> dict[str, HiveType]:
    """A record's columns; the names of a table's columns have no case."""
    if isinstance(kind, dict) and "struct" in kind:
        named = ({name.lower(): field} for name, field in kind["struct"].items() if name.strip())
        return reduce(merged_columns, named, dict[str, HiveType]())
    return {"array": kind}


def _narrowed(
    db: Any, structure: Structure, numbers: Sequence[int], lines: Sequence[Sequence[str]]
) -> Iterator[tuple[int, HiveType]]:
    """The type of each of these objects' records, which all have the structure."""
    undecided = _undecided(structure)
    if undecided is None:
        for number in numbers:
            yield number, _type(structure, None)
        return
    for number in numbers:
        db.register("lines", pa.table({"line": [line for line in lines[number] if line]}))
        query = "SELECT json_transform(line::JSON, $structure) AS record FROM lines"
        records = db.execute(query, {"structure": json.dumps(undecided)}).to_arrow_table().column("record")
        db.unregister("lines")
        yield number, _type(structure, records.combine_chunks())


def _undecided(structure: Structure) -> Structure | None:
    """The part of a structure whose values decide on its type, or None: integers, and what may be empty objects.

    It has no two names that differ in case, which DuckDB's structs cannot have.
    """
    if isinstance(structure, str):
        return _LOOKED_AT.get(structure)
    if isinstance(structure, list):
        inner = _undecided(structure[0]) if structure else None
        return None if inner is None else [inner]
    folded = [name.lower() for name in structure]
    fields = {name: _undecided(field) for name, field in structure.items() if folded.count(name.lower()) == 1 and name}
    kept = {name: field for name, field in fields.items() if field is not None}
    return kept or None


def _type(structure: Structure, values: Any) -> HiveType:
    """The type of a structure; `values` are those of its undecided parts, in Arrow, or None when there are none."""
    if isinstance(structure, str):
        if structure == "JSON":
            return _mixed(values)
        return _SCALARS[structure] if structure in _SCALARS else _integer(values)
    if isinstance(structure, list):
        inner = None if values is None else values.flatten()
        return {"array": _type(structure[0], inner) if structure else "null"}
    names = [] if values is None else [field.name for field in values.type]
    parts = {} if values is None else dict(zip(names, values.flatten(), strict=True))
    return {"struct": {name: _type(field, parts.get(name)) for name, field in structure.items()}}


def _mixed(values: Any) -> HiveType:
    """A struct, of which other objects may know the fields, when there are only empty objects; else a string."""
    empty = values is not None and pc.all(pc.match_substring_regex(values, _EMPTY_OBJECTS)).as_py()
    return {"struct": {}} if empty else "string"


def _integer(values: Any) -> HiveType:
    if values is None:
        return "bigint"
    extremes = pc.min_max(values)
    least, most = extremes["min"].as_py(), extremes["max"].as_py()
    if least is None:
        return "null"
    for name, bits in _NARROWEST:
        if -(2**bits) <= least and most < 2**bits:
            return name
    return merged("bigint", "decimal(20,0)")
