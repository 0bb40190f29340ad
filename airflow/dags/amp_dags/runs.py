"""When runs are made; what a run is about, a day and how many up to it; and its mark, which names what it started.

The day is the parameter `date` where one is given, else that of the start of the run's data interval. A run without an
interval (triggered with no logical date) is about the day before it was asked for, as a scheduled one would be.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from airflow.sdk import CronTriggerTimetable


class Run(Protocol):
    """What is asked of a DAG run."""

    data_interval_start: datetime | None
    run_after: datetime
    start_date: datetime | None


LAST_DAY = "{{ last_day(dag_run, params) }}"
FIRST_DAY = "{{ first_day(dag_run, params) }}"
CATALOGUE_DAY = "{{ catalogue_day(dag_run, params) }}"


def daily_at(hour: int, *, interval: timedelta = timedelta(0)) -> CronTriggerTimetable:
    """Each day at an hour, in UTC.

    The first run of a new deployment is at the next such hour, where a DAG with a start date would run at once for the
    last; unless it is only minutes ago, so that none is left out because the file was read in just that moment.
    """
    return CronTriggerTimetable(
        f"0 {hour} * * *", timezone="UTC", interval=interval, run_immediately=timedelta(minutes=10)
    )


def last_day(dag_run: Run, params: Mapping[str, Any]) -> str:
    """The day that the run is about."""
    return _last_day(dag_run, params).isoformat()


def first_day(dag_run: Run, params: Mapping[str, Any]) -> str:
    """The earliest day that the run rebuilds."""
    return (_last_day(dag_run, params) - timedelta(days=int(params["days"]) - 1)).isoformat()


def catalogue_day(dag_run: Run, params: Mapping[str, Any]) -> str:
    """The day up to which the catalogue's changes are taken: that on which the run began.

    Shows are then what they are, whichever day is rebuilt; filling days of the past does not take them back.
    """
    began = dag_run.start_date or dag_run.run_after
    return max(_last_day(dag_run, params), began.date()).isoformat()


def run_mark(run_id: str) -> str:
    """A run in few characters, as names of jobs and statements have room for."""
    return hashlib.sha256(run_id.encode()).hexdigest()[:12]


MACROS = {"last_day": last_day, "first_day": first_day, "catalogue_day": catalogue_day}


def _last_day(dag_run: Run, params: Mapping[str, Any]) -> date:
    if params["date"] is not None:
        return date.fromisoformat(params["date"])
    if dag_run.data_interval_start is not None:
        return dag_run.data_interval_start.date()
    return dag_run.run_after.date() - timedelta(days=1)
