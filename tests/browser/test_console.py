"""A person at the console of a running sandbox, from the first look to a redrive."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.browser import needs_browser
from support.waiting import eventually

from amp_sandbox.publish import ledger
from amp_sandbox.publish.streams import queue_url
from amp_sandbox.runtime.supervisord import Supervisor
from amp_sandbox.settings import Settings

pytestmark = needs_browser
WAIT_MS = 60_000


def figure(tab: Page, hop: str) -> int:
    """The number that is largest on a hop's card."""
    text = tab.locator(f'[data-hop="{hop}"] [data-field="headline"]').inner_text().replace(",", "")
    return int(text) if text.isdecimal() else -1


def rises(tab: Page, hop: str, above: int) -> int:
    return eventually(
        lambda: figure(tab, hop), lambda seen: seen > above, timeout=60, what=f"the number of {hop} above {above}"
    )


def change(show_id: str = "show_nobody_knows") -> dict[str, str]:
    return {
        "change_id": str(uuid.uuid4()),
        "change_type": "show_updated",
        "show_id": show_id,
        "changed_at": "2026-03-02T10:00:00.000Z",
    }


def test_first_look_says_what_to_type_and_counts_rise_while_data_is_published(
    sandbox: Settings, tab: Page, seeding: Callable[..., None]
) -> None:
    """The first of these tests: the sandbox is still empty."""
    tab.goto(sandbox.console_url)
    expect(tab.locator("#connection")).to_have_text("Live", timeout=WAIT_MS)
    expect(tab.locator("#empty")).to_contain_text("sandbox seed")

    seeding("--rate", "60", "--duration", "15", "--changes", "40")

    for hop in ("app", "events_stream", "events_delivery", "raw", "topic", "ingest", "catalog_delivery"):
        rises(tab, hop, 0)
    expect(tab.locator('[data-hop="events_stream"]')).to_have_attribute("data-state", "moving", timeout=WAIT_MS)
    before = figure(tab, "events_delivery")
    rises(tab, "events_delivery", before)
    expect(tab.locator("#empty")).to_be_hidden()


def test_a_hop_opens_by_keyboard_and_shows_its_last_records(sandbox: Settings, tab: Page) -> None:
    tab.goto(sandbox.console_url)
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab.keyboard.press("Enter")
    stream = tab.get_by_role("link", name="app-events", exact=False).filter(has_text="Kinesis")
    for _ in range(20):
        tab.keyboard.press("Tab")
        if stream.evaluate("element => element === document.activeElement"):
            break
    expect(stream).to_be_focused()
    assert stream.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1, name="app-events")).to_be_visible()
    expect(tab.get_by_role("table").first.get_by_role("row").nth(1)).to_be_visible()


def test_a_record_is_traced_on_a_click(sandbox: Settings, tab: Page) -> None:
    tab.goto(sandbox.console_url + "/hops/app")
    first = tab.get_by_role("table").get_by_role("link").first
    wanted = first.inner_text()
    first.click()
    expect(tab.get_by_text("It is in the lake.")).to_be_visible()
    places = tab.locator(".step-head a").all_inner_texts()
    assert places[0] == "published to Kinesis"
    assert {"Kinesis", "Firehose delivery", "lake row"} <= set(places)
    assert wanted in tab.locator(".steps").inner_text()


def test_an_unknown_record_is_said_to_be_unknown(sandbox: Settings, tab: Page) -> None:
    tab.goto(sandbox.console_url + "/trace")
    tab.get_by_label("Id of a record").fill("show_1<script>")
    tab.get_by_role("button", name="Trace").click()
    expect(tab.get_by_role("alert")).to_contain_text("Nothing is known of show_1<script>.")


def test_the_audit_says_that_nothing_is_lost(sandbox: Settings, tab: Page) -> None:
    tab.goto(sandbox.console_url)
    tab.get_by_role("link", name="Is anything lost?").click()
    tab.get_by_role("button", name="Audit now").click()
    expect(tab.locator(".banner")).to_contain_text("Nothing is lost.", timeout=WAIT_MS)
    published = tab.get_by_role("table").first.locator("tbody tr", has_text=sandbox.events_stream).locator("td").nth(1)
    lines = ledger.lines(sandbox, sandbox.events_stream)
    assert int(published.inner_text().replace(",", "")) == lines
    tab.goto(sandbox.console_url)
    expect(tab.get_by_role("link", name="Nothing is lost")).to_be_visible()


