"""One user's session: start, demo, look around, send more, meet mistakes."""

import csv
import io
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from support.crashes import crash, service
from support.sandboxes import COMMAND, begun, environment, own_settings, run
from support.waiting import eventually

from amp_sandbox import paths
from amp_sandbox.batch.plan import JOBS
from amp_sandbox.marts.files import marts
from amp_sandbox.settings import Settings

# `sandbox audit --json` as tools that read it rely on it; more names may follow.
COUNTS = {"published", "landed", "duplicates", "in_flight", "dead_lettered", "failed", "lost"}
EVENT_COUNT = "select count(*) as events from raw.app_events"


def facts(settings: Settings, *arguments: str, code: int = 0) -> Any:
    """What a command prints as JSON."""
    answer = run(settings, *arguments, "--json")
    assert answer.returncode == code, answer.stdout + answer.stderr
    return json.loads(answer.stdout)


def refused(settings: Settings, *arguments: str) -> str:
    """What a command that fails tells: on standard error alone, without a traceback, with exit code 1."""
    answer = run(settings, *arguments)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert answer.stdout == ""
    assert answer.stderr.startswith("Error: "), answer.stderr
    assert "Traceback" not in answer.stderr
    return answer.stderr


def audited(settings: Settings, *arguments: str) -> dict[str, dict[str, int]]:
    """The audit by stream, once its shape and its sum are checked."""
    streams = facts(settings, "audit", *arguments)
    assert isinstance(streams, list)
    for stream in streams:
        assert stream.keys() >= COUNTS | {"stream"}
        assert all(type(stream[name]) is int for name in COUNTS), stream
        ends = ("landed", "in_flight", "dead_lettered", "failed", "lost")
        assert stream["published"] == sum(stream[name] for name in ends), stream
    assert sorted(stream["stream"] for stream in streams) == ["app-events", "show-catalog"]
    return {stream["stream"]: stream for stream in streams}


def example_id(demo: dict[str, Any], what: str) -> str:
    """The id in the demo's example of a trace."""
    [command] = [one["command"] for one in demo["examples"] if one["what"].startswith(what)]
    return str(command.split()[-1])


def test_status_tells_that_all_is_well(sandbox: Settings) -> None:
    told = facts(sandbox, "status")
    assert told["healthy"]
    assert told["deployed"]
    assert {one["name"] for one in told["services"]} >= {"localstack", "standins", "warehouse", "spark_master"}
    assert all(one["healthy"] for one in told["services"])


def test_up_again_changes_nothing(sandbox: Settings) -> None:
    before = {one["name"]: one["pid"] for one in facts(sandbox, "status")["services"]}
    started = time.monotonic()
    again = run(sandbox, "up")
    assert time.monotonic() - started < 10
    assert again.returncode == 0, again.stderr
    assert "The sandbox was up already." in again.stdout
    assert "nothing to change" in again.stderr
    assert {one["name"]: one["pid"] for one in facts(sandbox, "status")["services"]} == before


def test_the_demo_sends_enough_and_everything_arrives_once(demo: dict[str, Any]) -> None:
    accounts = {one["stream"]: one for one in demo["audit"]}
    assert accounts["show-catalog"]["published"] >= 200
    assert accounts["app-events"]["published"] >= 20_000
    for account in accounts.values():
        assert account["landed"] == account["published"]
        assert (account["lost"], account["duplicates"], account["in_flight"]) == (0, 0, 0)
    hops = {(hop["stream"], hop["hop"]): hop for hop in demo["hops"]}
    for stream, account in accounts.items():
        assert hops[stream, "in the lake"]["records"] == account["published"]
    assert all(0 <= hop["p50_ms"] <= hop["p95_ms"] for hop in demo["hops"])
    assert demo["trending"]


