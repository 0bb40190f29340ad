import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amp_sandbox.firehose import hive_types
from amp_sandbox.glue.crawls.json_lines import json_columns
from amp_sandbox.glue.crawls.reading import Text
from amp_sandbox.glue.crawls.types import text


@pytest.fixture(scope="module")
def db() -> Iterator[Any]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def read(db: Any, *contents: str, whole: bool = True) -> dict[int, tuple[dict[str, str], int]]:
    texts = [Text(str(number), len(one), "none", one, whole) for number, one in enumerate(contents)]
    found = json_columns(db, texts)
    return {
        number: ({name: text(kind) for name, kind in columns.items()}, count)
        for number, (columns, count) in sorted(found.items())
    }


def test_types_are_those_of_all_records(db: Any) -> None:
    records = '{"a": 1, "n": null, "s": {"x": 1}}\n{"a": 3000000000, "b": [1.5], "s": {"Y": true}}\n'
    assert read(db, records) == {
        0: ({"a": "bigint", "n": "string", "s": "struct<x:int,Y:boolean>", "b": "array<double>"}, 2)
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2147483647", "int"),
        ("-2147483648", "int"),
        ("2147483648", "bigint"),
        ("-9223372036854775808", "bigint"),
        ("9223372036854775808", "decimal(20,0)"),
        ("1e3", "double"),
        ("123456789012345678901234567890", "double"),
        ('"2026-11-26T10:00:00Z"', "string"),
        ('"12"', "string"),
        ('"6b3b7a0e-1f0d-4a51-9be0-9a5a5e3b7d11"', "string"),
        ("{}", "string"),
        ("[]", "array<string>"),
        ("[[1], [2.5], null]", "array<array<double>>"),
        ('[{"a": 1}, {"b": "x"}]', "array<struct<a:int,b:string>>"),
        ('[1, "x"]', "array<string>"),
    ],
)
def test_a_value_has_the_narrowest_type(db: Any, value: str, expected: str) -> None:
    assert read(db, f'{{"v": {value}}}\n')[0][0] == {"v": expected}


def test_an_object_without_members_is_a_struct_that_others_fill(db: Any) -> None:
    (columns, _) = json_columns(db, [Text("a", 1, "none", '{"s": {}}\n', True)])[0]
    assert columns == {"s": {"struct": {}}}


def test_names_that_differ_in_case_are_one_column(db: Any) -> None:
    assert read(db, '{"Id": 1, "id": 2.5, "s": {"A": 1, "a": 2}}\n') == {
        0: ({"id": "double", "s": "struct<A:bigint,a:bigint>"}, 1)
    }


def test_each_text_is_judged_by_itself(db: Any) -> None:
    contents = ('{"a": 1}\n', "{broken\n", '{"a": "x"}\n\n', "5\n6\n", "", '{\n  "b": 1\n}\n', '[{"c": 1}]\n')
    assert read(db, *contents) == {
        0: ({"a": "int"}, 1),
        2: ({"a": "string"}, 1),
        5: ({"b": "int"}, 1),
        6: ({"array": "array<struct<c:int>>"}, 1),
    }


def test_a_document_of_several_lines_is_one_only_if_all_of_it_is_there(db: Any) -> None:
    assert read(db, '{\n"b": 1\n}\n', whole=False) == {}


NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False, width=32),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), min_size=1, max_size=5))
def test_every_schema_reads_its_data_back(db: Any, records: list[dict[str, Any]]) -> None:
    """Firehose's own reader of Hive types takes every value by the column's type."""
    columns, count = read(db, "".join(json.dumps(record) + "\n" for record in records))[0]
    assert count == len(records)
    for record in records:
        for name, value in record.items():
            hive_types.fit(value, hive_types.parse(columns[name]))
