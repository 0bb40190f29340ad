"""The page that the daily DAG writes says what the console's report does."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from amp_sandbox import paths
from amp_sandbox.console.reports import REPORTS
from amp_sandbox.console.reports.days import Days
from amp_sandbox.console.reports.source import DAILY_FLASH, Ask

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 10)


@pytest.fixture(scope="module")
def flash() -> Iterator[ModuleType]:
    """The DAGs' module, which needs no Airflow."""
    spec = importlib.util.spec_from_file_location("flash_of_the_dags", paths.DAGS / "amp_dags" / "flash.py")
    assert spec
    assert spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def field(value: Any) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    return {"stringValue": str(value)} if isinstance(value, date | Decimal) else {"longValue": value}


@pytest.mark.parametrize("day", list(Days(FIRST, LAST)), ids=str)
def test_both_have_the_same_numbers_and_changes(flash: ModuleType, ask: Ask, day: date) -> None:
    rows = ask(DAILY_FLASH, first_day=day, last_day=day) or []
    columns = [{"name": name} for name in rows[0]]
    records = [[field(one) for one in row.values()] for row in rows]
    days = flash.days_of([{"ColumnMetadata": columns, "Records": records}])
    html = flash.page(days, day)
    of_page = re.findall(r'<tr><th scope="row">([^<]+)</th><td>([^<]+)</td><td>([^<]+)</td><td>([^<]+)</td>', html)
    of_report = [
        (one.name, one.value, *(f"{c.text} ({c.more})" if c.more else c.text for c in one.changes))
        for one in REPORTS["daily-flash"].build(ask, Days(day, day)).figures
    ]
    assert of_page == of_report
    assert len(of_page) == 13