def test_the_demo_makes_tables_in_which_every_row_is_accounted_for(demo: dict[str, Any]) -> None:
    daily = demo["daily"]
    assert daily["dag"] == "lake_daily"
    assert {one["state"] for one in daily["tasks"]} == {"success"}
    assert {one["task"].rpartition(".")[2] for one in daily["tasks"]} >= set(JOBS)
    by_stream = {one["stream"]: one for one in demo["transformed"]}
    assert by_stream.keys() == {"show-catalog", "app-events"}
    for account in by_stream.values():
        assert account["transformed"] == account["raw"] > 0
        assert (account["lost"], account["duplicates"], account["unexplained"]) == (0, 0, 0)
    assert demo["engagement"]


def test_tables_are_found_through_the_data_catalog(sandbox: Settings, demo: dict[str, Any]) -> None:
    [counted] = facts(sandbox, "sql", "select count(*) as n from amp_transformed.shows_history")
    assert counted["n"] == next(one["raw"] for one in demo["transformed"] if one["stream"] == "show-catalog")
    [found] = facts(sandbox, "sql", "select * from amp_transformed.show_recommendations where rank = 1 limit 1")
    assert found.keys() >= {"user_id", "show_id", "score"}


def test_an_analyst_reads_the_marts_and_is_refused_what_is_not_granted(sandbox: Settings, demo: dict[str, Any]) -> None:
    for mart in marts(paths.MARTS):
        [counted] = facts(sandbox, "sql", "--user", "analyst", f"select count(*) as n from marts.{mart.name}")
        assert counted["n"] > 0 or mart.name == "live_listeners", mart.name
    flash = facts(sandbox, "sql", "--user", "analyst", "select dt, listeners, plays from marts.daily_flash order by dt")
    [days] = facts(sandbox, "sql", "--user", "analyst", "select count(distinct dt) as n from lake.sessions")
    assert len(flash) == days["n"] > 0
    assert all(day["listeners"] > 0 and day["plays"] >= day["listeners"] for day in flash)
    lake = "select count(distinct user_id) as n from lake.sessions where plays > 0 and dt = '{}'"
    [same] = facts(sandbox, "sql", "--user", "analyst", lake.format(flash[0]["dt"]))
    assert same["n"] == flash[0]["listeners"]
    for query in (
        "select * from lake_raw.app_events",
        "delete from marts.daily_flash",
        "create table marts.mine (a int)",
    ):
        assert "42501" in refused(sandbox, "sql", "--user", "analyst", query)


