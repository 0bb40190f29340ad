import pytest

from amp_localstack.browser_guard import refusal

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "127.0.0.1:4566", "User-Agent": "Boto3/1.40"},
        {"Host": "localhost:4566"},
        {"Host": "LOCALHOST"},
        {"Host": "bucket.s3.localhost:4566"},
        {"Host": "localhost.localstack.cloud:4566"},
        {"Host": "bucket.s3.localhost.localstack.cloud:4566"},
        {"Host": "127.0.0.1:4566", "User-Agent": BROWSER, "Sec-Fetch-Site": "none"},
        {"Host": "127.0.0.1:4566", "User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_programs_and_the_user_are_served(headers: dict[str, str]) -> None:
    assert refusal(headers) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:4566",
        "127.0.0.1.evil.example",
        "evil.127.0.0.1",
        "notlocalhost",
        "localhost.evil.example",
        "",
        ":80",
    ],
)
def test_a_name_that_is_not_this_machines_is_refused(host: str) -> None:
    reason = refusal({"Host": host})
    assert reason is not None
    assert "host" in reason


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "what else may come"])
def test_a_request_of_another_page_is_refused(site: str) -> None:
    assert refusal({"Host": "127.0.0.1:4566", "Sec-Fetch-Site": site}) is not None


def test_a_browser_that_does_not_say_for_whom_it_asks_is_refused() -> None:
    assert refusal({"Host": "localhost.localstack.cloud:4566", "User-Agent": BROWSER}) is not None
