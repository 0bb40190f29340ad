import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result

from amp_sandbox import lake, trace
from amp_sandbox.demo import run as demo_run
from amp_sandbox.lake import Lake, connection
from amp_sandbox.publish.publisher import Refused
from amp_sandbox.publish.seed import Plan, Planted, Seeded
from amp_sandbox.settings import Settings
from amp_sandbox.trace import Hop, Trace
from amp_sandbox.warehouse import client
from amp_sandbox.warehouse.client import Answer

Run = Callable[..., Result]


@pytest.fixture
def seeding(monkeypatch: pytest.MonkeyPatch) -> Callable[[Seeded], list[Plan]]:
    def set_up(seeded: Seeded) -> list[Plan]:
        plans: list[Plan] = []
        monkeypatch.setattr(demo_run, "publish", lambda _, plan, __: plans.append(plan) or seeded)
        return plans

    return set_up


@pytest.fixture
def local_lake(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def open_lake(_: Settings) -> Iterator[Lake]:
        with connection.local() as db:
            yield Lake(db)

    monkeypatch.setattr(lake, "open_lake", open_lake)


def test_seed_publishes_what_is_asked_for(run: Run, seeding: Callable[[Seeded], list[Plan]]) -> None:
    plans = seeding(Seeded("run", changes=3, events=20_000, repeated=5, late=7, seconds=2.0))
    result = run("seed")
    assert plans == [Plan(200, 20_000, 7, "small", None, False)]
    assert "Published 3 catalogue changes and 20,000 app events in 2.0 s (10,002/s)." in result.stdout
    assert "5 events were published twice and 7 late" in result.stdout
    run("seed", "--changes", "1", "--seed", "8", "--size", "large", "--rate", "50", "--duration", "2.5", "--bad")
    assert plans[1] == Plan(1, 125, 8, "large", 50.0, True)


@pytest.mark.parametrize("options", [["--duration", "1"], ["--duration", "1", "--rate", "1", "--events", "1"]])
def test_seed_refuses_a_duration_that_means_nothing(run: Run, options: list[str]) -> None:
    result = run("seed", *options)
    assert result.exit_code == 2
    assert "--duration goes with --rate" in result.stderr


def test_seed_fails_on_what_was_refused_unless_it_was_planted(
    run: Run, seeding: Callable[[Seeded], list[Plan]]
) -> None:
    refused = [Refused("e-1", 9, "9 bytes are more than the 5 that it takes")]
    seeding(Seeded("run", refused=refused))
    result = run("seed")
    assert result.exit_code == 1
    assert "Not published: e-1: 9 bytes are more than" in result.stdout
    seeding(Seeded("run", refused=refused, planted=[Planted("app-events", "large", "too large", "e-1", False)]))
    result = run("seed", "--bad")
    assert result.exit_code == 0
    assert "not published" in result.stdout


def test_seed_tells_of_an_interrupt_by_its_exit_code(run: Run, seeding: Callable[[Seeded], list[Plan]]) -> None:
    seeding(Seeded("run", events=5, interrupted=True))
    result = run("seed")
    assert result.exit_code == 130
    assert "Interrupted. Published 0 catalogue changes and 5 app events" in result.stdout


def test_trace_prints_the_hops(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 11, 22, 10, 0, 0, 250_000, tzinfo=UTC)
    hops = (Hop("published to SNS", at, {"position": "m"}), Hop("Kinesis", at.replace(second=1)), Hop("queue", None))
    monkeypatch.setattr(trace, "trace", lambda _, name: Trace(name, "show-catalog", "in_flight", hops))
    text = run("trace", "c-1").stdout
    assert "c-1 of show-catalog: in flight" in text
    assert "10:00:00.250" in text
    assert "+1.000 s" in text
    document = json.loads(run("trace", "c-1", "--json").stdout)
    assert document["state"] == "in_flight"
    assert document["hops"][0] == {
        "place": "published to SNS",
        "at": "2026-11-22T10:00:00.250000+00:00",
        "facts": {"position": "m"},
    }


@pytest.mark.usefixtures("local_lake")
class TestSql:
    def test_rows_are_a_table_with_their_number(self, run: Run) -> None:
        text = run("sql", "select 'x' as name, 1.50 as n, null as none, timestamp '2026-11-22 10:00:00' as at").stdout
        for part in ("name", "x", "1.50", "2026-11-22 10:00:00.000", "1 row\n"):
            assert part in text

    def test_many_rows_are_counted_and_the_first_are_shown(self, run: Run) -> None:
        text = run("sql", "select range + 100 as n from range(25000)").stdout
        assert "25,000 rows, 40 shown" in text
        assert "139" in text
        assert "140" not in text

    def test_long_cells_are_cut_in_wide_tables_only(self, run: Run) -> None:
        long = "x" * 60
        assert long in run("sql", f"select '{long}' as a").stdout
        wide = run("sql", f"select '{long}' as a, 1 as b, 2 as c, 3 as d").stdout
        assert long not in wide
        assert "x…" in wide

    def test_json_is_an_array_of_objects(self, run: Run) -> None:
        query = (
            "select range as n, 'é' as s, 1.5::decimal(9, 1) as d, 2::hugeint as h, date '2026-11-22' as day, [1] as l"
            " from range(2)"
        )
        rows = json.loads(run("sql", query, "--json").stdout)
        assert rows[1] == {"n": 1, "s": "é", "d": 1.5, "h": 2, "day": "2026-11-22", "l": [1]}
        assert json.loads(run("sql", "select 1 as n where false", "--json").stdout) == []

    def test_csv_has_a_header_and_quotes_what_needs_it(self, run: Run) -> None:
        result = run("sql", "select 'a,b' as s, null as n, [1, 2] as l", "--csv")
        assert result.stdout.splitlines() == ["s,n,l", '"a,b",,"[1, 2]"']

    @pytest.mark.parametrize("arguments", [[], ["-"], ["-f", "-"]])
    def test_a_query_can_come_from_standard_input(self, run: Run, arguments: list[str]) -> None:
        assert json.loads(run("sql", *arguments, "--json", input="select 1 as a").stdout) == [{"a": 1}]

    def test_a_query_can_come_from_a_file(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "q.sql").write_text("select 1 as a;\nselect 2 as b")
        text = run("sql", "-f", str(tmp_path / "q.sql")).stdout
        assert text.index("a") < text.index("b")

    @pytest.mark.parametrize("arguments", [["select 1", "-f", "-"], ["select 1", "--json", "--csv"]])
    def test_what_excludes_each_other_is_refused(self, run: Run, arguments: list[str]) -> None:
        assert run("sql", *arguments, input="").exit_code == 2

    def test_json_of_several_results_is_refused(self, run: Run) -> None:
        with pytest.raises(Exception, match="several statements"):
            run("sql", "select 1; select 2", "--json")


def test_sql_of_a_user_goes_to_the_warehouse(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str | None, str]] = []

    def query(_: Settings, user: str | None, sql: str) -> Iterator[Answer]:
        asked.append((user, sql))
        yield Answer(("n",), iter([(1,)]), "SELECT 1")
        yield Answer((), iter(()), "CREATE TABLE")

    monkeypatch.setattr(client, "query", query)
    told = run("sql", "--user", "ann", "select 1; create table t (n int)").stdout
    assert asked == [("ann", "select 1; create table t (n int)")]
    assert "1 row\n" in told
    assert "CREATE TABLE\n" in told


def test_psql_is_given_what_follows(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str | None, tuple[str, ...]]] = []
    monkeypatch.setattr(client, "open_psql", lambda _, user, arguments: opened.append((user, arguments)))
    assert run("psql", "--user", "ann", "-c", "select 1").exit_code == 0
    assert run("psql").exit_code == 0
    assert opened == [("ann", ("-c", "select 1")), (None, ())]