def test_the_examples_that_the_demo_prints_work_when_pasted(sandbox: Settings, demo: dict[str, Any]) -> None:
    # Of a user who has not put .venv/bin on the PATH, as `make demo` does not ask for that.
    shell = {**environment(sandbox), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    commands = [one["command"] for one in demo["examples"]]
    # Flawed input has a test of its own, and the eval needs the aws command.
    pasted = [command for command in commands if not command.startswith("eval") and "--bad" not in command]
    assert len(pasted) >= 4
    for command in pasted:
        done = subprocess.run(
            ["sh", "-c", command], cwd=paths.REPOSITORY, env=shell, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_the_audit_adds_up(sandbox: Settings, demo: dict[str, Any]) -> None:
    for account in audited(sandbox, "--wait", "5").values():
        assert account["lost"] == 0


def test_a_trace_of_a_change_shows_every_hop(sandbox: Settings, demo: dict[str, Any]) -> None:
    change = example_id(demo, "a catalogue change")
    told = facts(sandbox, "trace", change)
    assert (told["record_id"], told["stream"], told["state"]) == (change, "show-catalog", "landed")
    places = [hop["place"] for hop in told["hops"]]
    assert sorted(places) == sorted(["published to SNS", "catalog-ingest", "Kinesis", "Firehose delivery", "lake row"])
    assert places[0] == "published to SNS"
    assert places[-1] == "lake row"
    assert told["hops"][-1]["facts"]["row"]["change_id"] == change
    times = [hop["at"] for hop in told["hops"]]
    assert times == sorted(times)


def test_a_trace_of_an_event_shows_every_hop(sandbox: Settings, demo: dict[str, Any]) -> None:
    event = example_id(demo, "an app event")
    told = facts(sandbox, "trace", event)
    assert (told["record_id"], told["stream"], told["state"]) == (event, "app-events", "landed")
    places = [hop["place"] for hop in told["hops"]]
    assert places == ["published to Kinesis", "Kinesis", "Firehose delivery", "lake row"]
    assert told["hops"][-1]["facts"]["row"]["event_id"] == event


def test_a_trace_is_readable_without_a_terminal(sandbox: Settings, demo: dict[str, Any]) -> None:
    answer = run(sandbox, "trace", example_id(demo, "an app event"))
    assert answer.returncode == 0
    lines = answer.stdout.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert max(len(line) for line in lines) < 250


@pytest.mark.parametrize("unknown", ["00000000-0000-4000-8000-000000000000", "nonsense", "show_1", "%"])
def test_a_trace_of_what_nobody_published_fails_clearly(sandbox: Settings, demo: dict[str, Any], unknown: str) -> None:
    assert f"Nothing is known of {unknown}" in refused(sandbox, "trace", unknown)


def test_sql_prints_a_table_json_or_csv(sandbox: Settings, demo: dict[str, Any]) -> None:
    query = "select event_type, count(*) as events from raw.app_events group by all order by events desc, 1 limit 3"
    rows = facts(sandbox, "sql", query)
    assert [list(row) for row in rows] == [["event_type", "events"]] * 3
    assert rows[0]["events"] > rows[2]["events"] > 0

    answer = run(sandbox, "sql", "--csv", query)
    assert answer.returncode == 0
    expected = [{"event_type": row["event_type"], "events": str(row["events"])} for row in rows]
    assert list(csv.DictReader(io.StringIO(answer.stdout))) == expected

    table = run(sandbox, "sql", query)
    assert table.returncode == 0
    assert [line.split() for line in table.stdout.splitlines() if line.strip()] == [
        ["event_type", "events"],
        [line for line in table.stdout.split() if set(line) == {"─"}],
        *([row["event_type"], str(row["events"])] for row in rows),
        ["3", "rows"],
    ]


def test_sql_reads_both_streams_together(sandbox: Settings, demo: dict[str, Any]) -> None:
    query = "select count(*) as n from raw.app_events join raw.show_catalog using (show_id)"
    assert facts(sandbox, "sql", query)[0]["n"] > 0


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("selec 1", "selec"),
        ("select * from raw.nowhere", "nowhere"),
        ("select nothing from raw.app_events", "nothing"),
        ("select cast(event_type as int) from raw.app_events", "Could not convert"),
        ("drop view raw.app_events", "DROP is not supported"),
        ("copy raw.app_events to '/tmp/copied.csv'", "COPY is not supported"),
    ],
)
def test_a_wrong_query_is_one_clear_message(sandbox: Settings, demo: dict[str, Any], query: str, named: str) -> None:
    assert named in refused(sandbox, "sql", query)


