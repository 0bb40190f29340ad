"""Pages at three widths, light and dark, and when there is nobody to ask; no sandbox is needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.browser import Colours, needs_browser, page, picture_if_wanted
from support.console_app import Numbers, served, settings_of_nothing
from support.made_marts import fill
from support.mart_warehouse import mart_warehouse
from support.page_checks import CONTRASTS, OVERLAPS, TOO_WIDE

from amp_sandbox.console.collect import Facts, Number
from amp_sandbox.console.flow import hops
from amp_sandbox.console.platform_state import Platform
from amp_sandbox.console.reports import REPORTS, source
from amp_sandbox.console.reports.source import Ask, asking
from amp_sandbox.settings import Settings

pytestmark = needs_browser

STATES = ("idle", "moving", "ready", "waiting", "failing", "off", "unknown")


def numbers() -> Numbers:
    """Every hop, in one state after the other."""
    facts = {
        name: Facts(
            STATES[place % len(STATES)],  # type: ignore[arg-type]
            "1,234,567",
            "records",
            (Number("now", "1,234/s"), Number("failed", "12", bad=True)),
            "A sentence on what is wrong here." if place % 5 == 4 else "",
        )
        for place, name in enumerate(hops(Settings()))
    }
    return Numbers(facts)


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_pages_fit_their_width_and_every_text_stands_out(tmp_path: Path, width: int, colours: Colours) -> None:
    settings = settings_of_nothing(tmp_path)
    with served(settings, numbers()), page(width, 900, colours) as tab:
        for path in ("/", "/trace", "/audit", "/logs/console", "/nothing", "/dead-letters"):
            tab.goto(settings.console_url + path)
            assert not tab.evaluate(TOO_WIDE), path
            assert tab.evaluate(CONTRASTS) == [], path
            name = path.strip("/").replace("/", "-") or "map"
            picture_if_wanted(tab, f"{name}-{width}-{colours}")


@pytest.fixture(scope="module")
def reports_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Of a console whose analyst asks a warehouse of made-up marts; the console is served."""
    folder = tmp_path_factory.mktemp("reports")

    with mart_warehouse(folder) as warehouse, pytest.MonkeyPatch.context() as patch:

        @contextmanager
        def analyst(_settings: Settings) -> Iterator[Ask]:
            with warehouse.analyst() as connection:
                yield asking(connection)

        fill(warehouse)
        patch.setattr(source, "analyst", analyst)
        settings = settings_of_nothing(folder / "home")
        with served(settings, numbers()):
            yield settings


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_reports_fit_their_width_and_every_text_stands_out(
    reports_settings: Settings, width: int, colours: Colours
) -> None:
    with page(width, 900, colours) as tab:
        for name in ("", *REPORTS):
            tab.goto(f"{reports_settings.console_url}/reports/{name}".rstrip("/"))
            assert not tab.evaluate(TOO_WIDE), name
            assert tab.evaluate(CONTRASTS) == [], name
            assert tab.evaluate(OVERLAPS) == [], name
            picture_if_wanted(tab, f"report-{name or 'list'}-{width}-{colours}")


def test_days_are_chosen_by_keyboard_and_wrong_ones_can_be_mended(reports_settings: Settings) -> None:
    with page() as tab:
        tab.goto(reports_settings.console_url + "/reports/engagement")
        tab.get_by_label("From", exact=True).fill("2026-03-09")
        tab.get_by_label("To", exact=True).fill("2026-03-01")
        tab.get_by_label("To", exact=True).press("Enter")
        expect(tab.get_by_role("alert")).to_contain_text("The first day is after the last.")
        tab.get_by_label("To", exact=True).fill("2026-03-10")
        tab.get_by_label("To", exact=True).press("Enter")
        expect(tab.get_by_role("img", name="Shows that were listened to most")).to_be_visible()
        assert tab.url.endswith("/reports/engagement?from=2026-03-09&to=2026-03-10")


def test_a_table_is_taken_away_as_a_file(reports_settings: Settings) -> None:
    with page() as tab:
        tab.goto(reports_settings.console_url + "/reports/engagement?from=2026-03-01&to=2026-03-10")
        with tab.expect_download() as begun:
            tab.get_by_role("link", name="By creator as a CSV file").click()
        assert begun.value.suggested_filename == "amp-engagement-creators-2026-03-01-2026-03-10.csv"
        assert begun.value.path().read_text().startswith("creator_display_name,")