def test_what_a_record_holds_is_shown_as_text(sandbox: Settings, tab: Page, client: Callable[[str], Any]) -> None:
    hostile = '<img src=x onerror="document.title = 1"><script>document.title = 2</script>'
    client("kinesis").put_record(StreamName=sandbox.events_stream, PartitionKey="a", Data=hostile.encode())
    eventually(
        lambda: _loaded(tab, sandbox.console_url + "/hops/raw"),
        lambda text: "onerror" in text,
        timeout=60,
        what="the record in the error prefix",
    )
    assert "Lake: raw" in tab.title()
    assert tab.locator("main img").count() == 0


def _loaded(tab: Page, url: str) -> str:
    tab.goto(url)
    return tab.locator("main").inner_text()


def test_new_lines_of_a_log_appear_by_themselves(sandbox: Settings, tab: Page, client: Callable[[str], Any]) -> None:
    tab.goto(sandbox.console_url + "/logs")
    tab.get_by_role("link", name="catalog-ingest").click()
    expect(tab.get_by_label("Follow")).to_be_checked()
    poison = f"not json {uuid.uuid4()}"
    sent = client("sns").publish(TopicArn=sandbox.topic_arn, Message=poison)
    assert sent["MessageId"]
    expect(tab.locator("#log")).to_contain_text("not_json", timeout=WAIT_MS)


def test_a_crawl_is_started_and_shows_among_the_runs(sandbox: Settings, tab: Page) -> None:
    tab.goto(sandbox.console_url + "/runs")
    tab.get_by_role("button", name=f"Crawl amp-transformed-{sandbox.stage}").click()
    expect(tab.locator("#told")).to_contain_text("crawl", timeout=WAIT_MS)
    expect(tab.locator("#tables")).to_contain_text(f"amp-transformed-{sandbox.stage}", timeout=WAIT_MS)


@pytest.fixture
def broken_catalogue(sandbox: Settings, client: Callable[[str], Any]) -> Iterator[Callable[[], None]]:
    """The catalogue service, stopped; a message is tried twice and not six times, which takes minutes. Mends it."""
    sqs, url = client("sqs"), queue_url(sandbox, sandbox.queue_name)
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    sooner = json.dumps(json.loads(before) | {"maxReceiveCount": "2"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": sooner})
    Supervisor(sandbox.home).stop("catalog_api")

    def mend() -> None:
        supervisor = Supervisor(sandbox.home)
        if supervisor.info()["catalog_api"].state == "STOPPED":
            supervisor.start("catalog_api")
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": before})

    eventually(
        lambda: Supervisor(sandbox.home).info()["catalog_api"].state,
        lambda state: state == "STOPPED",
        timeout=20,
        what="the catalogue service to be stopped",
    )
    yield mend
    mend()


def test_dead_letters_appear_with_their_reason_while_the_catalogue_is_down_and_arrive_once_they_are_moved_back(
    sandbox: Settings, tab: Page, client: Callable[[str], Any], broken_catalogue: Callable[[], None]
) -> None:
    tab.goto(sandbox.console_url)
    expect(tab.locator("#problem")).to_contain_text("catalog_api does not run.", timeout=WAIT_MS)
    published = change(_a_known_show(sandbox, client))
    client("sns").publish(TopicArn=sandbox.topic_arn, Message=json.dumps(published))
    expect(tab.locator('[data-hop="queue"]')).to_have_attribute("data-state", "failing", timeout=WAIT_MS)

    eventually(
        lambda: _loaded(tab, sandbox.console_url + "/dead-letters"),
        lambda text: published["change_id"] in text,
        timeout=60,
        what="the dead letter",
    )
    row = tab.get_by_role("row").filter(has_text=published["change_id"]).first
    expect(row).to_contain_text("api_unavailable")
    broken_catalogue()
    eventually(
        lambda: Supervisor(sandbox.home).info()["catalog_api"].state,
        lambda state: state == "RUNNING",
        timeout=60,
        what="the catalogue service",
    )
    tab.get_by_role("button", name="back").first.click()
    expect(tab.locator("#told")).to_contain_text("on the way back", timeout=WAIT_MS)

    eventually(
        lambda: _loaded(tab, f"{sandbox.console_url}/trace?id={published['change_id']}"),
        lambda text: "It is in the lake." in text,
        timeout=60,
        what="the change in the lake",
    )


def _a_known_show(sandbox: Settings, client: Callable[[str], Any]) -> str:
    """A show of which a change has landed already, so that the catalogue knows it."""
    s3 = client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=sandbox.raw_bucket, Prefix="show_catalog/")["Contents"]]
    import gzip

    lines = gzip.decompress(s3.get_object(Bucket=sandbox.raw_bucket, Key=keys[0])["Body"].read()).splitlines()
    return str(json.loads(lines[0])["show_id"])
