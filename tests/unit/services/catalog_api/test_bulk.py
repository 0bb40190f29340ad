import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def test_imported_documents_are_served(service, new_show, new_id):
    show = new_show(updated_at="2026-11-01T00:00:00.000Z", version=4)
    creator = {"creator_id": new_id("creator"), "display_name": "Nora"}
    user = {"user_id": new_id("user"), "display_name": "Ola", "updated_at": "2026-11-01T00:00:00.000Z"}
    report = service.load(("show", show), ("creator", creator), ("user", user))
    assert report == {"imported": 3, "unchanged": 0, "failed": 0, "errors": []}
    stored = service.get(f"/v1/shows/{show['show_id']}").json()
    assert (stored["version"], stored["updated_at"]) == (4, "2026-11-01T00:00:00.000Z")
    assert service.get(f"/v1/creators/{creator['creator_id']}").json()["version"] == 1
    assert service.get(f"/v1/users/{user['user_id']}").json()["updated_at"] == "2026-11-01T00:00:00.000Z"


def test_an_import_that_is_run_again_changes_nothing(service, new_show, new_id):
    show = new_show(version=1, updated_at="2026-11-01T00:00:00.000Z")
    history = [
        ("show", show),
        ("show", show | {"version": 2, "updated_at": "2026-11-02T00:00:00.000Z", "title": "Second"}),
        ("user", {"user_id": new_id("user"), "display_name": "Ola", "updated_at": "2026-11-01T00:00:00.000Z"}),
        ("creator", {"creator_id": new_id("creator"), "display_name": "Nora"}),
    ]
    assert service.load(*history)["imported"] == 4
    before = service.get(f"/v1/shows/{show['show_id']}").json()
    assert service.load(*history) == {"imported": 0, "unchanged": 4, "failed": 0, "errors": []}
    assert service.get(f"/v1/shows/{show['show_id']}").json() == before


def test_lines_that_cannot_be_stored_are_reported_by_number_and_the_others_are_stored(service, new_show):
    good = new_show()
    lines = [
        json.dumps({"kind": "show", "data": good}).encode(),
        b"",
        b"SECRET",
        b'{"kind": "playlist", "data": {}}',
        json.dumps({"kind": "show", "data": good | {"show_id": "SECRET"}}).encode(),
        json.dumps({"kind": "show", "data": good, "SECRET": 1})[:-1].encode(),
        b"\xff",
        b"[" * 100_000,
        json.dumps({"kind": "user", "data": good}).encode(),
        json.dumps({"kind": "show", "data": new_show()}).encode(),
    ]
    answer = service.post(b"\r\n".join(lines))
    report = answer.json()
    assert (answer.status, report["imported"], report["failed"]) == (200, 2, 7)
    assert [error["line"] for error in report["errors"]] == [3, 4, 5, 6, 7, 8, 9]
    assert all(error["problem"] for error in report["errors"])
    assert '"SECRET"' not in answer.data.decode().replace("data.SECRET", "")
    assert service.get(f"/v1/shows/{good['show_id']}").status == 200


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        ({"version": 3, "title": "Other"}, "version 3 is not new"),
        ({"version": 2}, "version 2 is not new"),
        ({"version": 4, "updated_at": "2026-10-01T00:00:00.000Z", "title": "Other"}, "updated_at is before"),
    ],
)
def test_a_line_that_contradicts_what_is_known_is_refused(service, new_show, second, problem):
    show = new_show(version=3, updated_at="2026-11-01T00:00:00.000Z")
    report = service.load(("show", show), ("show", show | second))
    assert (report["imported"], report["failed"]) == (1, 1)
    assert report["errors"][0]["line"] == 2
    assert problem in report["errors"][0]["problem"]


def test_only_the_first_hundred_errors_are_listed(service):
    report = service.post(b"x\n" * 150).json()
    assert (report["failed"], len(report["errors"])) == (150, 100)


def test_a_line_without_end_is_refused(service):
    answer = service.post(b"x" * 65536 for _ in range(100))
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")


def test_an_empty_import_is_no_error(service):
    assert service.post(b"\n\n").json()["imported"] == 0


def test_an_export_carries_nothing_internal_and_no_email(service, new_show, new_id):
    show = new_show(promotion={"promotion_id": "p", "kind": "k", "starts_at": "2026-11-01T00:00:00.000Z"})
    creator = {"creator_id": new_id("creator"), "display_name": "Nora", "email": "n@mail.example"}
    user = {"user_id": new_id("user"), "display_name": "Ola", "email": "o@mail.example", "birth_year": 1990}
    service.load(("show", show), ("creator", creator), ("user", user))
    row = service.export("shows")[show["show_id"]]
    kept = service.get(f"/v1/shows/{show['show_id']}").json()
    del kept["internal_notes"], kept["contract_terms"], kept["creator"]["email"]
    assert row == kept
    for collection, document in (("creators", creator), ("users", user)):
        id_ = document[f"{collection[:-1]}_id"]
        kept = service.get(f"/v1/{collection}/{id_}").json()
        assert kept.pop("email")
        assert service.export(collection)[id_] == kept