def test_a_text_that_does_not_stand_out_is_found(tmp_path: Path) -> None:
    settings = settings_of_nothing(tmp_path)
    with served(settings, numbers()), page() as tab:
        tab.goto(settings.console_url + "/nothing")
        tab.evaluate("document.querySelector('h1').style.color = '#8a8a8a'")  # 3.2 on the page's ground
        assert [found[2] for found in tab.evaluate(CONTRASTS)] == ["3.19"]


def test_pages_ask_nothing_of_anybody_else(tmp_path: Path) -> None:
    settings = settings_of_nothing(tmp_path)
    asked: list[str] = []
    with served(settings, numbers()), page() as tab:
        tab.on("request", lambda request: asked.append(request.url))
        for path in ("/", "/trace", "/audit", "/logs/console"):
            tab.goto(settings.console_url + path)
    assert asked
    assert [url for url in asked if not url.startswith(settings.console_url)] == []


def test_every_hop_has_a_name_and_is_reached_by_keyboard(tmp_path: Path) -> None:
    settings = settings_of_nothing(tmp_path)
    with served(settings, numbers()), page(1440, 900) as tab:
        tab.goto(settings.console_url)
        reached = []
        for _ in range(60):
            tab.keyboard.press("Tab")
            hop = tab.evaluate("document.activeElement.dataset.hop")
            if hop:
                reached.append(hop)
        assert set(reached) == set(hops(settings))
        for hop in hops(settings).values():
            # The name tells what it is and how it is.
            expect(tab.locator(f'[data-hop="{hop.name}"]')).to_have_accessible_name(_named(hop.title))


def _named(title: str) -> Any:
    import re

    return re.compile(rf"^{re.escape(title)} \w")


def test_without_scripts_the_map_is_complete(tmp_path: Path) -> None:
    settings = settings_of_nothing(tmp_path)
    with served(settings, numbers()), page() as tab:
        plain = tab.context.browser.new_context(java_script_enabled=False).new_page()  # type: ignore[union-attr]
        plain.goto(settings.console_url)
        expect(plain.locator('[data-hop="topic"]')).to_contain_text("1,234,567")


def test_the_chosen_colours_stay(tmp_path: Path) -> None:
    settings = settings_of_nothing(tmp_path)
    with served(settings, numbers()), page() as tab:
        tab.goto(settings.console_url)
        light = _ground(tab)
        tab.get_by_role("button", name="Use dark colours").click()
        dark = _ground(tab)
        tab.reload()
        assert (_ground(tab), light != dark) == (dark, True)


def _ground(tab: Page) -> str:
    return str(tab.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_nothing_moves_for_those_who_want_it_still(tmp_path: Path) -> None:
    settings = settings_of_nothing(tmp_path)
    with served(settings, numbers()), page() as tab:
        tab.emulate_media(reduced_motion="reduce")
        tab.goto(settings.console_url)
        assert tab.evaluate("document.getAnimations().length") == 0


def test_the_page_says_that_the_sandbox_is_gone_and_recovers_by_itself(tmp_path: Path) -> None:
    settings = settings_of_nothing(tmp_path)
    made = numbers()
    with page() as tab:
        with served(settings, made):
            tab.goto(settings.console_url)
            expect(tab.locator("#connection")).to_have_text("Live", timeout=20_000)
            made.platform = Platform(False, "LocalStack was restarted, and its state is gone.", "sandbox up")
            expect(tab.locator("#problem")).to_contain_text("state is gone", timeout=20_000)
            expect(tab.locator("#problem code")).to_have_text("sandbox up")
            expect(tab.locator('[data-hop="topic"]')).to_have_attribute("data-state", "unknown")
            made.platform = Platform(True)
            expect(tab.locator("#problem")).to_be_hidden(timeout=20_000)
        expect(tab.locator("#connection")).to_contain_text("does not answer", timeout=20_000)
        with served(settings, made):
            expect(tab.locator("#connection")).to_have_text("Live", timeout=30_000)


def test_a_page_in_the_background_asks_for_nothing(tmp_path: Path) -> None:
    settings = settings_of_nothing(tmp_path)
    with served(settings, numbers()) as live, page() as tab:
        tab.goto(settings.console_url)
        expect(tab.locator("#connection")).to_have_text("Live", timeout=20_000)
        assert live.viewers == 1
        # Chromium without a window never hides a page; the event that it would send is sent by hand.
        tab.evaluate(
            "Object.defineProperty(document, 'hidden', {get: () => true}),"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        expect_no_viewer(live)


def expect_no_viewer(live: Any) -> None:
    from support.waiting import eventually

    eventually(lambda: live.viewers, lambda viewers: viewers == 0, timeout=20, what="the stream to be closed")
