"""The server as browsers meet it."""

import re
from typing import Any

import pytest
from support.console_app import TOKEN

from amp_sandbox.console.site import STATIC


def test_health_needs_no_sandbox(console: Any) -> None:
    assert (console.get("/health").status, console.get("/health").json()) == (200, {"healthy": True})


@pytest.mark.parametrize("path", ["/", "/static/base.css", "/health", "/nothing", "/hops/nothing", "/trace"])
def test_every_answer_forbids_other_sites_frames_and_scripts(console: Any, path: str) -> None:
    headers = console.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src", "form-action")} == {"'self'"}
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Set-Cookie" not in headers


def test_a_name_that_is_made_to_mean_this_machine_is_refused(console: Any) -> None:
    assert console.get("/", Host="evil.example").status == 403
    assert TOKEN not in console.get("/", Host="evil.example").data.decode()


def test_pages_load_nothing_from_elsewhere_and_hold_no_script_or_style_of_their_own(console: Any) -> None:
    for path in ("/", "/trace", "/audit", "/nothing"):
        page = console.get(path).data.decode()
        loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', page)
        assert loaded
        assert all(address.startswith("/static/") for address in loaded)
        assert not re.search(r"<script(?![^>]*src=)|<style|style=|\son\w+=", page)
    for file in STATIC.iterdir():
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", file.read_text()), file


def test_the_map_names_every_hop_and_its_state_in_words(console: Any) -> None:
    page = console.get("/").data.decode()
    assert page.count('class="hop"') + page.count('class="hop compact"') == 17
    assert re.search(r'data-hop="topic" data-state="moving"', page)
    assert re.search(r'id="topic-state" data-field="word">moving<', page)
    assert re.search(r'data-hop="warehouse" data-state="unknown"', page)


def test_without_a_sandbox_a_page_says_what_failed_and_what_to_do(console: Any) -> None:
    for path in ("/dead-letters", "/reports", "/reports/daily-flash", "/reports/daily-flash/days.csv"):
        answer = console.get(path)
        assert answer.status == 503
        assert "sandbox status" in answer.data.decode()


def test_an_action_without_the_token_changes_nothing(console: Any) -> None:
    answer = console.request("POST", "/audit", Origin=console.settings.console_url)
    assert answer.status == 403
    answer = console.request("POST", "/audit", X_Console_Token=TOKEN)
    assert answer.status == 403


def test_an_action_that_fails_says_why(console: Any) -> None:
    answer = console.request("POST", "/audit", Origin=console.settings.console_url, X_Console_Token=TOKEN)
    assert answer.status == 503
    assert answer.json()["problem"] == "Nothing was published yet, so there is nothing to audit."


def test_an_action_cannot_be_asked_for_by_following_a_link(console: Any) -> None:
    for path in ("/dead-letters/some-dlq/redrive", "/runs/crawlers/amp-raw-local"):
        assert console.get(path).status in (404, 405)
