import json
from datetime import date

import pytest
from support.raw_lake import put

CREATOR = {"creator_id": "creator_a", "display_name": "Ada", "verified": True, "version": 1}
USER = {"user_id": "user_a", "display_name": "Uma", "birth_year": 1990, "followed_creators": ["creator_a"]}


def snapshots(lake, day, creators, users):
    put(lake.raw, f"snapshots/creators/dt={day}/creators.ndjson.gz", creators)
    put(lake.raw, f"snapshots/users/dt={day}/users.ndjson.gz", users)


def test_tables_hold_the_latest_snapshot_at_or_before_the_date(lake):
    snapshots(lake, "2026-11-18", [CREATOR], [])
    newer = {**CREATOR, "display_name": "Ada L.", "version": 2}
    snapshots(lake, "2026-11-19", [newer, CREATOR, {"creator_id": "creator_b"}], [USER])
    snapshots(lake, "2026-11-21", [], [])
    lake.run("profiles")
    [creator] = lake.rows("creators")
    assert (creator["display_name"], creator["version"]) == ("Ada L.", 2)
    assert creator["snapshot_date"] == date(2026, 11, 19)
    [user] = lake.rows("users")
    assert (user["user_id"], user["birth_year"], user["followed_creators"]) == ("user_a", 1990, ["creator_a"])
    [bad] = lake.quarantine("creators")
    assert (bad["raw"], bad["reason"]) == (json.dumps({"creator_id": "creator_b"}), "display_name is missing")
    assert lake.report("profiles")["tables"] == {
        "creators": {"rows_read": 3, "distinct_ids": 2, "written": 1, "quarantined": 1},
        "users": {"rows_read": 1, "distinct_ids": 1, "written": 1, "quarantined": 0},
    }


def test_without_a_snapshot_the_job_says_what_to_run_first(lake):
    with pytest.raises(SystemExit) as ended:
        lake.run("profiles")
    root = f"{lake.raw.as_uri()}/snapshots/creators"
    message = f"profiles: there is no snapshot up to 2026-11-20 below {root}; run the export of the catalogue first"
    assert ended.value.code == message


def test_a_corrupt_snapshot_is_an_error_and_the_tables_stay(lake):
    snapshots(lake, "2026-11-19", [CREATOR], [USER])
    lake.run("profiles")
    path = put(lake.raw, "snapshots/users/dt=2026-11-20/users.ndjson.gz", [USER])
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(SystemExit, match=r"users\.ndjson\.gz cannot be read: corrupt gzip: .*; export the snapshot of"):
        lake.run("profiles")
    assert [row["user_id"] for row in lake.rows("users")] == ["user_a"]