def test_env_points_any_client_of_a_shell_at_the_sandbox(sandbox: Settings, demo: dict[str, Any]) -> None:
    # The user's own profile would win over the test credentials, were it not unset.
    shell = {**environment(sandbox), "AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "of a real account"}
    listing = f"import boto3; print(boto3.client('s3').list_objects_v2(Bucket='{sandbox.raw_bucket}')['KeyCount'])"
    script = 'eval "$("$1" env)" && exec "$2" -c "$3"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", COMMAND, paths.SANDBOX_PYTHON, listing],
        env=shell,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0


def test_logs_show_services_and_functions(sandbox: Settings, demo: dict[str, Any]) -> None:
    told = run(sandbox, "logs", "-n", "3")
    assert told.returncode == 0
    services = {line.partition(" | ")[0] for line in told.stdout.splitlines()}
    assert services >= {"localstack", "standins", "catalog_api", "warehouse"}
    function = run(sandbox, "logs", "lambda/catalog-ingest", "-n", "1")
    assert "REPORT RequestId:" in function.stdout
    assert "lambda/catalog-ingest" in refused(sandbox, "logs", "lambda/nowhere")
    assert "catalog_api" in refused(sandbox, "logs", "nowhere")


def test_live_events_come_at_the_rate_that_was_asked_for(sandbox: Settings, demo: dict[str, Any]) -> None:
    before = audited(sandbox)["app-events"]["published"]
    told = facts(sandbox, "seed", "--changes", "2", "--rate", "60", "--duration", "2")
    assert (told["changes"], told["events"], told["interrupted"]) == (2, 120, False)
    assert told["seconds"] >= 1.8
    account = audited(sandbox, "--wait", "30")["app-events"]
    assert account["published"] - before == 120
    assert (account["lost"], account["duplicates"], account["in_flight"]) == (0, 0, 0)
    [recent] = facts(sandbox, "sql", EVENT_COUNT + " where event_time > now() - interval 2 minutes")
    assert recent["events"] >= 100  # a few come late on purpose, with the time at which they happened


def test_ctrl_c_ends_seeding_with_everything_accounted_for(sandbox: Settings, demo: dict[str, Any]) -> None:
    with begun(sandbox, "seed", "--events", "2000000", "--json") as seeding:
        assert seeding.stderr is not None
        assert "load the catalogue" in seeding.stderr.readline()
        eventually(lambda: _ledger_bytes(sandbox), _growing(), timeout=30, what="events to be published")
        seeding.send_signal(signal.SIGINT)
        out, err = seeding.communicate(timeout=60)
    assert seeding.returncode == 130, err
    assert "Traceback" not in err
    told = json.loads(out)
    assert told["interrupted"]
    assert 0 < told["events"] < 2_000_000
    account = audited(sandbox, "--wait", "60")["app-events"]
    assert (account["lost"], account["duplicates"], account["in_flight"]) == (0, 0, 0)


def test_flawed_input_ends_in_named_places(sandbox: Settings, demo: dict[str, Any]) -> None:
    before = audited(sandbox)
    told = facts(sandbox, "seed", "--bad", "--changes", "20", "--events", "200")
    planted = [one["stream"] for one in told["planted"] if one["published"]]
    assert len(planted) < len(told["planted"])  # what is over a service's limit is refused at once

    def ended() -> dict[str, dict[str, int]]:
        return audited(sandbox, "--wait", "5")

    def added(after: dict[str, dict[str, int]], stream: str, name: str) -> int:
        return after[stream][name] - before[stream][name]

    changes = planted.count("show-catalog")
    after = eventually(
        ended,
        lambda seen: added(seen, "show-catalog", "dead_lettered") >= changes,
        timeout=60,
        what="dead letters",
    )
    assert added(after, "show-catalog", "landed") == 20
    assert added(after, "show-catalog", "dead_lettered") == changes
    assert added(after, "app-events", "failed") == planted.count("app-events")
    assert added(after, "app-events", "landed") == 200
    assert all(account["lost"] == 0 for account in after.values())


def test_a_killed_service_is_restarted_and_shown(sandbox: Settings) -> None:
    before = service(sandbox, "catalog_api")
    crash(sandbox, "catalog_api")
    after = eventually(
        lambda: service(sandbox, "catalog_api"), lambda seen: seen["healthy"], timeout=30, what="its health"
    )
    assert after["restarts"] == before["restarts"] + 1
    assert facts(sandbox, "status")["healthy"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["seed", "--changes", "-1"],
        ["seed", "--rate", "0"],
        ["seed", "--duration", "5"],
        ["sql", "--json", "--csv", "select 1"],
        ["sql", ""],
        ["trace"],
        ["logs", "-n", "few"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_and_does_nothing(tmp_path: Path, arguments: list[str]) -> None:
    settings = own_settings(tmp_path / "home")
    answer = run(settings, *arguments)
    assert answer.returncode == 2, answer.stdout + answer.stderr
    assert answer.stderr.startswith("Usage: sandbox")
    assert "\nError: " in answer.stderr
    assert not settings.home.exists()


def _ledger_bytes(settings: Settings) -> int:
    files = (paths.state_dir(settings.home) / "ledger").rglob("*.csv")
    return sum(path.stat().st_size for path in files)


def _growing() -> Any:
    """Accepts a number that is larger than the first one seen."""
    first: list[int] = []

    def grown(seen: int) -> bool:
        first.append(seen)
        return seen > first[0]

    return grown
