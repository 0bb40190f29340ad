import hashlib
from types import ModuleType

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("name", ["analysts", "_x", "show_engagement_2", "a" * 127])
def test_a_name_is_quoted(client: ModuleType, name: str) -> None:
    assert client.identifier(name) == f'"{name}"'


@pytest.mark.parametrize("name", ["", "Analysts", "1st", "a b", 'a"b', "a;b", "a-b", "ä", "a\n", "a" * 128, "a.b"])
def test_what_is_no_name_is_refused(client: ModuleType, name: str) -> None:
    with pytest.raises(client.InvalidNameError):
        client.identifier(name)


@shared
@given(text=st.text())
def test_a_literal_is_read_back_as_the_text_it_was_made_of_or_refused(client: ModuleType, text: str) -> None:
    try:
        quoted = client.literal(text)
    except client.InvalidNameError:
        assert "\\" in text or any(ord(one) < 32 or ord(one) == 127 for one in text)
        return
    [column] = sqlglot.parse_one(f"SELECT {quoted}", read="redshift").expressions
    assert isinstance(column, exp.Literal)
    assert column.is_string
    assert column.this == text


def test_a_password_is_hashed_as_redshift_does(client: ModuleType) -> None:
    # https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_USER.html: the digest of password and user, in this order
    digest = hashlib.md5(b"Secret1analyst", usedforsecurity=False).hexdigest()
    assert client.password_hash("analyst", "Secret1") == f"md5{digest}"
