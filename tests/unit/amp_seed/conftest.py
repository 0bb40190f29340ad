from datetime import date

import pytest

from amp_seed import AppEvent, World, app_events, preset

START = date(2026, 3, 2)


@pytest.fixture(scope="session")
def small() -> World:
    """The default world, over a week."""
    return World(preset("small", seed=7, start=START))


@pytest.fixture(scope="session")
def rows(small: World) -> list[AppEvent]:
    """A stream dense enough to show shapes in."""
    return list(app_events(small, 60_000))
