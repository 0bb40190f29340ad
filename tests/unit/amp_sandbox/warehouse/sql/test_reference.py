"""The page of what is supported is true: each statement and function on it is in a test."""

import re
from functools import cache

import pytest

from amp_sandbox import paths
from amp_sandbox.warehouse import reference
from amp_sandbox.warehouse.sql.functions import APPROXIMATE, FUNCTIONS

_FOLDER = paths.REPOSITORY / "tests" / "unit" / "amp_sandbox" / "warehouse"


@cache
def _tests() -> str:
    return "\n".join(file.read_text() for file in sorted(_FOLDER.rglob("test_*.py")) if "hostile" not in file.name)


def test_the_page_is_what_would_be_written_now() -> None:
    assert reference.PAGE.read_text() == reference.page(), (
        "write it again: .venv/bin/python -m amp_sandbox.warehouse.reference"
    )


@pytest.mark.parametrize("name", [*FUNCTIONS, *APPROXIMATE])
def test_a_function_is_tested(name: str) -> None:
    ends = r"\s*\(|\b" if FUNCTIONS.get(name) is not None and FUNCTIONS[name].high == 0 else r"\s*\("
    assert re.search(rf"\b{re.escape(name)}(?:{ends})", _tests(), re.IGNORECASE), f"no test calls {name}"


@pytest.mark.parametrize("name", reference.statements())
def test_a_statement_is_tested(name: str) -> None:
    pattern = {
        "ALTER TABLE OWNER": r"ALTER TABLE \S+ OWNER TO",
        "ALTER SCHEMA OWNER": r"ALTER SCHEMA \S+ OWNER TO",
        "CREATE TABLE": r"CREATE (?:TEMP )?TABLE",
    }.get(name, re.escape(name))
    assert re.search(rf"\b{pattern}\b", _tests(), re.IGNORECASE), f"no test runs {name}"
