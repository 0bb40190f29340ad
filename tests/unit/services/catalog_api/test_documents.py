import json
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

DOCUMENTS = {
    "shows": {
        "title": "Título 🎷",
        "description": "d",
        "status": "live",
        "creator": {"creator_id": "creator_1", "display_name": "Nora", "verified": True, "email": "n@mail.example"},
        "category": "jazz",
        "tags": ["b", "a"],
        "language": "en",
        "schedule": {
            "starts_at": "2026-11-23T22:00:00.000Z",
            "ends_at": "2026-11-23T23:00:00.000Z",
            "timezone": "UTC",
            "recurrence": "weekly",
        },
        "promotion": {
            "promotion_id": "promo_1",
            "kind": "home_banner",
            "starts_at": "2026-11-22T22:00:00.000Z",
            "ends_at": "2026-11-23T22:00:00.000Z",
        },
        "settings": {"chat_enabled": True, "polls_enabled": False, "max_co_hosts": 2},
        "artwork_url": "https://images.amp.example/x.jpg",
        "internal_notes": "n",
        "contract_terms": "c",
    },
    "creators": {
        "user_id": "user_1",
        "display_name": "Nora",
        "verified": True,
        "email": "n@mail.example",
        "bio": "b",
        "category": "jazz",
        "language": "en",
        "country": "NO",
        "timezone": "Europe/Oslo",
        "created_at": "2025-01-01T00:00:00.000Z",
    },
    "users": {
        "display_name": "Ola",
        "email": "o@mail.example",
        "birth_year": 1990,
        "country": "NO",
        "timezone": "Europe/Oslo",
        "language": "nb",
        "favourite_categories": ["jazz"],
        "followed_creators": ["creator_1"],
        "is_creator": False,
        "created_at": "2025-01-01T00:00:00.000Z",
    },
}


@pytest.mark.parametrize("collection", DOCUMENTS)
def test_what_is_put_is_what_is_got(service, new_id, collection):
    kind = collection.removesuffix("s")
    document = {f"{kind}_id": new_id(kind), **DOCUMENTS[collection]}
    path = f"/v1/{collection}/{document[f'{kind}_id']}"

    created = service.put(path, document)
    assert created.status == 201
    got = service.get(path)
    assert got.status == 200
    assert got.json() == created.json()
    stored = got.json()
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stored.pop("updated_at"))
    assert stored == document | {"version": 1}
    assert (got.headers["ETag"], got.headers["Content-Type"]) == ('"1"', "application/json")


def test_optional_parts_are_null_or_empty(service, new_show):
    show = new_show()
    stored = service.put(f"/v1/shows/{show['show_id']}", show).json()
    assert (stored["promotion"], stored["tags"], stored["schedule"]) == (None, [], None)


def test_an_update_says_which_version_it_replaces(service, new_show):
    show = new_show()
    path = f"/v1/shows/{show['show_id']}"
    first = service.put(path, show).json()
    second = service.put(path, first | {"title": "Second"})
    third = service.put(path, show | {"title": "Third"}, **{"If-Match": second.headers["ETag"]})
    assert [second.status, third.status] == [200, 200]
    assert (third.json()["version"], service.get(path).json()["title"]) == (3, "Third")
    assert first["updated_at"] <= second.json()["updated_at"] <= third.json()["updated_at"]


def test_a_version_that_is_not_the_newest_cannot_be_replaced(service, new_show):
    show = new_show()
    path = f"/v1/shows/{show['show_id']}"
    assert service.put(path, show | {"version": 1}).status == 412, "there is nothing to replace"
    service.put(path, show)
    service.put(path, show | {"version": 1, "title": "Second"})
    assert service.put(path, show | {"version": 1, "title": "Lost update"}).status == 412
    assert service.put(path, show, **{"If-Match": '"1"'}).status == 412
    assert service.put(path, show).status == 428, "without a version, a PUT only creates"
    assert service.get(path).json()["title"] == "Second"


def test_of_several_writers_at_once_one_wins(service, new_show):
    show = new_show()
    path = f"/v1/shows/{show['show_id']}"
    service.put(path, show)
    with ThreadPoolExecutor(8) as writers:
        for version in range(1, 31):
            replacement = show | {"version": version}
            answers = list(writers.map(lambda _, body=replacement: service.put(path, body), range(8)))
            assert sorted(answer.status for answer in answers) == [200] + [412] * 7
    assert service.get(path).json()["version"] == 31


@pytest.mark.parametrize("if_match", ["3", "*", 'W/"3"', '"x"', '"0"', '"1", "2"', ""])
def test_an_if_match_that_is_no_etag_of_ours_is_refused(service, new_show, if_match):
    show = new_show()
    assert service.put(f"/v1/shows/{show['show_id']}", show, **{"If-Match": if_match}).status == 422


def test_if_match_and_the_body_must_agree(service, new_show):
    show = new_show(version=1)
    assert service.put(f"/v1/shows/{show['show_id']}", show, **{"If-Match": '"2"'}).status == 422


def test_what_does_not_exist_is_a_404_problem(service):
    for path in (
        "/v1/shows/show_unknown",
        "/v1/creators/creator_unknown",
        "/v1/users/user_unknown",
        "/v1/nothing",
        "/",
    ):
        answer = service.get(path)
        assert answer.status == 404
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == 404
        assert answer.json()["title"] == "Not Found"


