"""Who is answered. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header says what browsers send."""

import pytest
from starlette.datastructures import Headers
from support.console_app import TOKEN

from amp_sandbox.console.guard import new_token, refusal

PORT = 8090
OWN = {"host": f"127.0.0.1:{PORT}"}
ACTION = OWN | {"origin": f"http://127.0.0.1:{PORT}", "x-console-token": TOKEN, "sec-fetch-site": "same-origin"}


def refused(method: str, headers: dict[str, str]) -> str | None:
    return refusal(method, Headers(headers), PORT, TOKEN)


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"LOCALHOST:{PORT}"])
def test_its_own_address_is_answered_for(host: str) -> None:
    assert refused("GET", {"host": host}) is None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", f"127.0.0.1:{PORT}.evil.example",
     f"127.0.0.1.evil.example:{PORT}", f"[::1]:{PORT}", f"0.0.0.0:{PORT}", f"user@127.0.0.1:{PORT}"],
)  # fmt: skip
def test_any_other_host_is_refused_whatever_else_is_right(host: str) -> None:
    assert refused("GET", {"host": host})
    assert refused("POST", ACTION | {"host": host, "origin": f"http://{host}"})


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_loads_is_refused(site: str) -> None:
    for mode, dest in (("no-cors", "image"), ("cors", "empty"), ("no-cors", "script"), ("navigate", "iframe")):
        headers = OWN | {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
        assert refused("GET", headers)


def test_a_link_of_another_site_may_be_followed_to_a_page() -> None:
    link = OWN | {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert refused("GET", link) is None
    assert refused("POST", ACTION | link)


def test_an_action_of_its_own_page_is_taken() -> None:
    assert refused("POST", ACTION) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"https://127.0.0.1:{PORT}"},
        {"origin": "http://127.0.0.1:8080"},
        {"origin": f"http://localhost:{PORT}"},  # of the same server, but not of the page that was asked for
        {"x-console-token": ""},
        {"x-console-token": TOKEN[:-1]},
        {"x-console-token": TOKEN + "x"},
        {"x-console-token": "é"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_an_action_without_origin_and_token_of_the_page_is_refused(method: str, wrong: dict[str, str]) -> None:
    assert refused(method, ACTION | wrong)


@pytest.mark.parametrize("missing", ["origin", "x-console-token"])
def test_an_action_that_leaves_one_out_is_refused(missing: str) -> None:
    assert refused("POST", {name: value for name, value in ACTION.items() if name != missing})


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(len(token) for token in tokens) >= 40