def test_an_export_is_the_state_at_that_moment(service, new_show):
    show = new_show()
    history = [
        ("2026-11-01T00:00:00.000Z", "First"),
        ("2026-11-01T00:00:00.001Z", "Second"),
        ("2026-11-03T00:00:00.000Z", "Third"),
    ]
    for version, (updated_at, title) in enumerate(history, 1):
        service.load(("show", show | {"version": version, "updated_at": updated_at, "title": title}))

    def title_at(as_of):
        row = service.export("shows", as_of).get(show["show_id"])
        return row and row["title"]

    assert title_at("2026-10-31T23:59:59.999Z") is None
    assert title_at("2026-11-01T00:00:00.000Z") == "First"
    assert title_at("2026-11-01T00:00:00Z") == "First"
    assert title_at("2026-11-01T01:00:00.0005%2B01:00") == "First"
    assert title_at("2026-11-01T00:00:00.001Z") == "Second"
    assert title_at("2026-11-02T23:59:59.999999Z") == "Second"
    assert title_at("2026-11-03T00:00:00.000Z") == "Third"
    assert title_at("2999-01-01T00:00:00Z") == "Third"
    assert title_at(None) == "Third"


moves = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves, asked=st.integers(0, 40))
def test_any_history_can_be_read_at_any_moment(service, new_show, moves, asked):
    """Against a model: a list of what was known, replayed up to the moment."""
    shows = [new_show() for _ in range(4)]
    at, lines, model = 0, [], {}
    for number, (which, later) in enumerate(moves):
        at += later
        show = shows[which] | {"title": str(number), "updated_at": f"2026-11-01T00:00:00.{at:03}Z"}
        lines.append(("show", show))
        if at <= asked:
            model[show["show_id"]] = show["title"]
    assert service.load(*lines)["failed"] == 0
    exported = service.export("shows", f"2026-11-01T00:00:00.{asked:03}Z")
    ids = {show["show_id"] for show in shows}
    assert {id_: row["title"] for id_, row in exported.items() if id_ in ids} == model


def test_an_export_of_now_can_be_repeated_while_others_write(own_service, new_show):
    shows = [new_show() for _ in range(20)]
    own_service.load(*(("show", show) for show in shows))
    stop = threading.Event()

    def write():
        version = 1
        while not stop.is_set():
            for show in shows:
                own_service.put(f"/v1/shows/{show['show_id']}", show | {"version": version, "title": str(version)})
            version += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(20):
            first = own_service.get("/v1/exports/shows")
            again = own_service.get(f"/v1/exports/shows?as_of={first.headers['As-Of']}")
            assert first.data == again.data
            assert first.headers["Content-Type"] == "application/x-ndjson"
    finally:
        stop.set()
        writer.join()


def test_an_export_waits_for_whoever_is_writing(own_service, new_show):
    """A version whose time is before the export's moment, but which is not committed yet, must not be missed."""
    show = new_show(version=1, updated_at="2026-11-01T00:00:00.000Z")
    own_service.load(("show", show))
    writing = sqlite3.connect(own_service.database, isolation_level=None)
    with closing(writing), ThreadPoolExecutor(1) as exporting:
        writing.execute("BEGIN IMMEDIATE")
        writing.execute(
            """INSERT INTO versions
               SELECT kind, id, 2, '2026-11-02T00:00:00.000Z', json_set(body, '$.version', 2) FROM versions"""
        )
        export = exporting.submit(own_service.export, "shows")
        with pytest.raises(TimeoutError):
            export.result(timeout=0.3)
        writing.execute("COMMIT")
        assert export.result(timeout=20)[show["show_id"]]["version"] == 2


def test_a_large_import_and_export_need_little_memory(own_service):
    """60,000 users, some 30 MB each way: the process stays below what holding them once would take."""
    users = 60_000
    line = '{"kind": "user", "data": {"user_id": "user_%06d", "display_name": "Ola", "favourite_categories": ["%s"]}}\n'
    padding = "x" * 300
    body = (("".join(line % (n, padding) for n in range(m, m + 1000))).encode() for m in range(0, users, 1000))
    before = peak_memory(own_service.process.pid)
    began = time.monotonic()
    assert own_service.post(body).json()["imported"] == users
    answer = own_service.request("GET", "/v1/exports/users", preload_content=False)
    lines = sum(chunk.count(b"\n") for chunk in answer.stream(65536))
    assert lines == users
    print(f"import and export of {users} users: {time.monotonic() - began:.1f} s")
    assert peak_memory(own_service.process.pid) - before < 25 * 1024


def peak_memory(pid):
    """In KiB, as Linux counts it (VmHWM)."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json", ""])
def test_what_any_web_page_may_send_is_not_imported(service, new_id, media_type):
    user = {"kind": "user", "data": {"user_id": new_id("user"), "display_name": "Ola"}}
    body = json.dumps(user).encode()
    answer = service.request("POST", "/v1/import", body=body, headers={"Content-Type": media_type})
    assert (answer.status, answer.headers["Content-Type"]) == (415, "application/problem+json")
    assert service.get(f"/v1/users/{user['data']['user_id']}").status == 404


def test_the_type_of_an_import_may_have_parameters(service):
    headers = {"Content-Type": "Application/X-NDJSON; charset=utf-8"}
    assert service.request("POST", "/v1/import", body=b"\n", headers=headers).status == 200
