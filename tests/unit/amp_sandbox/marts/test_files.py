import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox import paths
from amp_sandbox.marts.files import Mart, Statement, marts, statements


def test_statements_are_told_apart_by_tokens() -> None:
    text = """
        -- first; not a statement
        SELECT ';' AS a, :day /* ; */ FROM t WHERE b = ':none' AND c::date = :day;;
        DELETE FROM t  -- the last; without an end
    """
    assert list(statements(text)) == [
        Statement("SELECT ';' AS a, :day /* ; */ FROM t WHERE b = ':none' AND c::date = :day", ("day",)),
        Statement("DELETE FROM t", ()),
    ]


def test_a_cast_is_no_parameter() -> None:
    assert list(statements("SELECT x::date, y :: int")) == [Statement("SELECT x::date, y :: int", ())]


def test_files_run_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("10_last", "2_second_one", "1_first"):
        (tmp_path / f"{name}.sql").write_text("SELECT 1")
    assert [mart.name for mart in marts(tmp_path)] == ["first", "second_one", "last"]


@pytest.mark.parametrize("mart", marts(paths.MARTS), ids=lambda mart: mart.name)
def test_a_mart_takes_no_other_parameters_than_the_days(mart: object) -> None:
    assert {name for one in mart.statements for name in one.parameters} <= {"first_day", "last_day"}  # type: ignore[attr-defined]


def test_a_mart_replaces_what_it_inserts() -> None:
    for mart in marts(paths.MARTS):
        kinds = [statement.sql.split()[0] for statement in mart.statements]
        assert kinds.count("INSERT") == kinds.count("DELETE"), mart.name


@pytest.mark.parametrize("mart", marts(paths.MARTS), ids=lambda mart: mart.name)
def test_the_dags_send_the_same_statements(mart: Mart, statements_of_the_dags: dict[str, Any]) -> None:
    """They are told apart by another library there, which is what Airflow's environment has."""
    names = dict.fromkeys(name for one in mart.statements for name in one.parameters)
    assert statements_of_the_dags[mart.name] == {
        "statements": [one.sql for one in mart.statements],
        "parameters": list(names),
    }


@pytest.fixture(scope="module")
def statements_of_the_dags() -> dict[str, Any]:
    """What `amp_dags.sql` reads from the same files, in Airflow's environment."""
    program = (
        "import json; from amp_dags.sql import files;"
        "print(json.dumps({f.name: {'statements': f.statements, 'parameters': f.parameters} for f in files('marts')}))"
    )
    python = paths.environment_python("airflow")
    done = subprocess.run([python, "-c", program], cwd=paths.MARTS.parent, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
