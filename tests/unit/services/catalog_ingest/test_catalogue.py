import time

import pytest
import urllib3


@pytest.fixture
def fetch(ingest, api):
    api.forget()
    with urllib3.PoolManager() as http:
        yield lambda show_id, seconds=10: ingest.catalogue.fetch_show(
            http, api.url, show_id, time.monotonic() + seconds
        )


@pytest.mark.parametrize("passing", [{"status": 429}, {"status": 500}, {"status": 502}, {"status": 503},
                                     {"status": 504}, {"drops": True}, {"hangs": True}])  # fmt: skip
def test_a_passing_failure_is_asked_again(fetch, api, answering, passing):
    good = answering(body=b'{"show_id": "show_a"}')
    api.will_answer("show_a", answering(**passing), answering(**passing), good)
    assert fetch("show_a") == {"show_id": "show_a"}
    assert api.asked == ["show_a"] * 3


def test_attempts_are_bounded(fetch, ingest, api, answering):
    api.will_answer("show_a", answering(500))
    with pytest.raises(ingest.rejected.Rejected, match=r"api_unavailable: .* HTTP 500"):
        fetch("show_a")
    assert len(api.asked) == ingest.catalogue.ATTEMPTS


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 422, 501])
def test_an_answer_that_would_stay_the_same_is_not_asked_for_again(fetch, ingest, api, answering, status):
    api.will_answer("show_a", answering(status))
    with pytest.raises(ingest.rejected.Rejected):
        fetch("show_a")
    assert api.asked == ["show_a"]


def test_nothing_is_asked_when_time_is_up(fetch, ingest, api):
    with pytest.raises(ingest.rejected.Rejected, match="api_unavailable"):
        fetch("show_a", seconds=0)
    assert api.asked == []


def test_retry_after_is_kept_within_bounds(fetch, ingest, api, answering, monkeypatch):
    pauses = []
    monkeypatch.setattr(ingest.catalogue, "LONGEST_PAUSE_SECONDS", 2.0)
    monkeypatch.setattr(ingest.catalogue.time, "sleep", pauses.append)
    good = answering(body=b'{"show_id": "show_a"}')
    for said, expected in (("1", 1.0), ("3600", 2.0)):
        api.will_answer("show_a", answering(503, headers={"Retry-After": said}), good)
        fetch("show_a")
        assert pauses.pop() == expected
    api.will_answer("show_a", answering(503, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), good)
    fetch("show_a")
    assert pauses.pop() < 0.1


def test_shows_are_fetched_at_the_same_time(ingest, api, answering, monkeypatch):
    """Ten shows, each of which answers only at its second attempt: one after the other would take ten read timeouts."""
    api.forget()
    ids = [f"show_{n}" for n in range(10)]
    for show_id in ids:
        api.will_answer(show_id, answering(hangs=True), answering(body=f'{{"show_id": "{show_id}"}}'.encode()))
    began = time.monotonic()
    with urllib3.PoolManager(maxsize=10) as http:
        shows = ingest.catalogue.fetch_shows(http, api.url, ids + ids, began + 20)
    assert shows == {show_id: {"show_id": show_id} for show_id in ids}
    assert time.monotonic() - began < 5 * ingest.catalogue.READ_SECONDS
