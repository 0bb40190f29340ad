import pytest

from amp_sandbox.protocol import AwsError
from amp_sandbox.redshift_data.parameters import positional, require_used

GIVEN = {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("sql", "rewritten", "values"),
    [
        ("SELECT :a, :b, :a", "SELECT $1, $2, $1", ["1", "2"]),
        ("SELECT ':a', \":a\", :b", "SELECT ':a', \":a\", $1", ["2"]),
        (r"SELECT 'it''s \' :a', :b", r"SELECT 'it''s \' :a', $1", ["2"]),
        ("SELECT 1::a, :a::int -- :b\n, /* :b */ :b", "SELECT 1::a, $1::int -- :b\n, /* :b */ $2", ["1", "2"]),
        ("SELECT $$ :a $$, $x$ :a $x$, :a", "SELECT $$ :a $$, $x$ :a $x$, $1", ["1"]),
        ("SELECT x[1:2], :a", "SELECT x[1:2], $1", ["1"]),
    ],
)
def test_names_become_places(sql: str, rewritten: str, values: list[str]) -> None:
    assert positional(sql, GIVEN) == (rewritten, values)


def test_a_statement_without_parameters_is_left_as_it_is() -> None:
    assert positional("SELECT :a", {}) == ("SELECT :a", [])


def test_a_name_without_a_value_and_a_value_without_a_name() -> None:
    with pytest.raises(AwsError, match="Cannot find parameter: c"):
        positional("SELECT :c", GIVEN)
    require_used(["SELECT :a", "SELECT :b"], GIVEN)
    with pytest.raises(AwsError, match=r"Unused parameters: \['b'\]"):
        require_used(["SELECT :a, ':b'"], GIVEN)
