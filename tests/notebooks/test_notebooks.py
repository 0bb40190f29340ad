"""Every notebook runs from top to bottom, and finds what is to be found."""

from collections.abc import Callable

import pytest
from support.jupyter_page import listed, opened, refusal

from amp_sandbox.settings import Settings
from amp_seed.chat import ABUSE_SHARE, SPAM_SHARE
from amp_seed.world import PROMOTION_LIFT

from .conftest import EVENTS, Executed

Execute = Callable[[str], Executed]

# Fixtures start a sandbox, run Spark jobs and, in one notebook, run some of them again.
pytestmark = pytest.mark.timeout(2_400)


def assert_clean(notebook: Executed, plots: int) -> None:
    """No cell warns, and every plot is there."""
    assert [one["text"] for one in notebook.outputs if one.get("name") == "stderr"] == []
    assert sum("image/png" in one.get("data", {}) for one in notebook.outputs) == plots


def test_jupyter_shows_them_to_who_has_the_token(sandbox: Settings) -> None:
    address = opened(sandbox)
    assert {f"{name}.ipynb" for name in ("1_tour", "2_analytics")} <= listed(address)
    assert refusal(address) == 403
    assert refusal(address, host="sandbox.example") == 403
    assert opened(sandbox) == address


def test_the_tour_follows_a_change_to_sql(execute: Execute) -> None:
    tour = execute("1_tour")
    assert_clean(tour, plots=1)
    found = tour.results
    assert (found["rows_in_sql"], found["title_in_sql"]) == (1, "Notebook Radio")
    assert 0 <= found["seconds_to_lake"] < 60
    assert found["kept_out"] == 1
    assert found["analyst_refused"] == "42501"
    assert found["job_runs"] == 7
    assert found["days_in_marts"] >= 7


def test_analytics_agree_with_each_other_and_with_the_world(execute: Execute) -> None:
    analytics = execute("2_analytics")
    assert_clean(analytics, plots=5)
    found = analytics.results
    assert found["days"] >= 7
    assert found["sessions_checked"] > 300
    assert found["plays_checked"] > found["sessions_checked"]
    assert found["top_programmes"] == 10
    assert found["evening_share"] > 2 * found["night_share"]
    assert found["left_behind"] == 0
    for kind, lift in PROMOTION_LIFT.items():
        assert found[f"{kind}_lift"] > 1
        # The interval is one of 95 %; twice as wide a one misses about once in ten thousand worlds.
        low, high = found[f"{kind}_low"], found[f"{kind}_high"]
        assert low**2 / found[f"{kind}_lift"] < lift < high**2 / found[f"{kind}_lift"]


def test_recommendations_beat_popularity_on_held_out_days(execute: Execute) -> None:
    experiment = execute("3_recommendations")
    assert_clean(experiment, plots=4)
    found = experiment.results
    print({name: value for name, value in found.items() if "margin" in name})
    assert found["history_ends"] < found["held_out_begins"]
    assert found["listeners"] > 150
    assert 0.2 < found["cold_share"] < 0.8
    assert found["margin_ndcg_low"] > 0
    assert found["margin_recall_low"] > 0
    assert found["margin_ndcg"] == pytest.approx(found["personal_ndcg"] - found["baseline_ndcg"])
    assert 0 < found["als_ndcg"] < found["personal_ndcg"]


def test_categories_and_moderation_beat_chance_and_own_up_to_leaks(execute: Execute) -> None:
    texts = execute("4_categories_and_moderation")
    assert_clean(texts, plots=5)
    found = texts.results
    assert found["shows"] > 120
    assert found["category_f1_low"] > found["category_dummy_f1"] + 0.1
    assert found["category_f1_leaky"] > found["category_f1"]
    assert found["messages"] > EVENTS / 200
    assert found["moderation_f1_low"] > found["moderation_dummy_f1"] + 0.1
    assert 0.25 < found["found_in_first_fifth"] <= 0.2 / (SPAM_SHARE + ABUSE_SHARE)