def test_a_method_that_is_not_offered_is_a_problem(service):
    answer = service.request("DELETE", "/v1/shows/show_a")
    assert (answer.status, answer.headers["Content-Type"]) == (405, "application/problem+json")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/shows/a",
        "/v1/shows/creator_1",
        "/v1/shows/show_",
        "/v1/shows/show_%0A",
        "/v1/shows/show_a%27",
        "/v1/shows/show_" + "a" * 41,
        "/v1/users/show_a",
        "/v1/shows/show_a?verbose=1",
        "/v1/shows?limit=0",
        "/v1/shows?limit=1001",
        "/v1/shows?limit=x",
        "/v1/shows?limit=1&limit=2",
        "/v1/shows?offset=3",
        "/v1/shows?cursor=%25",
        "/v1/shows?cursor=x",
        "/v1/shows?cursor=%C3%A9",
        "/health?x=1",
        "/v1/exports/playlists",
        "/v1/exports/shows?limit=3",
        "/v1/exports/shows?as_of=yesterday",
        "/v1/exports/shows?as_of=2026-11-22",
        "/v1/exports/shows?as_of=2026-11-22T10:00:00",
        "/v1/exports/shows?as_of=2026-02-30T10:00:00Z",
        "/v1/exports/shows?as_of=0001-01-01T00:00:00%2B23:00",
        "/v1/exports/shows?as_of=",
    ],
)
def test_what_is_malformed_or_unknown_is_a_422_problem(service, path):
    answer = service.get(path)
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "detail", "errors"}


@pytest.mark.parametrize(
    "change",
    [
        {"title": None},
        {"title": 3},
        {"title": "\ud83c"},
        {"status": "sold"},
        {"surprise": "SECRET"},
        {"creator": "SECRET"},
        {"creator": {"creator_id": "creator_1"}},
        {"tags": "SECRET"},
        {"version": "1"},
        {"version": 0},
        {"schedule": {"starts_at": "SECRET"}},
        {"schedule": {"starts_at": "2026-02-30T10:00:00.000Z"}},
        {"settings": {"max_co_hosts": 1.5}},
        {"show_id": "show_other"},
        {"show_id": "SECRET"},
    ],
    ids=str,
)
def test_a_document_that_is_not_valid_is_refused_without_being_repeated(service, new_show, change):
    show = new_show()
    path = f"/v1/shows/{show['show_id']}"
    answer = service.put(path, show | change)
    assert answer.status == 422
    assert "SECRET" not in answer.data.decode()
    assert service.get(path).status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 422), (b"{", 422), (b"[]", 422), (b"null", 422), (b"\xff", 400), (b"[" * 100_000, 400)],
    ids=lambda value: repr(value)[:8],
)
def test_a_body_that_is_no_document_is_refused(service, body, status):
    answer = service.request("PUT", "/v1/shows/show_a", body=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_times_are_kept_in_utc_with_milliseconds(service, new_show):
    show = new_show(schedule={"starts_at": "2026-11-22T23:30:00.123456-01:00"})
    stored = service.put(f"/v1/shows/{show['show_id']}", show).json()
    assert stored["schedule"]["starts_at"] == "2026-11-23T00:30:00.123Z"


def test_pages_hold_every_document_once_in_order(own_service, new_show):
    shows = [new_show() for _ in range(25)]
    for show in reversed(shows):
        own_service.put(f"/v1/shows/{show['show_id']}", show)
    own_service.put(f"/v1/shows/{shows[3]['show_id']}", shows[3] | {"version": 1, "title": "New"})
    pages, cursor = [], ""
    while cursor is not None:
        page = own_service.get(f"/v1/shows?limit=10&cursor={cursor}").json()
        pages.append(page["items"])
        cursor = page["next_cursor"]
    assert [len(page) for page in pages] == [10, 10, 5]
    seen = [item for page in pages for item in page]
    assert [item["show_id"] for item in seen] == [show["show_id"] for show in shows]
    assert seen[3] == own_service.get(f"/v1/shows/{shows[3]['show_id']}").json()
    assert own_service.get("/v1/users").json() == {"items": [], "next_cursor": None}
    assert own_service.get("/v1/shows?limit=25").json()["next_cursor"] is None


def test_what_was_answered_survives_a_kill(own_service, new_show):
    shows = [new_show() for _ in range(20)]
    stored = [own_service.put(f"/v1/shows/{show['show_id']}", show).json() for show in shows]
    own_service.kill()
    own_service.start()
    assert [own_service.get(f"/v1/shows/{show['show_id']}").json() for show in shows] == stored


def test_a_broken_database_is_a_500_problem_that_keeps_its_details_to_itself(own_service):
    with sqlite3.connect(own_service.database) as connection:
        connection.execute("DROP TABLE versions")
    for path in ("/health", "/v1/shows/show_a"):
        answer = own_service.request("GET", path, headers={"Connection": "close"})
        assert (answer.status, answer.headers["Content-Type"]) == (500, "application/problem+json")
        assert b"versions" not in answer.data


def test_the_committed_openapi_document_is_that_of_the_service(service):
    """When it is stale: cd services/catalog_api && ../../.envs/catalog_api/bin/python openapi.py > openapi.json"""
    committed = Path(__file__).parents[4] / "services" / "catalog_api" / "openapi.json"
    assert json.loads(committed.read_bytes()) == service.get("/openapi.json").json()


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1:1", 200), ("catalog.example", 200), ("evil.example", 400)])
def test_only_the_configured_hosts_are_answered_for(service, host, status):
    assert service.request("GET", "/v1/users", headers={"Host": host}).status == status
