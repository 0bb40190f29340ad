from functools import reduce
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.firehose import hive_types
from amp_sandbox.glue.crawls.types import from_arrow, merged, parse, text

SIMPLE = [
    *("null", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "date"),
    *("timestamp", "decimal(5,2)", "decimal(20,0)", "decimal(38,37)"),
]
TYPES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(SIMPLE),
    lambda inner: st.one_of(
        inner.map(lambda kind: {"array": kind}),
        st.tuples(st.sampled_from(["string", "int"]), inner).map(lambda pair: {"map": list(pair)}),
        st.dictionaries(st.sampled_from("abcd"), inner, max_size=3).map(lambda fields: {"struct": fields}),
    ),
    max_leaves=6,
)


@given(TYPES, TYPES)
def test_merging_is_commutative(one: Any, other: Any) -> None:
    assert merged(one, other) == merged(other, one)


@given(TYPES, TYPES, TYPES)
def test_merging_is_associative(one: Any, other: Any, third: Any) -> None:
    assert merged(merged(one, other), third) == merged(one, merged(other, third))


@given(TYPES, TYPES)
def test_merging_is_idempotent(one: Any, other: Any) -> None:
    assert merged(one, one) == one
    both = merged(one, other)
    assert merged(both, one) == both


@given(st.permutations([{"struct": {"a": "int"}}, {"struct": {"b": "null"}}, "null", {"struct": {"a": "double"}}]))
def test_the_order_of_objects_does_not_matter(kinds: list[Any]) -> None:
    assert reduce(merged, kinds) == {"struct": {"a": "double", "b": "null"}}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("int", "bigint", "bigint"),
        ("bigint", "double", "double"),
        ("double", "string", "string"),
        ("int", "float", "double"),
        ("boolean", "int", "string"),
        ("date", "timestamp", "timestamp"),
        ("date", "int", "string"),
        ("decimal(10,2)", "decimal(8,4)", "decimal(12,4)"),
        ("bigint", "decimal(10,2)", "decimal(21,2)"),
        ("decimal(38,0)", "decimal(38,37)", "double"),
        ({"array": "int"}, "string", "string"),
        ({"array": "int"}, {"array": "double"}, {"array": "double"}),
        ({"struct": {}}, {"map": ["string", "int"]}, "string"),
    ],
)
def test_the_narrowest_type_that_holds_both(one: Any, other: Any, expected: Any) -> None:
    assert merged(one, other) == expected


@given(TYPES)
def test_a_type_is_written_as_firehose_reads_it_and_is_read_again(kind: Any) -> None:
    written = text(kind)
    hive_types.parse(written)
    assert text(parse(written)) == written


def test_what_was_written_by_hand_is_kept_as_it_is() -> None:
    assert parse("uniontype<int,string> of some kind") == "uniontype<int,string> of some kind"
    assert parse("varchar(20)") == "varchar(20)"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pa.uint64(), "decimal(20,0)"),
        (pa.timestamp("ns", "UTC"), "timestamp"),
        (pa.dictionary(pa.int32(), pa.string()), "string"),
        (pa.decimal128(12, 3), "decimal(12,3)"),
        (pa.decimal256(50, 3), "double"),
        (pa.large_binary(), "binary"),
        (pa.binary(16), "binary"),
        (pa.time64("us"), "bigint"),
        (pa.list_(pa.struct([("a", pa.int8())])), "array<struct<a:tinyint>>"),
        (pa.large_list(pa.float32()), "array<float>"),
        (pa.map_(pa.string(), pa.date32()), "map<string,date>"),
        (pa.null(), "string"),
    ],
)
def test_arrow_types_have_hive_types(kind: Any, expected: str) -> None:
    assert text(from_arrow(kind)) == expected
